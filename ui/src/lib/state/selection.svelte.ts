import { SvelteMap } from 'svelte/reactivity';
import type { ObjectRow } from '../api/types';

/** A selection as plain data: the rows that are ticked, or with `all` the rows that are not. */
export interface Picked {
  all: boolean;
  rows: [key: string, size: number, gone?: boolean][];
}

/** What is remembered of a row that was ticked. */
interface Ticked {
  size: number;
  /** Whether it is a deleted one. */
  gone: boolean;
}

/** Which rows are ticked. "All" is a rule with exceptions, so a million rows need no memory. */
export class Selection {
  all = $state(false);
  #picked = new SvelteMap<string, Ticked>();
  #except = new SvelteMap<string, Ticked>();
  /** Row from which Shift extends. */
  anchor = $state<number | null>(null);

  has(key: string): boolean {
    return this.all ? !this.#except.has(key) : this.#picked.has(key);
  }

  count(total: number): number {
    return this.all ? Math.max(0, total - this.#except.size) : this.#picked.size;
  }

  bytes(total: number): number {
    let sum = 0;
    for (const { size } of (this.all ? this.#except : this.#picked).values()) sum += size;
    return this.all ? Math.max(0, total - sum) : sum;
  }

  /** Ticked keys when they are known one by one. */
  keys(): string[] {
    return this.all ? [] : [...this.#picked.keys()];
  }

  /** How many of those that are known one by one are deleted. */
  gone(): number {
    if (this.all) return 0;
    let sum = 0;
    for (const each of this.#picked.values()) sum += each.gone ? 1 : 0;
    return sum;
  }

  /** Whether a ticked key, known one by one, is that of a deleted object. */
  isGone(key: string): boolean {
    return this.#picked.get(key)?.gone === true;
  }

  /** With `all`, the keys that are not ticked. */
  except(): string[] {
    return this.all ? [...this.#except.keys()] : [];
  }

  set(row: ObjectRow, on: boolean): void {
    const target = this.all ? this.#except : this.#picked;
    if (on !== this.all) target.set(row.key, tickedOf(row));
    else target.delete(row.key);
  }

  toggle(row: ObjectRow): void {
    this.set(row, !this.has(row.key));
  }

  only(rows: ObjectRow[]): void {
    this.clear();
    for (const row of rows) this.#picked.set(row.key, tickedOf(row));
  }

  selectAll(): void {
    this.clear();
    this.all = true;
  }

  save(): Picked {
    const rows = [...(this.all ? this.#except : this.#picked)];
    return { all: this.all, rows: rows.map(([key, { size, gone }]) => [key, size, gone]) };
  }

  load({ all, rows }: Picked): void {
    this.clear();
    this.all = all;
    for (const [key, size, gone = false] of rows) (all ? this.#except : this.#picked).set(key, { size, gone });
  }

  clear(): void {
    this.all = false;
    this.#picked.clear();
    this.#except.clear();
  }
}

function tickedOf({ size, state }: ObjectRow): Ticked {
  return { size, gone: state === 'deleted' };
}
