import type { TimeBar } from '../api/types';
import { DAY, HOUR, MINUTE, shortDay } from './moment';

/** How far the strip reaches back. */
export type Range = '30d' | '12w' | '1y' | 'all';
export const RANGES: Range[] = ['30d', '12w', '1y', 'all'];

/** A stretch of time; `from` inclusive, `to` exclusive. */
export interface Span {
  from: number;
  to: number;
}

const REACH: Record<Exclude<Range, 'all'>, number> = { '30d': 30 * DAY, '12w': 84 * DAY, '1y': 365 * DAY };

/** What a range shows that ends now; `first`: when the first version came. */
export function spanOf(range: Range, now: number, first: number | null): Span {
  if (range !== 'all') return { from: now - REACH[range], to: now };
  const reach = Math.max(DAY, now - (first ?? now));
  // A little room before the first bar, so that the moment before everything can be looked at.
  return { from: now - Math.ceil(reach * 1.02), to: now };
}

/** The smallest range from `range` on that has a moment in it. */
export function rangeWith(range: Range, moment: number, now: number): Range {
  return RANGES.slice(RANGES.indexOf(range)).find((each) => each === 'all' || now - REACH[each] <= moment) ?? 'all';
}

/** Most bars that the core gives. */
const MAX_BARS = 400;

/** How many bars fit a width: one per 13 pixels or so, so that each can be told from the next. */
export function barsIn(width: number): number {
  return Math.max(8, Math.min(MAX_BARS, Math.round(width / 13)));
}

/** Where things are from top to bottom, in pixels. */
export const STRIP = { height: 116, base: 64, up: 44, down: 28, foot: 96, text: 112 };

/** A drawn bar. */
export interface Drawn {
  x: number;
  width: number;
  /** Height upwards and downwards; 0 where nothing happened. */
  up: number;
  down: number;
  /** Whether it lies behind the moment. */
  since: boolean;
}

/** Pixels of a moment. */
export function xOf(moment: number, span: Span, width: number): number {
  const share = (moment - span.from) / Math.max(1, span.to - span.from);
  return Math.min(1, Math.max(0, share)) * width;
}

/** Moment of a pixel, on a whole minute; the ends are exact. */
export function momentAt(x: number, span: Span, width: number): number {
  if (x <= 0) return span.from;
  if (x >= width) return span.to;
  return Math.floor((span.from + (x / width) * (span.to - span.from)) / MINUTE) * MINUTE;
}

/**
 * Bars as they are drawn. Heights grow with the square root: a first upload of a million objects must not make everything else a
 * flat line. What happened at all is never lower than two pixels.
 */
export function draw(bars: TimeBar[], span: Span, width: number, moment: number): Drawn[] {
  const step = width / Math.max(1, bars.length);
  const written = Math.max(1, ...bars.map((bar) => bar.written));
  const deleted = Math.max(1, ...bars.map((bar) => bar.deleted));
  const high = (value: number, most: number, room: number): number =>
    value === 0 ? 0 : Math.max(2, round(Math.sqrt(value / most) * room));
  return bars.map((bar, i) => ({
    x: round(i * step + 2),
    width: round(Math.max(1, step - 4)),
    up: high(bar.written, written, STRIP.up),
    down: high(bar.deleted, deleted, STRIP.down),
    since: middle(span, i, bars.length) > moment,
  }));
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function middle(span: Span, i: number, bars: number): number {
  return span.from + ((i + 0.5) / bars) * (span.to - span.from);
}

/** The stretch of one bar, as the core divides it. */
export function stretch(span: Span, i: number, bars: number): Span {
  const length = span.to - span.from;
  return { from: span.from + Math.floor((i * length) / bars), to: span.from + Math.floor(((i + 1) * length) / bars) };
}

/** Index of the bar with most deletions that ends after a moment; `null` when nothing was deleted since. */
export function worst(bars: TimeBar[], span: Span, moment: number): number | null {
  let found: number | null = null;
  bars.forEach((bar, i) => {
    const after = stretch(span, i, bars.length).to > moment;
    if (after && bar.deleted > (found === null ? 0 : (bars[found]?.deleted ?? 0))) found = i;
  });
  return found;
}

/** Deletions that follow each other without a gap, around the bar that has most. */
export function burst(bars: TimeBar[], span: Span): { span: Span; deleted: number } | null {
  let top = 0;
  bars.forEach((bar, i) => {
    if (bar.deleted > (bars[top]?.deleted ?? 0)) top = i;
  });
  if ((bars[top]?.deleted ?? 0) === 0) return null;
  let first = top;
  let last = top;
  while ((bars[first - 1]?.deleted ?? 0) > 0) first -= 1;
  while ((bars[last + 1]?.deleted ?? 0) > 0) last += 1;
  const deleted = bars.slice(first, last + 1).reduce((sum, bar) => sum + bar.deleted, 0);
  return { span: { from: stretch(span, first, bars.length).from, to: stretch(span, last, bars.length).to }, deleted };
}

/** Where the first bar with a deletion begins. */
export function firstDeletion(bars: TimeBar[], span: Span): number | null {
  const first = bars.findIndex((bar) => bar.deleted > 0);
  return first < 0 ? null : stretch(span, first, bars.length).from;
}

/** A line with a word at the strip. */
export interface Mark {
  x: number;
  text: string;
}

const MONTH = new Intl.DateTimeFormat('en-GB', { month: 'short' });
const ROOM = 56;

/** Beginnings of years, months, weeks, days or hours, whatever fits; each word has its room. */
export function marks(span: Span, width: number): Mark[] {
  const length = span.to - span.from;
  const found = begins(span).map((at) => ({ x: xOf(at, span, width), text: name(at, length) }));
  const lead = found[0];
  // The month that is under way at the left edge.
  if (length > 45 * DAY && (lead === undefined || lead.x > ROOM))
    found.unshift({ x: 0, text: MONTH.format(span.from) });
  let free = -ROOM;
  return found.filter(({ x }) => {
    if (x - free < ROOM || x > width - ROOM / 2) return false;
    free = x;
    return true;
  });
}

function name(at: number, length: number): string {
  const date = new Date(at);
  if (length <= 2 * DAY) return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' }).format(at);
  if (length <= 45 * DAY) return shortDay(at);
  return date.getMonth() === 0 ? String(date.getFullYear()) : MONTH.format(at);
}

/** In local time, which the clock of a person goes by. */
function begins(span: Span): number[] {
  const length = span.to - span.from;
  const at = new Date(span.from);
  at.setMinutes(0, 0, 0);
  let next: () => void;
  if (length <= 2 * DAY) next = () => at.setTime(Math.ceil((at.getTime() + 1) / (6 * HOUR)) * 6 * HOUR);
  else {
    at.setHours(0);
    if (length <= 45 * DAY) {
      at.setDate(at.getDate() - ((at.getDay() + 6) % 7));
      next = () => at.setDate(at.getDate() + (length <= 14 * DAY ? 1 : 7));
    } else {
      at.setDate(1);
      const months = length <= 800 * DAY ? 1 : 12;
      if (months === 12) at.setMonth(0);
      next = () => at.setMonth(at.getMonth() + months);
    }
  }
  const found: number[] = [];
  for (let turns = 0; at.getTime() < span.to && turns < 400; turns += 1) {
    if (at.getTime() >= span.from) found.push(at.getTime());
    next();
  }
  return found;
}
