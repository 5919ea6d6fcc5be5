import { when, whenExact } from './format';

const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const SHORT_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const LONG_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** A moment as it is typed and shown in the field: with seconds only when it has some. */
export function momentText(ms: number): string {
  return ms % MINUTE === 0 ? when(ms) : whenExact(ms);
}

/** `12 November 2026, 14:05`: as it is spoken. */
export function spokenMoment(ms: number): string {
  return `${LONG_DAY.format(ms)}, ${CLOCK.format(ms)}`;
}

/** `13 Nov, 09:12`; with the year where it is another one than now. */
export function shortMoment(ms: number, now: number): string {
  const same = new Date(ms).getFullYear() === new Date(now).getFullYear();
  return same ? `${SHORT_DAY.format(ms)}, ${CLOCK.format(ms)}` : when(ms);
}

/** `12 Nov`. */
export function shortDay(ms: number): string {
  return SHORT_DAY.format(ms);
}

/**
 * A moment that a person typed, in local time: `12 Nov 2026, 14:05`, `12 November 14:05:30`, `2026-11-12 14:05`, `14:05`, `today`,
 * `yesterday 09:00`, `now`. Without a time of day it is the beginning of the day; without a year, the last time there was that day.
 * `null` when it is none of these, or a day that no month has.
 */
export function parseMoment(text: string, now: number): number | null {
  const words = text.trim().toLowerCase().replace(/\s+/g, ' ');
  if (words === 'now') return now;
  const clock = /(?:^|[ ,t]+)(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(words);
  const [hour, minute, second] = clock ? [clock[1], clock[2], clock[3] ?? '0'].map(Number) : [0, 0, 0];
  if (hour === undefined || minute === undefined || second === undefined) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const day = readDay(clock ? words.slice(0, clock.index) : words, clock !== null, now);
  if (day === null) return null;
  return new Date(day.year, day.month, day.day, hour, minute, second).getTime();
}

interface Day {
  year: number;
  month: number;
  day: number;
}

function readDay(words: string, clock: boolean, now: number): Day | null {
  const back = { '': clock ? 0 : null, today: 0, yesterday: 1 }[words];
  if (back !== undefined) return back === null ? null : daysAgo(back, now);
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(words);
  if (iso) return whole(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const named = /^(\d{1,2})\.? ([a-z]{3,9})\.?(?: (\d{4}))?$/.exec(words.replace(/,$/, ''));
  if (!named) return null;
  const month = MONTHS.indexOf((named[2] ?? '').slice(0, 3));
  const day = Number(named[1]);
  if (named[3] !== undefined) return whole(Number(named[3]), month, day);
  const year = new Date(now).getFullYear();
  const ahead = new Date(year, month, day).getTime() > now;
  return whole(ahead ? year - 1 : year, month, day);
}

function daysAgo(days: number, now: number): Day {
  const at = new Date(now);
  at.setDate(at.getDate() - days);
  return { year: at.getFullYear(), month: at.getMonth(), day: at.getDate() };
}

/** A day that is in the calendar. */
function whole(year: number, month: number, day: number): Day | null {
  const at = new Date(year, month, day);
  return month >= 0 && at.getMonth() === month && at.getDate() === day ? { year, month, day } : null;
}
