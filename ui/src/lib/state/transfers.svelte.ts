import type { Activity, TransferCounts, TransferFilter, TransferRow, UiError } from '../api/types';
import type { Backend, CallName } from '../backend';
import { toUiError } from '../errors';
import { Throttle } from '../util/throttle';

/** Rows of the transfers panel that are read at once. */
const WINDOW = 200;
const SAMPLES = 60;
const SAMPLE_GAP = 2000;

const NO_COUNTS: TransferCounts = { open: 0, active: 0, waiting: 0, failed: 0, done: 0 };
const NO_ACTIVITY: Activity = {
  done: 0,
  total: 0,
  rate: 0,
  seconds_left: null,
  failed: 0,
  paused: false,
  cap: null,
  title: '',
};

/** Files of one batch as shown. */
export interface Batch {
  id: string;
  name: string;
  direction: TransferRow['direction'];
  rows: TransferRow[];
}

/** Follows the transfers; reads at most four times a second, and rows only while the panel is open. */
export class Transfers {
  counts = $state.raw<TransferCounts>(NO_COUNTS);
  activity = $state.raw<Activity>(NO_ACTIVITY);
  rows = $state.raw<TransferRow[]>([]);
  filter = $state<TransferFilter>('open');
  text = $state('');
  open = $state(false);
  loaded = $state(false);
  offset = $state(0);
  error = $state.raw<UiError | null>(null);
  /** Rates of the last minutes, oldest first. */
  rates = $state.raw<number[]>([]);
  #folded = $state.raw<ReadonlySet<string>>(new Set());
  /** Called when more transfers are done than before. */
  ondone: () => void = () => undefined;
  #throttle = new Throttle(() => void this.read(), 250);
  #lastSample = 0;
  #busy = false;
  #again = false;
  #known = false;

  shown = $derived(
    this.text === ''
      ? this.rows
      : this.rows.filter((row) => row.name.toLowerCase().includes(this.text.trim().toLowerCase())),
  );
  batches = $derived(group(this.shown));

  constructor(private readonly backend: Backend) {}

  changed(): void {
    this.#throttle.poke();
  }

  show(open: boolean): void {
    this.open = open;
    if (open) this.#throttle.poke();
  }

  pick(filter: TransferFilter): void {
    this.filter = filter;
    this.offset = 0;
    this.rows = [];
    this.loaded = false;
    void this.read();
  }

  page(step: number): void {
    this.offset = Math.max(0, this.offset + step * WINDOW);
    void this.read();
  }

  /** How many rows of this tab lie below the window. */
  get below(): number {
    return Math.max(0, this.counts[this.filter] - this.offset - this.rows.length);
  }

  folded(batch: string): boolean {
    return this.#folded.has(batch);
  }

  fold(batch: string): void {
    const next = new Set(this.#folded);
    if (!next.delete(batch)) next.add(batch);
    this.#folded = next;
  }

  async read(): Promise<void> {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    const filter = this.filter;
    try {
      const limit = this.open ? WINDOW : 0;
      const window = await this.backend.call('transfers', { offset: this.offset, limit, filter });
      const more = this.#known && window.counts.done > this.counts.done;
      this.#known = true;
      this.counts = window.counts;
      if (more) this.ondone();
      this.activity = window.activity;
      this.#sample(window.activity.rate);
      if (filter === this.filter && limit > 0) {
        this.rows = window.rows;
        this.loaded = true;
      }
      this.error = null;
    } catch (thrown) {
      this.error = toUiError(thrown);
    } finally {
      this.#busy = false;
      if (this.#again || filter !== this.filter) {
        this.#again = false;
        this.#throttle.poke();
      }
    }
  }

  /** Runs one of the small commands, then looks again. */
  async act(
    name: Extract<CallName, 'pause_transfer' | 'resume_transfer' | 'cancel_transfer' | 'retry_transfer'>,
    ids: string[],
  ): Promise<UiError | null> {
    return this.#run(async () => {
      for (const id of ids) await this.backend.call(name, { id });
    });
  }

  async all(
    name: Extract<CallName, 'pause_all' | 'resume_all' | 'cancel_all' | 'retry_all' | 'clear_done'>,
  ): Promise<UiError | null> {
    return this.#run(() => this.backend.call(name, {}));
  }

  async limit(bytesPerSecond: number | null): Promise<UiError | null> {
    return this.#run(() => this.backend.call('set_bandwidth', { bytes_per_second: bytesPerSecond }));
  }

  async #run(work: () => Promise<unknown>): Promise<UiError | null> {
    try {
      await work();
      return null;
    } catch (thrown) {
      return toUiError(thrown);
    } finally {
      this.#throttle.poke();
    }
  }

  #sample(rate: number): void {
    const now = performance.now();
    if (now - this.#lastSample < SAMPLE_GAP && this.rates.length > 0) return;
    this.#lastSample = now;
    this.rates = [...this.rates, rate].slice(-SAMPLES);
  }
}

/** Rows by batch, in the order in which batches come. */
export function group(rows: TransferRow[]): Batch[] {
  const batches = new Map<string, Batch>();
  for (const row of rows) {
    const batch = batches.get(row.batch);
    if (batch) batch.rows.push(row);
    else batches.set(row.batch, { id: row.batch, name: row.batch_name, direction: row.direction, rows: [row] });
  }
  return [...batches.values()];
}

/** Where a batch goes: the folder that holds all of its files. */
export function batchTarget(batch: Batch): string {
  let common: string[] | null = null;
  for (const { name, to } of batch.rows) {
    // A target that ends in the file's own name is a whole key or path; else it is a folder already.
    const last = name.split('/').pop() ?? '';
    const parts = (last !== '' && to.endsWith(`/${last}`) ? to.slice(0, -last.length - 1) : to).split('/');
    const before: string[] = common ?? parts;
    const end = before.findIndex((part, i) => part !== parts[i]);
    common = end < 0 ? before : before.slice(0, end);
  }
  return (common ?? []).join('/');
}

/** Cells of a part bar: done, moving, to do. At most 44 cells. */
export function partCells(row: TransferRow): ('d' | 'a' | '')[] {
  const cells = Math.max(1, Math.min(44, row.parts));
  const moving = row.state === 'active' || row.state === 'checking';
  const share = row.parts > 1 ? row.parts_done / row.parts : row.size > 0 ? row.done / row.size : 0;
  const ended = row.state === 'safe' || (row.size > 0 && row.done >= row.size);
  const done = ended ? cells : Math.floor(share * cells);
  const touched = row.size > 0 ? Math.ceil((row.done / row.size) * cells) : done;
  return Array.from({ length: cells }, (_, i) =>
    i < done ? 'd' : moving && i < Math.max(touched, done + 1) ? 'a' : '',
  );
}
