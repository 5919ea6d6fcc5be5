import type { Place } from './listing.svelte';
import { isRecord, isText, keep, load, readList, type Slot } from './stored';

/** A place with a name that a person gave it. */
export interface Bookmark extends Place {
  name: string;
}

/** Most places that are remembered by themselves. */
export const MAX_RECENT = 20;
const MAX_BOOKMARKS = 500;
const MAX_NAME = 200;

const BOOKMARKS: Slot<Bookmark[]> = {
  name: 'bookmarks',
  version: 1,
  read: (value) => readList(value, readBookmark, MAX_BOOKMARKS),
};
const RECENT: Slot<Place[]> = {
  name: 'recent',
  version: 1,
  read: (value) => readList(value, readPlace, MAX_RECENT),
};

export function samePlace(a: Place, b: Place): boolean {
  return a.connection === b.connection && a.bucket === b.bucket && a.prefix === b.prefix;
}

/** Places to come back to: bookmarks, which a person keeps, and the last places, which keep themselves. */
export class Places {
  bookmarks = $state.raw<Bookmark[]>(load(BOOKMARKS) ?? []);
  recent = $state.raw<Place[]>(load(RECENT) ?? []);

  find(place: Place): Bookmark | null {
    return this.bookmarks.find((bookmark) => samePlace(bookmark, place)) ?? null;
  }

  add({ connection, bucket, prefix }: Place, name: string): void {
    if (this.find({ connection, bucket, prefix })) return;
    this.#set([...this.bookmarks, { connection, bucket, prefix, name: name.slice(0, MAX_NAME) }]);
  }

  rename(bookmark: Bookmark, name: string): void {
    const text = name.trim().slice(0, MAX_NAME);
    if (text === '') return;
    this.#set(this.bookmarks.map((each) => (samePlace(each, bookmark) ? { ...each, name: text } : each)));
  }

  remove(bookmark: Place): void {
    this.#set(this.bookmarks.filter((each) => !samePlace(each, bookmark)));
  }

  /** Puts a bookmark at a place in the order. */
  moveTo(bookmark: Bookmark, to: number): void {
    const rest = this.bookmarks.filter((each) => each !== bookmark);
    if (rest.length === this.bookmarks.length || to < 0 || to > rest.length) return;
    this.#set([...rest.slice(0, to), bookmark, ...rest.slice(to)]);
  }

  visit({ connection, bucket, prefix }: Place): void {
    const place = { connection, bucket, prefix };
    this.recent = [place, ...this.recent.filter((each) => !samePlace(each, place))].slice(0, MAX_RECENT);
    keep(RECENT, this.recent);
  }

  /** Forgets the places of connections that are gone. */
  drop(gone: (place: Place) => boolean): void {
    this.#set(this.bookmarks.filter((each) => !gone(each)));
    this.recent = this.recent.filter((each) => !gone(each));
    keep(RECENT, this.recent);
  }

  #set(bookmarks: Bookmark[]): void {
    this.bookmarks = bookmarks;
    keep(BOOKMARKS, bookmarks);
  }
}

function readPlace(value: unknown): Place | null {
  if (!isRecord(value)) return null;
  const { connection, bucket, prefix } = value;
  return isText(connection) && isText(bucket) && isText(prefix) ? { connection, bucket, prefix } : null;
}

function readBookmark(value: unknown): Bookmark | null {
  const place = readPlace(value);
  if (!place || !isRecord(value) || !isText(value.name)) return null;
  return { ...place, name: value.name.slice(0, MAX_NAME) };
}
