import { SvelteMap } from 'svelte/reactivity';
import type { ObjectRow } from '../api/types';

/** A selection as plain data: the rows that are ticked, or with `all` the rows that are not. */
export interface Picked {
  all: boolean;
  rows: [key: string, size: number][];
}

/** Which rows are ticked. "All" is a rule with exceptions, so a million rows need no memory. */
export class Selection {
  all = $state(false);
  #picked = new SvelteMap<string, number>();
  #except = new SvelteMap<string, number>();
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
    for (const size of (this.all ? this.#except : this.#picked).values()) sum += size;
    return this.all ? Math.max(0, total - sum) : sum;
  }

  /** Ticked keys when they are known one by one. */
  keys(): string[] {
    return this.all ? [] : [...this.#picked.keys()];
  }

  /** With `all`, the keys that are not ticked. */
  except(): string[] {
    return this.all ? [...this.#except.keys()] : [];
  }

  set(row: ObjectRow, on: boolean): void {
    const target = this.all ? this.#except : this.#picked;
    if (on !== this.all) target.set(row.key, row.size);
    else target.delete(row.key);
  }

  toggle(row: ObjectRow): void {
    this.set(row, !this.has(row.key));
  }

  only(rows: ObjectRow[]): void {
    this.clear();
    for (const row of rows) this.#picked.set(row.key, row.size);
  }

  selectAll(): void {
    this.clear();
    this.all = true;
  }

  save(): Picked {
    return { all: this.all, rows: [...(this.all ? this.#except : this.#picked)] };
  }

  load({ all, rows }: Picked): void {
    this.clear();
    this.all = all;
    for (const [key, size] of rows) (all ? this.#except : this.#picked).set(key, size);
  }

  clear(): void {
    this.all = false;
    this.#picked.clear();
    this.#except.clear();
  }
}
