import type { TimeShow } from '../api/types';
import type { Range } from '../util/timeline';
import type { View } from './listing.svelte';

/** What the main region shows. */
export type Route =
  | { kind: 'buckets'; connection: string }
  | { kind: 'browse'; connection: string; bucket: string; prefix: string }
  | { kind: 'folder'; id: string }
  | { kind: 'thaw' }
  | SearchRoute
  | TimeRoute
  | LifecycleRoute;

/** How far a search reaches, seen from the place where it was begun. */
export type Within = 'folder' | 'bucket' | 'all';

/** A search, with the place from which its reach is told; the bucket is empty where there was none. */
export interface SearchRoute {
  kind: 'search';
  connection: string;
  bucket: string;
  prefix: string;
  within: Within;
  text: string;
}

/** A place at a moment; `null` is now. */
export interface TimeRoute {
  kind: 'time';
  connection: string;
  bucket: string;
  prefix: string;
  moment: number | null;
  range: Range;
  show: TimeShow;
  text: string;
}

/** How far a forecast of lifecycle rules reaches, in days. */
export type Reach = 90 | 365;

/** The lifecycle rules of a bucket and what they will do; the prefix is empty. */
export interface LifecycleRoute {
  kind: 'lifecycle';
  connection: string;
  bucket: string;
  prefix: string;
  days: Reach;
}

/** A route that was visited, and how its list looked when it was left. */
export interface HistoryEntry {
  route: Route;
  view: Partial<View> | null;
}

/** Where one tab was, is, and can go forward to again. */
export interface TabHistory {
  past: HistoryEntry[];
  now: HistoryEntry;
  future: HistoryEntry[];
}

/** Most entries behind the present one. */
export const MAX_PAST = 100;

export function sameRoute(a: Route, b: Route): boolean {
  if (a.kind === 'search') return b.kind === 'search' && sameSearch(a, b);
  if (a.kind === 'thaw') return b.kind === 'thaw';
  if (a.kind === 'folder') return b.kind === 'folder' && a.id === b.id;
  if (a.kind === 'buckets') return b.kind === 'buckets' && a.connection === b.connection;
  // A place in time is one place, whatever moment is looked at.
  if (b.kind !== 'browse' && b.kind !== 'time' && b.kind !== 'lifecycle') return false;
  return a.kind === b.kind && a.connection === b.connection && a.bucket === b.bucket && a.prefix === b.prefix;
}

export function sameSearch(a: SearchRoute, b: SearchRoute): boolean {
  return (
    a.text === b.text &&
    a.within === b.within &&
    a.connection === b.connection &&
    a.bucket === b.bucket &&
    a.prefix === b.prefix
  );
}

/** The same entry of the history with another route: a search that goes on being typed is one place. */
export function replaceRoute(history: TabHistory, route: Route): TabHistory {
  return { ...history, now: { route, view: null } };
}

export function startHistory(route: Route, view: HistoryEntry['view'] = null): TabHistory {
  return { past: [], now: { route, view }, future: [] };
}

/** A new place: what was ahead is gone. The place that is shown already adds no entry. */
export function pushRoute(history: TabHistory, route: Route): TabHistory {
  if (sameRoute(history.now.route, route)) return history;
  return { past: [...history.past, history.now].slice(-MAX_PAST), now: { route, view: null }, future: [] };
}

export function goBack(history: TabHistory): TabHistory {
  const now = history.past[history.past.length - 1];
  if (!now) return history;
  return { past: history.past.slice(0, -1), now, future: [history.now, ...history.future] };
}

export function goForward(history: TabHistory): TabHistory {
  const [now, ...future] = history.future;
  if (!now) return history;
  return { past: [...history.past, history.now], now, future };
}

/** Remembers how the present place looks. */
export function keepView(history: TabHistory, view: HistoryEntry['view']): TabHistory {
  return { ...history, now: { ...history.now, view } };
}

/** The history without some routes; `null` when nothing is left of it. */
export function withoutRoutes(history: TabHistory, gone: (route: Route) => boolean): TabHistory | null {
  const keep = (entry: HistoryEntry): boolean => !gone(entry.route);
  const past = history.past.filter(keep);
  const future = history.future.filter(keep);
  if (keep(history.now)) return { past, now: history.now, future };
  const now = past.pop() ?? future.shift();
  return now ? { past, now, future } : null;
}
