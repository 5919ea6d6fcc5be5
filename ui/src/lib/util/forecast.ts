import type { Forecast, ForecastEvent, ForecastLine, ForecastMonth, ForecastStretch } from '../api/types';
import { DAY } from './moment';

/** A span of time that a chart shows. */
export interface Scale {
  from: number;
  to: number;
}

/** A mark above the chart. `left`: share of the width, 0 to 100. */
export interface Mark {
  at: number;
  left: number;
  /** Whether its year is said with it. */
  year: boolean;
  /** Whether its day is said with it: in a short chart, where months alone would say too little. */
  day: boolean;
}

/** Up to so many days half months are marked as well. */
const SHORT = 120;
/** A mark that is nearer to one end than this has no room for its words. */
const ROOM = 2;

/** Where a moment lies: share of the width, 0 to 100. */
export function leftOf({ from, to }: Scale, at: number): number {
  if (to <= from) return 0;
  return Math.min(100, Math.max(0, ((at - from) / (to - from)) * 100));
}

/** Where a stretch lies and how wide it is, as shares of the width. */
export function boxOf(scale: Scale, { from, to }: { from: number; to: number }): { left: number; width: number } {
  const left = leftOf(scale, from);
  return { left, width: Math.max(0, leftOf(scale, to) - left) };
}

/** First days of the months in a span, in UTC, by which rules count; in a short one the middle of each month as well. */
export function marksOf(scale: Scale): Mark[] {
  const short = scale.to - scale.from <= SHORT * DAY;
  const first = new Date(scale.from);
  const marks: Mark[] = [];
  for (let month = first.getUTCMonth(), more = true; more; month += 1) {
    for (const day of short ? [1, 15] : [1]) {
      const at = Date.UTC(first.getUTCFullYear(), month, day);
      more = at < scale.to;
      const left = leftOf(scale, at);
      if (at <= scale.from || !more || left > 100 - ROOM) continue;
      marks.push({ at, left, year: new Date(at).getUTCMonth() === 0 && day === 1, day: short });
    }
  }
  return marks;
}

/** How dark a storage class is drawn, 1 to 4: the further from being read at once, the darker. */
export function shadeOf(code: string): 1 | 2 | 3 | 4 {
  switch (code) {
    case 'STANDARD_IA':
    case 'ONEZONE_IA':
    case 'INTELLIGENT_TIERING':
    case 'GLACIER_IR':
      return 2;
    case 'GLACIER':
      return 3;
    case 'DEEP_ARCHIVE':
      return 4;
    default:
      return 1;
  }
}

/** Warnings that fall on a line: those of its rule, and of what was covered on the line of that. */
export function warningsOn(line: ForecastLine, events: ForecastEvent[]): ForecastEvent[] {
  return events.filter((event) => {
    if (!event.warns || event.at === 0) return false;
    return line.old ? event.kind === 'old_gone' : event.kind !== 'old_gone' && event.rule === line.rule;
  });
}

/** Warnings of a stretch: those on its line that fall into it, its own first moment among them. */
export function warningsIn(line: ForecastLine, stretch: ForecastStretch, events: ForecastEvent[]): ForecastEvent[] {
  return warningsOn(line, events).filter(({ at }) => at >= stretch.from && at < stretch.to);
}

/** What a rule does is known; these say what it does besides. */
const BESIDES: ForecastEvent['kind'][] = ['small', 'early', 'unknown'];

/** The events that matter most: warnings, then what a rule does besides what it says, then what comes first. */
export function important(events: ForecastEvent[], most = 3): ForecastEvent[] {
  const rank = ({ warns, kind }: ForecastEvent): number => (warns ? 0 : BESIDES.includes(kind) ? 1 : 2);
  const day = ({ at }: ForecastEvent): number => (at === 0 ? Number.MAX_SAFE_INTEGER : at);
  return [...events].sort((a, b) => rank(a) - rank(b) || day(a) - day(b)).slice(0, most);
}

/** Height of each month's bar, 0 to 100: by its price, or by its bytes where any month has none. */
export function barsOf(months: ForecastMonth[]): number[] {
  const priced = months.every(({ amount }) => amount !== null);
  const values = months.map(({ amount, bytes }) => (priced ? (amount ?? 0) : bytes));
  const most = Math.max(1, ...values);
  return values.map((value) => (value / most) * 100);
}

/** Span that a month's bar covers: to the beginning of the next one. */
export function monthSpan(forecast: Pick<Forecast, 'months' | 'to'>, index: number): { from: number; to: number } {
  const from = forecast.months[index]?.from ?? forecast.to;
  return { from, to: forecast.months[index + 1]?.from ?? forecast.to };
}

/** What the storage of all months comes to, each as long as the forecast reaches into it; `null` where a price is missing. */
export function storageOf(forecast: Pick<Forecast, 'months' | 'to'>): number | null {
  let sum = 0;
  for (const [index, { amount }] of forecast.months.entries()) {
    if (amount === null) return null;
    const { from, to } = monthSpan(forecast, index);
    const month = new Date(from);
    const days = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 0)).getUTCDate();
    sum += amount * Math.min(1, (to - from) / (days * DAY));
  }
  return Math.round(sum);
}

/** A place in the chart: a line and a stretch of it; below the lines come the months. */
export interface Spot {
  line: number;
  part: number;
}

/** How many stretches each line of the chart has, the months last. */
export function partsOf({ lines, months }: Pick<Forecast, 'lines' | 'months'>): number[] {
  const parts = lines.map(({ stretches }) => stretches.length);
  return months.length > 0 ? [...parts, months.length] : parts;
}

/**
 * Where a key leads from a place, or `null` when it is no key of the chart. Up and Down keep to the same time as well as the lines
 * allow; `timeOf` tells when a stretch begins and ends.
 */
export function moveSpot(
  key: string,
  { line, part }: Spot,
  parts: number[],
  timeOf: (spot: Spot) => { from: number; to: number },
): Spot | null {
  const last = (parts[line] ?? 1) - 1;
  switch (key) {
    case 'ArrowLeft':
      return { line, part: Math.max(0, part - 1) };
    case 'ArrowRight':
      return { line, part: Math.min(last, part + 1) };
    case 'Home':
      return { line, part: 0 };
    case 'End':
      return { line, part: last };
    case 'ArrowUp':
    case 'ArrowDown': {
      const to = Math.min(parts.length - 1, Math.max(0, line + (key === 'ArrowUp' ? -1 : 1)));
      if (to === line) return { line, part };
      const { from } = timeOf({ line, part });
      const count = parts[to] ?? 1;
      for (let at = 0; at < count; at += 1) if (timeOf({ line: to, part: at }).to > from) return { line: to, part: at };
      return { line: to, part: count - 1 };
    }
    default:
      return null;
  }
}

/** An index that was read longer ago than this is called old. */
export const OLD_INDEX = DAY;

export function isOld(beganAt: number, now: number): boolean {
  return now - beganAt > OLD_INDEX;
}
