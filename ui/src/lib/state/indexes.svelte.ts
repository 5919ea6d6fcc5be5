import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { IndexRow, PrefixSize } from '../api/types';
import type { Backend } from '../backend';
import { Throttle } from '../util/throttle';

const BEAT = 250;
const MOST_WANTED = 500;

/** Indexes of buckets, and what they know of folders. */
export class Indexes {
  list = $state.raw<IndexRow[]>([]);
  /** When the index began that the sizes are from. */
  sizedAt = $state<number | null>(null);
  #sizes = new SvelteMap<string, PrefixSize>();
  /** Connection and bucket that the sizes are of. */
  #place = $state('');
  #wanted = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again = new Throttle(() => void this.read(), BEAT);

  constructor(private readonly backend: Backend) {}

  async read(): Promise<void> {
    try {
      this.list = await this.backend.call('indexes', {});
    } catch {
      // The page that shows them asks again with the next hint.
    }
  }

  /** A hint from the core. */
  changed(): void {
    this.#again.poke();
    if (this.#wanted.size > 0) this.#later();
  }

  /** Index of a bucket: one that fills, or else the whole one. */
  of(connection: string, bucket: string): { filling: IndexRow | null; whole: IndexRow | null } {
    const here = this.list.filter((row) => row.connection === connection && row.bucket === bucket && row.prefix === '');
    return { filling: here.find((row) => !row.complete) ?? null, whole: here.find((row) => row.complete) ?? null };
  }

  async start(connection: string, bucket: string): Promise<void> {
    await this.backend.call('start_index', { connection, bucket, prefix: '' });
    await this.read();
  }

  async stop(id: string): Promise<void> {
    await this.backend.call('stop_index', { id });
    await this.read();
  }

  async drop(id: string): Promise<void> {
    await this.backend.call('drop_index', { id });
    this.#sizes.clear();
    await this.read();
  }

  /** Size of a folder, if an index knows it. */
  size(connection: string, bucket: string, prefix: string): PrefixSize | null {
    return this.#place === `${connection} ${bucket}` ? (this.#sizes.get(prefix) ?? null) : null;
  }

  /** Asks for the size of a folder that comes into view. */
  want(connection: string, bucket: string, prefix: string): void {
    const place = `${connection} ${bucket}`;
    // Called while a row is drawn, which must not be drawn again for what is noted here.
    untrack(() => this.#want(place, prefix));
  }

  #want(place: string, prefix: string): void {
    if (place !== this.#place) {
      this.#place = place;
      this.#sizes.clear();
      this.#wanted.clear();
    }
    if (this.#sizes.has(prefix) || this.#wanted.size >= MOST_WANTED) return;
    this.#wanted.add(prefix);
    this.#later();
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), BEAT / 5);
  }

  async #ask(): Promise<void> {
    const place = this.#place;
    const [connection = '', bucket = ''] = place.split(' ');
    // Without an index nobody knows: it is not worth asking.
    if (!this.of(connection, bucket).whole || this.#wanted.size === 0) return;
    const prefixes = [...this.#wanted];
    try {
      const { sizes, at } = await this.backend.call('prefix_sizes', { connection, bucket, prefixes });
      if (place !== this.#place) return;
      this.sizedAt = at;
      for (const size of sizes) {
        this.#sizes.set(size.prefix, size);
        this.#wanted.delete(size.prefix);
      }
    } catch {
      // A size that is not known is no error of the list.
    }
  }
}
