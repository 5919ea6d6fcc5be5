import { SvelteMap } from 'svelte/reactivity';
import type { Backend } from '../backend';
import { hasThumbnail } from '../util/format';

const KEEP = 300;
const AT_ONCE = 4;

interface Wanted {
  id: string;
  connection: string;
  bucket: string;
  key: string;
}

/** Thumbnails of visible JPEG rows: newest wish first, four at once, 300 kept. */
export class Thumbs {
  #known = new SvelteMap<string, string | null>();
  #queue: Wanted[] = [];
  #running = 0;

  constructor(private readonly backend: Backend) {}

  /** Picture of an object, `null` when it has none, `undefined` while unknown. */
  get(connection: string, bucket: string, key: string): string | null | undefined {
    return this.#known.get(`${connection} ${bucket} ${key}`);
  }

  /** Asks for a picture; called when a row comes into view. */
  want(connection: string, bucket: string, key: string): void {
    const id = `${connection} ${bucket} ${key}`;
    if (!hasThumbnail(key) || this.#known.has(id) || this.#queue.some((w) => w.id === id)) return;
    this.#queue.push({ id, connection, bucket, key });
    // Rows that were scrolled past are not worth a request.
    if (this.#queue.length > 60) this.#queue.splice(0, this.#queue.length - 60);
    this.#next();
  }

  forget(): void {
    this.#queue = [];
    this.#known.clear();
  }

  #next(): void {
    while (this.#running < AT_ONCE) {
      const wanted = this.#queue.pop();
      if (!wanted) return;
      this.#running += 1;
      void this.#load(wanted);
    }
  }

  async #load({ id, ...at }: Wanted): Promise<void> {
    let url: string | null = null;
    try {
      url = (await this.backend.call('thumbnail', at))?.data_url ?? null;
    } catch {
      // A picture that cannot be read is no error of the list; the row keeps its icon.
    }
    this.#running -= 1;
    this.#known.set(id, url);
    for (const old of this.#known.keys()) {
      if (this.#known.size <= KEEP) break;
      this.#known.delete(old);
    }
    this.#next();
  }
}
