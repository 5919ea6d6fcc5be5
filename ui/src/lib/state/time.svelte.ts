import type {
  HistoryRow,
  JobRequest,
  JobRow,
  TimeBar,
  TimeChange,
  TimeChoice,
  TimeCounts,
  TimePlace,
  TimePlan,
  TimeRow,
  TimeSamples,
  TimeShow,
  UiError,
} from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';
import { Newest } from '../util/newest';
import { Throttle } from '../util/throttle';
import { copies, FIRST_CHOICE } from '../util/time-plan';
import { kindsOf, toggleAll, toggleKey, without } from '../util/time-ticks';
import { burst, firstDeletion, rangeWith, spanOf, stretch, worst, type Range, type Span } from '../util/timeline';
import type { TimeRoute } from './history';
import { request } from './jobs.svelte';
import { PAGE, Pages } from './pages.svelte';

/** A moment rests when nothing moved it for so long. */
const REST = 300;
const TYPED = 150;
const TICKED = 120;
const SAMPLE_AFTER = 1000;
const BEAT = 250;
/** Tabs and places whose choice is remembered, and moments of each. */
const MOST_KEPT = 40;
const MINUTE = 60_000;
/** Stretches that a bar is looked at in. */
const CLOSE = 400;

/** Deletions that came at once. */
export interface Burst {
  at: number;
  deleted: number;
}

/** What a person chose at a place, in one tab. Ticks belong to a moment: at another one the same key may be of another kind. */
interface Kept {
  choice: TimeChoice;
  ticks: Map<number, Map<string, TimeChange>>;
}

interface Where {
  id: string;
  prefix: string;
}

/** One place in time, as a tab shows it: what it was like at a moment, and what would bring it back. */
export class TimeTravel {
  at = $state.raw<TimeRoute | null>(null);
  place = $state.raw<TimePlace | null>(null);
  loading = $state(false);
  error = $state.raw<UiError | null>(null);

  /** What the strip shows; it ends at the time the place was opened. */
  span = $state.raw<Span>({ from: 0, to: 1 });
  range = $state<Range>('12w');
  moment = $state(0);
  bars = $state.raw<TimeBar[]>([]);
  /** The largest deletion behind the moment. */
  burst = $state.raw<Burst | null>(null);
  /** The largest of all that the strip shows; looked for where none is behind the moment. */
  lastBurst = $state.raw<Burst | null>(null);
  counts = $state.raw<TimeCounts | null>(null);
  /** Moment that `counts` are of. */
  counted = $state<number | null>(null);
  /** What a reader is told once the moment rests; the view puts it into words. */
  rested = $state.raw<{ moment: number; counts: TimeCounts } | null>(null);

  show = $state<TimeShow>('differences');
  text = $state('');
  total = $state(0);
  /** What the rows are of; `null` before the first ones. */
  listed = $state.raw<{ moment: number; show: TimeShow; text: string } | null>(null);
  /** Whether the rows that are shown are of another question than the one that is asked now. */
  rowsBehind = $state(true);
  rowsError = $state.raw<UiError | null>(null);
  readonly rows: Pages<TimeRow>;

  choice = $state.raw<TimeChoice>(FIRST_CHOICE);
  ticks = $state.raw<ReadonlyMap<string, TimeChange>>(new Map());
  plan = $state.raw<TimePlan | null>(null);
  /** Moment that `plan` is of. */
  planned = $state<number | null>(null);
  planBehind = $state(true);
  planError = $state.raw<UiError | null>(null);
  samples = $state.raw<TimeSamples | null>(null);
  sampling = $state(false);

  /** A restore of this place that is over; the index is from before it. */
  done = $state.raw<JobRow | null>(null);
  /** What is to get the focus once it is there; it takes this away. */
  jump = $state<'handle' | 'restore' | null>(null);
  /** The route says something else now: whoever keeps it takes note. */
  onroute: (route: TimeRoute) => void = () => undefined;

  #tab = 0;
  #kept = new Map<string, Kept>();
  #now = 0;
  #barsWanted = 0;
  #turn = 0;
  #rowsTurn = 0;
  #planTurn = 0;
  #barsTurn = 0;
  #burstTurn = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #planning: ReturnType<typeof setTimeout> | undefined;
  #sample: ReturnType<typeof setTimeout> | undefined;
  #resting = true;
  #step: 'earlier' | 'later' | null = null;
  #again = new Throttle(() => void this.#open(), BEAT);
  readonly #counter: Newest<Where & { moment: number }, TimeCounts>;

  constructor(private readonly backend: Backend) {
    this.rows = new Pages((offset, limit) => this.#page(offset, limit));
    this.#counter = new Newest(
      (question) => this.backend.call('time_counts', question),
      ({ moment }, counts) => this.#counts(moment, counts),
      (_, thrown) => this.#failed(thrown),
    );
  }

  /** The index that answers, if there is one. */
  get index(): HistoryRow | null {
    return this.place?.index ?? null;
  }

  /** Whether the moment is the end of the strip, where everything is as it is now. */
  get atNow(): boolean {
    return this.moment >= this.span.to;
  }

  /** When the place was opened: the strip ends there. */
  get now(): number {
    return this.#now;
  }

  get fresh(): boolean {
    return this.counted === this.moment;
  }

  /** Shows a place, or nothing. What a tab had chosen there comes back. */
  open(route: TimeRoute | null, tab: number): void {
    const same = route !== null && this.at !== null && tab === this.#tab && samePlace(route, this.at);
    if (same) return this.#follow(route);
    this.#leave();
    this.at = route;
    this.#tab = tab;
    if (route === null) return;
    this.#now = Date.now();
    this.range = route.range;
    this.show = route.show;
    this.text = route.text;
    const kept = this.#kept.get(this.#key());
    this.choice = kept?.choice ?? FIRST_CHOICE;
    this.#span(null);
    this.moment = route.moment === null ? this.span.to : Math.min(route.moment, this.span.to);
    this.ticks = kept?.ticks.get(this.moment) ?? new Map<string, TimeChange>();
    void this.#open();
  }

  /** A hint from the core: indexes changed. */
  changed(): void {
    if (this.at !== null) this.#again.poke();
  }

  /** Reads what is known of the place anew; the versions themselves only [`start`] reads. */
  reload(): void {
    if (this.at === null) return;
    this.#now = Date.now();
    void this.#open(true);
  }

  /** Begins a new index, or goes on with one that is not whole. */
  async start(): Promise<void> {
    if (this.at === null) return;
    const { connection, bucket, prefix } = this.at;
    await this.backend.call('start_history', { connection, bucket, prefix });
    this.done = null;
    await this.#open();
  }

  async stop(id: string): Promise<void> {
    await this.backend.call('stop_history', { id });
    await this.#open();
  }

  async drop(id: string): Promise<void> {
    await this.backend.call('drop_history', { id });
    await this.#open();
  }

  /** A bucket keeps versions from now on. */
  turned(connection: string, bucket: string): void {
    if (this.at?.connection === connection && this.at.bucket === bucket) void this.#open();
  }

  /** Pixels that the strip has, as bars. */
  wantBars(bars: number): void {
    if (bars === this.#barsWanted) return;
    this.#barsWanted = bars;
    void this.#readBars();
  }

  setRange(range: Range): void {
    if (range === this.range) return;
    this.range = range;
    this.#span(this.place?.first ?? null);
    void this.#readBars();
    this.#note();
  }

  /** Looks at a moment. The strip reaches back far enough to show it. */
  move(moment: number, widen = true): void {
    const first = Math.min(this.span.from, (this.place?.first ?? this.span.from) - MINUTE);
    const to = Math.max(first, Math.min(this.span.to, moment));
    if (widen && to < this.span.from) this.setRange(rangeWith(this.range, to, this.#now));
    if (to === this.moment) return;
    this.#keepTicks();
    this.moment = to;
    this.ticks = this.#kept.get(this.#key())?.ticks.get(to) ?? new Map<string, TimeChange>();
    this.rowsBehind = true;
    this.#stalePlan();
    this.#count();
    this.#resting = false;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#settle(), REST);
  }

  /** To the change before the moment, or to the one after it; waits for the counts that know when it was. */
  step(way: 'earlier' | 'later'): void {
    if (!this.fresh || this.counts === null) {
      this.#step = way;
      return;
    }
    this.#step = null;
    const to = this.counts[way];
    if (to !== null) this.move(to);
    else if (way === 'later') this.move(this.span.to);
  }

  pick(show: TimeShow): void {
    if (show === this.show) return;
    this.show = show;
    this.#note();
    void this.#readRows();
  }

  filter(text: string): void {
    this.text = text;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      this.#note();
      void this.#readRows();
    }, TYPED);
  }

  /** Ticks or unticks one key. */
  tick(row: Pick<TimeRow, 'key' | 'change'>): void {
    this.#choose(this.choice, toggleKey(this.ticks, row));
  }

  /** Ticks or unticks all that a tab shows. */
  tickAll(): void {
    if (this.counts === null || !this.fresh) return;
    const { choice, ticks } = toggleAll(this.choice, this.ticks, this.counts, this.show);
    this.#choose(choice, ticks);
  }

  /** Another way for whole kinds; single ticks of these kinds are forgotten. */
  choose(change: Partial<Omit<TimeChoice, 'but'>>): void {
    const kinds: TimeChange[] = [];
    if (change.added !== undefined) kinds.push(...kindsOf('added'));
    if (change.rewritten !== undefined) kinds.push('rewritten');
    this.#choose({ ...this.choice, ...change }, without(this.ticks, kinds));
  }

  /** All kinds as they are at first. */
  resetTicks(): void {
    this.#choose(this.choice, new Map());
  }

  /** The restore that the plan stands for. */
  request(): JobRequest | null {
    if (this.at === null) return null;
    const { prefix } = this.at;
    const restore = { version: null, moment: this.moment, ...this.#choice() };
    return request('restore', this.at, [{ from: prefix, to: prefix }], { restore });
  }

  /** A job is over. */
  ended(row: JobRow): void {
    const { at } = this;
    if (at === null || row.kind !== 'restore' || row.connection !== at.connection || row.bucket !== at.bucket) return;
    if (row.from.startsWith(at.prefix) || at.prefix.startsWith(row.from)) this.done = row;
  }

  #follow(route: TimeRoute): void {
    this.at = route;
    if (route.show !== this.show) this.pick(route.show);
    if (route.range !== this.range) this.setRange(route.range);
    if (route.moment !== null) this.move(route.moment);
  }

  #leave(): void {
    this.#keepTicks();
    for (const timer of [this.#rest, this.#typing, this.#planning, this.#sample]) clearTimeout(timer);
    this.#turn += 1;
    this.#rowsTurn += 1;
    this.#planTurn += 1;
    this.#barsTurn += 1;
    this.#burstTurn += 1;
    this.#counter.drop();
    this.#step = null;
    this.#resting = true;
    this.at = null;
    this.place = null;
    this.error = null;
    this.bars = [];
    this.burst = null;
    this.lastBurst = null;
    this.counts = null;
    this.counted = null;
    this.rested = null;
    this.listed = null;
    this.total = 0;
    this.rowsBehind = true;
    this.rowsError = null;
    this.rows.clear();
    this.plan = null;
    this.planned = null;
    this.planBehind = true;
    this.planError = null;
    this.samples = null;
    this.sampling = false;
    this.done = null;
  }

  #key(): string {
    const { connection = '', bucket = '', prefix = '' } = this.at ?? {};
    return `${this.#tab} ${connection} ${bucket}/${prefix}`;
  }

  #keepTicks(): void {
    if (this.at === null) return;
    const key = this.#key();
    const ticks = new Map(this.#kept.get(key)?.ticks);
    ticks.delete(this.moment);
    if (this.ticks.size > 0) ticks.set(this.moment, new Map(this.ticks));
    for (const old of ticks.keys()) if (ticks.size > MOST_KEPT) ticks.delete(old);
    this.#kept.delete(key);
    this.#kept.set(key, { choice: this.choice, ticks });
    for (const old of this.#kept.keys()) if (this.#kept.size > MOST_KEPT) this.#kept.delete(old);
  }

  #span(first: number | null): void {
    this.span = spanOf(this.range, this.#now, first);
  }

  async #open(anew = false): Promise<void> {
    const { at } = this;
    if (at === null) return;
    const { connection, bucket, prefix } = at;
    this.#turn += 1;
    const turn = this.#turn;
    this.loading = true;
    try {
      const place = await this.backend.call('open_time', { connection, bucket, prefix });
      if (turn !== this.#turn) return;
      const before = this.index?.id;
      this.place = place;
      this.error = null;
      if (place.index !== null && (anew || place.index.id !== before)) this.#begin(place);
    } catch (thrown) {
      if (turn === this.#turn) this.error = toUiError(thrown);
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }

  /** Another index answers: everything is asked anew. */
  #begin(place: TimePlace): void {
    const wasNow = this.moment >= this.span.to;
    this.#now = Math.max(Date.now(), place.last ?? 0);
    this.#span(place.first);
    if (wasNow) this.moment = this.span.to;
    else if (this.moment < this.span.from) {
      this.range = rangeWith(this.range, this.moment, this.#now);
      this.#span(place.first);
    }
    void this.#readBars();
    this.#count();
    this.#stalePlan();
    this.#settle();
  }

  get #where(): Where | null {
    return this.index === null || this.at === null ? null : { id: this.index.id, prefix: this.at.prefix };
  }

  #choice(): TimeChoice {
    return { ...this.choice, but: [...this.ticks.keys()] };
  }

  #count(): void {
    const where = this.#where;
    if (where !== null) this.#counter.put({ ...where, moment: this.moment });
  }

  #counts(moment: number, counts: TimeCounts): void {
    this.counts = counts;
    this.counted = moment;
    this.#tell();
    if (this.#step !== null && this.fresh) this.step(this.#step);
  }

  #tell(): void {
    if (this.#resting && this.fresh && this.counts !== null) this.rested = { moment: this.moment, counts: this.counts };
  }

  /** An index that is gone was replaced or dropped: what there is now is asked for. */
  #failed(thrown: unknown): UiError {
    const error = toUiError(thrown);
    if (error.code === 'not_found') void this.#open();
    return error;
  }

  #settle(): void {
    this.#resting = true;
    this.#note();
    this.#tell();
    void this.#readRows();
    void this.#readPlan();
    void this.#findBurst();
  }

  #note(): void {
    if (this.at === null) return;
    const moment = this.atNow ? null : this.moment;
    this.at = { ...this.at, moment, range: this.range, show: this.show, text: this.text };
    this.onroute(this.at);
  }

  async #readBars(): Promise<void> {
    const where = this.#where;
    if (where === null || this.#barsWanted === 0) return;
    this.#barsTurn += 1;
    const turn = this.#barsTurn;
    const { from, to } = this.span;
    try {
      const bars = await this.backend.call('time_bars', { ...where, from, to: to + 1, bars: this.#barsWanted });
      if (turn !== this.#barsTurn) return;
      this.bars = bars;
      this.lastBurst = null;
      void this.#findBurst();
    } catch (thrown) {
      if (turn === this.#barsTurn) this.error = this.#failed(thrown);
    }
  }

  async #findBurst(): Promise<void> {
    this.#burstTurn += 1;
    const turn = this.#burstTurn;
    try {
      const found = await this.#closer(this.moment, turn);
      const last = found === null && this.lastBurst === null ? await this.#closer(-Infinity, turn) : this.lastBurst;
      if (turn !== this.#burstTurn) return;
      this.burst = found;
      this.lastBurst = last;
    } catch {
      // It is only a hint at the strip; the bars are there.
      if (turn === this.#burstTurn) this.burst = null;
    }
  }

  /** Looks closer at the bar with most deletions after a moment, until it is known to the second when they came. */
  async #closer(moment: number, turn: number): Promise<Burst | null> {
    const where = this.#where;
    const at = worst(this.bars, this.span, moment);
    if (where === null || at === null) return null;
    let look = stretch(this.span, at, this.bars.length);
    look.from = Math.max(look.from, moment + 1);
    let found: Burst | null = null;
    for (let turns = 0; turns < 4 && look.to > look.from && turn === this.#burstTurn; turns += 1) {
      const bars = await this.backend.call('time_bars', { ...where, ...look, bars: CLOSE });
      // Within a minute deletions have gaps between them: then only their beginning is looked for.
      if (found !== null && look.to - look.from <= CLOSE * MINUTE) {
        found.at = firstDeletion(bars, look) ?? found.at;
        break;
      }
      const next = burst(bars, look);
      if (next === null) break;
      found = { at: next.span.from, deleted: next.deleted };
      look = next.span;
    }
    return found;
  }

  async #readRows(): Promise<void> {
    const where = this.#where;
    if (where === null) return;
    this.#rowsTurn += 1;
    const turn = this.#rowsTurn;
    const { moment, show, text } = this;
    this.rowsBehind = true;
    try {
      const question = { ...where, moment, show, text };
      const { rows, total } = await this.backend.call('time_window', { ...question, offset: 0, limit: PAGE });
      if (turn !== this.#rowsTurn || moment !== this.moment) return;
      this.listed = { moment, show, text };
      this.total = total;
      this.rows.begin(rows);
      this.rowsError = null;
      this.rowsBehind = false;
    } catch (thrown) {
      if (turn === this.#rowsTurn) this.rowsError = this.#failed(thrown);
    }
  }

  async #page(offset: number, limit: number): Promise<TimeRow[] | null> {
    const where = this.#where;
    const { listed } = this;
    if (where === null || listed === null) return null;
    const turn = this.#rowsTurn;
    const { rows } = await this.backend.call('time_window', { ...where, ...listed, offset, limit });
    return turn === this.#rowsTurn ? rows : null;
  }

  #choose(choice: TimeChoice, ticks: ReadonlyMap<string, TimeChange>): void {
    this.choice = choice;
    this.ticks = ticks;
    this.#keepTicks();
    this.#stalePlan();
    clearTimeout(this.#planning);
    // A moment that moves asks for the plan itself.
    if (this.#resting) this.#planning = setTimeout(() => void this.#readPlan(), TICKED);
  }

  #stalePlan(): void {
    this.#planTurn += 1;
    this.planBehind = true;
    this.samples = null;
    this.sampling = false;
    clearTimeout(this.#sample);
  }

  async #readPlan(): Promise<void> {
    const where = this.#where;
    if (where === null) return;
    this.#stalePlan();
    const turn = this.#planTurn;
    const question = { ...where, moment: this.moment, choice: this.#choice() };
    try {
      const plan = await this.backend.call('time_plan', question);
      if (turn !== this.#planTurn) return;
      this.plan = plan;
      this.planned = question.moment;
      this.planError = null;
      this.planBehind = false;
      if (copies(plan) === 0) return;
      this.sampling = true;
      this.#sample = setTimeout(() => void this.#look(question, turn), SAMPLE_AFTER);
    } catch (thrown) {
      if (turn === this.#planTurn) this.planError = this.#failed(thrown);
    }
  }

  async #look(question: Where & { moment: number; choice: TimeChoice }, turn: number): Promise<void> {
    try {
      const samples = await this.backend.call('time_samples', question);
      if (turn === this.#planTurn) this.samples = samples;
    } catch (thrown) {
      if (turn === this.#planTurn) this.samples = { asked: 0, readable: 0, seconds: null, problem: toUiError(thrown) };
    } finally {
      if (turn === this.#planTurn) this.sampling = false;
    }
  }
}

function samePlace(a: TimeRoute, b: TimeRoute): boolean {
  return a.connection === b.connection && a.bucket === b.bucket && a.prefix === b.prefix;
}
