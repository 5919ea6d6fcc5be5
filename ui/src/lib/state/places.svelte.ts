import type { Route, SearchRoute, Within } from './history';
import type { Place } from './listing.svelte';
import { isRecord, isText, keep, load, readList, type Slot } from './stored';

/** A place with a name that a person gave it. */
export interface Bookmark extends Place {
  name: string;
  /** A search that is begun there; `null` for the place itself. */
  search: { within: Within; text: string } | null;
}

/** What a bookmark leads to. */
export function routeOf({ connection, bucket, prefix, search }: Bookmark): Route {
  const place = { connection, bucket, prefix };
  return search === null ? { kind: 'browse', ...place } : { kind: 'search', ...place, ...search };
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

function sameBookmark(a: Bookmark, b: Bookmark): boolean {
  return samePlace(a, b) && a.search?.within === b.search?.within && a.search?.text === b.search?.text;
}

/** Places to come back to: bookmarks, which a person keeps, and the last places, which keep themselves. */
export class Places {
  bookmarks = $state.raw<Bookmark[]>(load(BOOKMARKS) ?? []);
  recent = $state.raw<Place[]>(load(RECENT) ?? []);

  /** What all windows together have kept. */
  read(): void {
    this.bookmarks = load(BOOKMARKS) ?? this.bookmarks;
    this.recent = load(RECENT) ?? this.recent;
  }

  find(place: Place): Bookmark | null {
    return this.bookmarks.find((bookmark) => bookmark.search === null && samePlace(bookmark, place)) ?? null;
  }

  findSearch({ within, text, ...place }: SearchRoute): Bookmark | null {
    const same = ({ search }: Bookmark): boolean => search?.within === within && search.text === text;
    return this.bookmarks.find((bookmark) => same(bookmark) && samePlace(bookmark, place)) ?? null;
  }

  add({ connection, bucket, prefix }: Place, name: string): void {
    this.read();
    if (this.find({ connection, bucket, prefix })) return;
    this.#set([...this.bookmarks, { connection, bucket, prefix, name: name.slice(0, MAX_NAME), search: null }]);
  }

  addSearch(route: SearchRoute, name: string): void {
    this.read();
    if (this.findSearch(route)) return;
    const { connection, bucket, prefix, within, text } = route;
    const search = { within, text };
    this.#set([...this.bookmarks, { connection, bucket, prefix, name: name.slice(0, MAX_NAME), search }]);
  }

  rename(bookmark: Bookmark, name: string): void {
    const text = name.trim().slice(0, MAX_NAME);
    if (text === '') return;
    this.read();
    this.#set(this.bookmarks.map((each) => (sameBookmark(each, bookmark) ? { ...each, name: text } : each)));
  }

  remove(bookmark: Bookmark): void {
    this.read();
    this.#set(this.bookmarks.filter((each) => !sameBookmark(each, bookmark)));
  }

  /** Puts a bookmark at a place in the order. */
  moveTo(bookmark: Bookmark, to: number): void {
    this.read();
    const rest = this.bookmarks.filter((each) => !sameBookmark(each, bookmark));
    if (rest.length === this.bookmarks.length || to < 0 || to > rest.length) return;
    this.#set([...rest.slice(0, to), bookmark, ...rest.slice(to)]);
  }

  visit({ connection, bucket, prefix }: Place): void {
    this.read();
    const place = { connection, bucket, prefix };
    this.recent = [place, ...this.recent.filter((each) => !samePlace(each, place))].slice(0, MAX_RECENT);
    keep(RECENT, this.recent);
  }

  /** Forgets the places of connections that are gone. */
  drop(gone: (place: Place) => boolean): void {
    this.read();
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
  const search = value.search === null || value.search === undefined ? null : readTerms(value.search);
  return search === undefined ? null : { ...place, name: value.name.slice(0, MAX_NAME), search };
}

const WITHIN: Within[] = ['folder', 'bucket', 'all'];
const MAX_TEXT = 1000;

function readTerms(value: unknown): { within: Within; text: string } | undefined {
  if (!isRecord(value) || !isText(value.text)) return undefined;
  const within = WITHIN.find((each) => each === value.within);
  return within && { within, text: value.text.slice(0, MAX_TEXT) };
}

/** A search as it was kept. */
export function readSearch(value: unknown): SearchRoute | null {
  const place = readPlace(value);
  const terms = readTerms(value);
  return place && terms ? { kind: 'search', ...place, ...terms } : null;
}
