import { pagesFor } from '../util/virtual';

/** Rows per page. */
export const PAGE = 200;
/** Pages kept: 2,000 rows at most. */
export const MAX_PAGES = 10;

interface Page<T> {
  rows: T[];
  stamp: number;
}

/**
 * Rows of a long list by pages: reads only pages that are looked at, keeps few of them, and shows old rows until new
 * ones arrive.
 */
export class Pages<T> {
  #pages = $state.raw(new Map<number, Page<T>>());
  #stamp = 0;
  #seen: number[] = [];
  #busy = new Set<number>();
  #again = false;

  constructor(private readonly read: (offset: number, limit: number) => Promise<T[] | null>) {}

  /** Row at an index, if it is here. */
  at(index: number): T | undefined {
    return this.#pages.get(Math.floor(index / PAGE))?.rows[index % PAGE];
  }

  /** Number of rows held. */
  get held(): number {
    let sum = 0;
    for (const page of this.#pages.values()) sum += page.rows.length;
    return sum;
  }

  /** All rows held, in no order. */
  *here(): Generator<T> {
    for (const page of this.#pages.values()) yield* page.rows;
  }

  /** Rows `first..end` are on the screen. */
  look(first: number, end: number): void {
    this.#seen = pagesFor(first, end, PAGE);
    this.#fill();
  }

  /** The first rows of another list, which came with it; the first page is on the screen. */
  begin(rows: T[]): void {
    this.clear();
    this.#again = false;
    this.#seen = [0];
    this.#pages = new Map([[0, { rows, stamp: this.#stamp }]]);
  }

  /** The rows changed: visible pages are read again, others when they are looked at. */
  stale(): void {
    this.#stamp += 1;
    this.#again = true;
    this.#fill();
  }

  /** Another list: nothing of the old rows may show. */
  clear(): void {
    this.#stamp += 1;
    this.#pages = new Map();
    this.#again = true;
    this.#busy.clear();
  }

  #fill(): void {
    for (const number of this.#seen) {
      const page = this.#pages.get(number);
      if ((page === undefined || page.stamp !== this.#stamp) && !this.#busy.has(number)) void this.#load(number);
    }
  }

  async #load(number: number): Promise<void> {
    const stamp = this.#stamp;
    this.#busy.add(number);
    this.#again = false;
    let rows: T[] | null = null;
    try {
      rows = await this.read(number * PAGE, PAGE);
    } catch {
      // The reader has shown the error; old rows stay.
    }
    this.#busy.delete(number);
    if (rows !== null && (stamp === this.#stamp || this.#pages.has(number))) {
      const next = new Map(this.#pages);
      next.delete(number);
      next.set(number, { rows, stamp });
      for (const key of next.keys()) {
        if (next.size <= MAX_PAGES) break;
        if (!this.#seen.includes(key)) next.delete(key);
      }
      this.#pages = next;
    }
    if (this.#again || (stamp !== this.#stamp && rows !== null)) this.#fill();
  }
}
