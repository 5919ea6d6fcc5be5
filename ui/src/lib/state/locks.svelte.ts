import { SvelteMap } from 'svelte/reactivity';
import type { BucketLock, JobRow, LockRow, ObjectRow } from '../api/types';
import type { Backend } from '../backend';
import type { Place } from './listing.svelte';

/** So many keys are asked for at once, */
const AT_ONCE = 100;
/** after rows stayed in view for so long, in milliseconds; */
const REST = 120;
/** and so many answers are remembered. */
const REMEMBERED = 5000;

type At = Pick<Place, 'connection' | 'bucket'>;

/** What is known of one object's lock. */
interface Known {
  /** The version of it that was asked about, as far as the list tells versions apart. */
  stamp: string;
  /** `null`: the server did not say. */
  row: LockRow | null;
}

interface Wish extends At {
  key: string;
  stamp: string;
  /** How many rows want it. */
  seen: number;
}

/** Locks: of buckets once, of objects only while their rows are in view, and never before the list itself. */
export class Locks {
  #buckets = new SvelteMap<string, BucketLock>();
  #askedBuckets = new Set<string>();
  #objects = new SvelteMap<string, Known>();
  #versions = new SvelteMap<string, LockRow | null>();
  #wishes = new Map<string, Wish>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  /** Answers that were asked for before a lock changed are not for what is there now. */
  #turn = 0;

  constructor(private readonly backend: Backend) {}

  /** Object Lock of a bucket; `null` until it has answered. */
  bucket({ connection, bucket }: At): BucketLock | null {
    return this.#buckets.get(idOf(connection, bucket)) ?? null;
  }

  /** Whether single objects of a bucket are worth a question. */
  isOn(at: At | null): boolean {
    return at !== null && this.bucket(at)?.on === true;
  }

  /** Asks for a bucket that was not asked for yet. What cannot be found out is no error: nothing is said of it. */
  want({ connection, bucket }: At): void {
    const id = idOf(connection, bucket);
    if (this.#askedBuckets.has(id)) return;
    this.#askedBuckets.add(id);
    this.backend.call('bucket_lock', { connection, bucket }).then(
      (lock) => this.#buckets.set(id, lock),
      () => this.#askedBuckets.delete(id),
    );
  }

  /** Lock of an object; `undefined` while nobody has asked, `null` where the server did not say. */
  of({ connection, bucket }: At, key: string): LockRow | null | undefined {
    return this.#objects.get(idOf(connection, bucket, key))?.row;
  }

  /** A row is in view: its lock is asked for, unless it leaves before. Answers with what tells that it left. */
  inView({ connection, bucket }: At, row: ObjectRow): (() => void) | undefined {
    if (row.folder || row.state === 'deleted' || !this.isOn({ connection, bucket })) return undefined;
    const id = idOf(connection, bucket, row.key);
    const stamp = `${row.modified} ${row.etag}`;
    if (this.#objects.get(id)?.stamp === stamp) return undefined;
    const wish = this.#wishes.get(id) ?? { connection, bucket, key: row.key, stamp, seen: 0 };
    this.#wishes.set(id, { ...wish, stamp, seen: wish.seen + 1 });
    this.#poke();
    return () => {
      const now = this.#wishes.get(id);
      if (!now) return;
      if (now.seen <= 1) this.#wishes.delete(id);
      else this.#wishes.set(id, { ...now, seen: now.seen - 1 });
    };
  }

  /** Locks of these objects as they are now, asked for a hundred at a time. Rejects with a `UiError`. */
  async read({ connection, bucket }: At, keys: string[]): Promise<LockRow[]> {
    const rows: LockRow[] = [];
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      const some = keys.slice(from, from + AT_ONCE);
      rows.push(...(await this.backend.call('object_locks', { connection, bucket, keys: some })));
    }
    return rows;
  }

  /** Lock of one version; `undefined` until it was asked for. */
  ofVersion({ connection, bucket }: At, key: string, version: string): LockRow | null | undefined {
    return this.#versions.get(idOf(connection, bucket, key, version));
  }

  /** Asks for the lock of one version, unless it is known. `null` where the server does not say. */
  async readVersion({ connection, bucket }: At, key: string, version: string): Promise<LockRow | null> {
    const id = idOf(connection, bucket, key, version);
    const known = this.#versions.get(id);
    if (known) return known;
    const turn = this.#turn;
    const row = await this.backend.call('version_lock', { connection, bucket, key, version }).catch(() => null);
    if (turn === this.#turn) this.#versions.set(id, row);
    return row;
  }

  /** A job is over: what it locked is asked for again once it is in view. */
  ended({ kind }: JobRow): void {
    if (kind === 'lock') this.forget();
  }

  /** The bucket is gone: another one of its name is asked anew. */
  forgetBucket({ connection, bucket }: At): void {
    this.#askedBuckets.delete(idOf(connection, bucket));
    this.#buckets.delete(idOf(connection, bucket));
    this.forget();
  }

  /** Nothing of single objects is known any more. */
  forget(): void {
    this.#turn += 1;
    this.#objects.clear();
    this.#versions.clear();
  }

  #poke(): void {
    if (this.#timer !== undefined || this.#busy) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#ask();
    }, REST);
  }

  async #ask(): Promise<void> {
    const [first] = this.#wishes.values();
    if (first === undefined) return;
    const { connection, bucket } = first;
    const mine = [...this.#wishes].filter(([, wish]) => wish.connection === connection && wish.bucket === bucket);
    const now = mine.slice(0, AT_ONCE);
    for (const [id] of now) this.#wishes.delete(id);
    this.#busy = true;
    const turn = this.#turn;
    const keys = now.map(([, { key }]) => key);
    try {
      const rows = await this.backend.call('object_locks', { connection, bucket, keys });
      const found = new Map(rows.map((row) => [row.key, row]));
      if (turn === this.#turn) this.#take(now, (key) => found.get(key) ?? null);
    } catch {
      // Nothing is said of them, and they are not asked for again while they are remembered.
      if (turn === this.#turn) this.#take(now, () => null);
    } finally {
      this.#busy = false;
      if (this.#wishes.size > 0) this.#poke();
    }
  }

  #take(wishes: [string, Wish][], rowOf: (key: string) => LockRow | null): void {
    for (const [id, { key, stamp }] of wishes) this.#objects.set(id, { stamp, row: rowOf(key) });
    for (const id of this.#objects.keys()) {
      if (this.#objects.size <= REMEMBERED) break;
      this.#objects.delete(id);
    }
  }
}

function idOf(...parts: string[]): string {
  return JSON.stringify(parts);
}
