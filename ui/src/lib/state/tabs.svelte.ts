import type { SortBy, TimeShow } from '../api/types';
import { RANGES } from '../util/timeline';
import { startHistory, withoutRoutes, type HistoryEntry, type Route, type TabHistory } from './history';
import { readSearch } from './places.svelte';
import { isRecord, isText, keep, load, readList, type Slot } from './stored';

/** One tab: a history with a name of its own. */
export interface Tab {
  id: number;
  history: TabHistory;
  /** Whether its lists show deleted objects as well. At the next start it is asked for anew: it costs requests. */
  deleted: boolean;
}

/** Most tabs, and most entries behind a tab, that come back at the next start. */
const MAX_KEPT = 40;
const MAX_KEPT_PAST = 20;

interface Kept {
  tabs: TabHistory[];
  current: number;
}

const SLOT: Slot<Kept> = { name: 'tabs', version: 1, read: readKept };

/** The tabs of the window. One list is open at a time: the others are kept as how they looked. */
export class Tabs {
  list = $state.raw<Tab[]>([]);
  /** Whether they come back at the next start: those of the first window do. */
  remembered = true;
  #id = $state(0);
  #next = 1;
  current = $derived(this.list.find((tab) => tab.id === this.#id) ?? null);

  get index(): number {
    return this.list.findIndex((tab) => tab.id === this.#id);
  }

  /** Tabs of the last time whose routes are still there. */
  restore(there: (route: Route) => boolean): void {
    const kept = load(SLOT);
    if (!kept) return;
    const tabs = kept.tabs.map((history) => withoutRoutes(history, (route) => !there(route)));
    this.list = tabs.flatMap((history) => (history ? [{ id: this.#next++, history, deleted: false }] : []));
    const wanted = tabs.slice(0, kept.current + 1).filter((history) => history !== null).length - 1;
    this.#id = (this.list[Math.max(0, wanted)] ?? this.list[0])?.id ?? 0;
  }

  /** The shown tab has another history now. */
  set(history: TabHistory): void {
    if (this.list.length === 0) this.#id = this.#add(history, 0);
    else this.list = this.list.map((tab) => (tab.id === this.#id ? { ...tab, history } : tab));
    this.#keep();
  }

  /** A new tab beside the shown one; it is not shown yet. */
  open(route: Route, view: HistoryEntry['view'] = null): number {
    const id = this.#add(startHistory(route, view), this.index + 1);
    this.#keep();
    return id;
  }

  /** The shown tab lists deleted objects as well from now on, or no longer. */
  showDeleted(deleted: boolean): void {
    this.list = this.list.map((tab) => (tab.id === this.#id ? { ...tab, deleted } : tab));
  }

  show(id: number): void {
    this.#id = id;
    this.#keep();
  }

  /** Closes a tab, never the last one. The one beside it is shown when it was the shown one. */
  close(id: number): void {
    const at = this.list.findIndex((tab) => tab.id === id);
    if (at < 0 || this.list.length < 2) return;
    this.list = this.list.filter((tab) => tab.id !== id);
    if (id === this.#id) this.#id = this.list[Math.min(at, this.list.length - 1)]?.id ?? 0;
    this.#keep();
  }

  /** Routes that are gone leave every tab; a tab of which nothing is left is closed. */
  drop(gone: (route: Route) => boolean): void {
    const at = this.index;
    this.list = this.list.flatMap((tab) => {
      const left = withoutRoutes(tab.history, gone);
      return left ? [{ ...tab, history: left }] : [];
    });
    if (this.index < 0) this.#id = this.list[Math.max(0, Math.min(at, this.list.length - 1))]?.id ?? 0;
    this.#keep();
  }

  #add(history: TabHistory, at: number): number {
    const id = this.#next++;
    this.list = [...this.list.slice(0, at), { id, history, deleted: false }, ...this.list.slice(at)];
    return id;
  }

  #keep(): void {
    if (!this.remembered) return;
    // Ticks are not kept: by the next start the list may be another one.
    const entry = ({ route, view }: HistoryEntry): HistoryEntry => ({ route, view: view && { ...view, picked: null } });
    const tabs = this.list.slice(0, MAX_KEPT).map(({ history }) => ({
      past: history.past.slice(-MAX_KEPT_PAST).map(entry),
      now: entry(history.now),
      future: history.future.slice(0, MAX_KEPT_PAST).map(entry),
    }));
    keep(SLOT, { tabs, current: Math.max(0, this.index) });
  }
}

function readKept(value: unknown): Kept | null {
  if (!isRecord(value)) return null;
  const tabs = readList(value.tabs, readHistory, MAX_KEPT);
  return tabs === null ? null : { tabs, current: typeof value.current === 'number' ? value.current : 0 };
}

function readHistory(value: unknown): TabHistory | null {
  if (!isRecord(value)) return null;
  const now = readEntry(value.now);
  if (!now) return null;
  const past = readList(value.past, readEntry, MAX_KEPT_PAST) ?? [];
  return { past, now, future: readList(value.future, readEntry, MAX_KEPT_PAST) ?? [] };
}

/** A route that came from outside this page, or `null` when it has not the form of one. */
export function readRoute(value: unknown): Route | null {
  return readEntry({ route: value })?.route ?? null;
}

function readEntry(value: unknown): HistoryEntry | null {
  if (!isRecord(value) || !isRecord(value.route)) return null;
  const { kind, connection, bucket, prefix, id } = value.route;
  const view = readView(value.view);
  if (kind === 'folder' && isText(id)) return { route: { kind, id }, view: null };
  if (kind === 'thaw') return { route: { kind }, view: null };
  if (kind === 'buckets' && isText(connection)) return { route: { kind, connection }, view: null };
  if (kind === 'search') {
    const search = readSearch(value.route);
    return search && { route: search, view: null };
  }
  if (!isText(connection) || !isText(bucket) || !isText(prefix)) return null;
  if (kind === 'time') {
    const { moment, range, show, text } = value.route;
    const at = Number.isSafeInteger(moment) ? Number(moment) : null;
    const route: Route = {
      ...{ kind, connection, bucket, prefix, moment: at },
      range: RANGES.find((each) => each === range) ?? '12w',
      show: SHOWS.find((each) => each === show) ?? 'differences',
      text: isText(text) ? text : '',
    };
    return { route, view: null };
  }
  if (kind === 'lifecycle') {
    const days = value.route.days === 90 ? 90 : 365;
    return { route: { kind, connection, bucket, prefix: '', days }, view: null };
  }
  if (kind !== 'browse') return null;
  return { route: { kind, connection, bucket, prefix }, view };
}

const SHOWS: TimeShow[] = ['differences', 'deleted', 'changed', 'added', 'then'];

const SORTS: SortBy[] = ['name', 'size', 'modified', 'class', 'state'];

function readView(value: unknown): HistoryEntry['view'] {
  if (!isRecord(value)) return null;
  const { descending, filter, key, index, top } = value;
  const sort = SORTS.find((each) => each === value.sort);
  if (sort === undefined || typeof descending !== 'boolean' || !isText(filter)) return null;
  const row = Number.isSafeInteger(index) && Number(index) >= 0 ? Number(index) : 0;
  return { sort, descending, filter, key: isText(key) ? key : null, index: row, top: readTop(top), picked: null };
}

function readTop(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
