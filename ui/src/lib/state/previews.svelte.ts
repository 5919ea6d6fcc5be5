import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { ObjectRow, Preview, PreviewWant } from '../api/types';
import type { Backend } from '../backend';
import { looksLikePicture } from '../util/format';
import type { Place } from './listing.svelte';

const KEEP = 300;
const AT_ONCE = 4;
/** How long a row has to be there before its picture is asked for, in milliseconds. */
export const REST = 150;
const nothing = (): void => undefined;

interface Wanted {
  id: string;
  place: Place;
  row: ObjectRow;
  /** Rows and tiles that still show it. */
  wishes: number;
}

/** Whether an object can be looked into at all. */
export function canLook(row: ObjectRow): boolean {
  return !row.folder && row.state !== 'archived' && row.state !== 'deleted' && row.size > 0;
}

/** Small previews of what is in view: newest wish first, four at once, 300 kept. What is scrolled away is not asked for. */
export class Previews {
  #known = new SvelteMap<string, Preview | null>();
  #queue: Wanted[] = [];
  #running = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly backend: Backend) {}

  /** What is known of an object; `null` when it could not be had, `undefined` while unknown. */
  get(place: Place, row: ObjectRow): Preview | null | undefined {
    return this.#known.get(idOf(place, row));
  }

  /** The small picture of an object, if one is known. */
  picture(place: Place, row: ObjectRow): string | null {
    return this.get(place, row)?.picture?.data_url ?? null;
  }

  /** Asks for the picture of a row that came into view, if its name lets hope for one. Returns what takes the wish back. */
  inView(place: Place, row: ObjectRow): () => void {
    // What others learn of their objects is no reason for a row to wish again.
    return looksLikePicture(row.name) ? untrack(() => this.want(place, row)) : nothing;
  }

  /** Asks for what is inside an object. Returns what takes the wish back. */
  want(place: Place, row: ObjectRow): () => void {
    const id = idOf(place, row);
    if (!canLook(row) || this.#known.has(id)) return nothing;
    const at = this.#queue.findIndex((each) => each.id === id);
    const wanted = at < 0 ? { id, place, row, wishes: 0 } : this.#queue.splice(at, 1)[0];
    if (!wanted) return nothing;
    wanted.wishes += 1;
    this.#queue.push(wanted);
    // Later, so that of a list that is scrolled fast only the last rows are asked for.
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#next();
      }, REST);
    }
    return () => {
      wanted.wishes -= 1;
      if (wanted.wishes === 0) this.#queue = this.#queue.filter((each) => each !== wanted);
    };
  }

  /** Looks at an object; a large look is not kept here. Rejects with a `UiError`. */
  look({ connection, bucket }: Place, { key, etag }: ObjectRow, want: PreviewWant): Promise<Preview> {
    return this.backend.call('preview', { connection, bucket, key, etag, want });
  }

  forget(): void {
    this.#queue = [];
    this.#known.clear();
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const wanted = this.#queue.pop();
      if (!wanted) return;
      if (this.#known.has(wanted.id)) continue;
      this.#running += 1;
      void this.#load(wanted);
    }
  }

  async #load({ id, place, row }: Wanted): Promise<void> {
    let found: Preview | null = null;
    try {
      found = await this.look(place, row, 'small');
    } catch {
      // What cannot be looked into is no error of the list; the row keeps its icon.
    }
    this.#running -= 1;
    this.#known.set(id, found);
    for (const old of this.#known.keys()) {
      if (this.#known.size <= KEEP) break;
      this.#known.delete(old);
    }
    this.#next();
  }
}

function idOf({ connection, bucket }: Place, { key, etag }: ObjectRow): string {
  return JSON.stringify([connection, bucket, key, etag]);
}
