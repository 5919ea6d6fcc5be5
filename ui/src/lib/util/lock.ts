import type { JobRequest, LockChange, LockDefault, LockMode, LockRow, PurgeChoice } from '../api/types';

const DAY = 86_400_000;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Noon of a day in UTC, so that the day is the same one here and on the server; `null` when no month has it. */
function dayAt(year: number, month: number, day: number): number | null {
  const at = Date.UTC(year, month, day, 12);
  const read = new Date(at);
  return read.getUTCMonth() === month && read.getUTCDate() === day ? at : null;
}

/** `2027-03-01`: the day of a moment, in UTC as the server counts. */
export function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** A day that a person typed, `2027-03-01` or `1 March 2027`, as its noon in UTC; `null` when it is none. */
export function parseDay(text: string): number | null {
  const words = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(words);
  if (iso) return dayAt(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]));
  const named = /^(\d{1,2})\.? ([a-z]{3,9})\.?,? (\d{4})$/.exec(words);
  const month = MONTHS.indexOf((named?.[2] ?? '').slice(0, 3));
  return named && month >= 0 ? dayAt(Number(named[3]), month, Number(named[1])) : null;
}

/** How long something is kept: days, or years of the calendar. */
export type Span = { days: number } | { years: number };

/** The day that a span from now ends on. The 29th of February is followed by the 1st of March where a year has none. */
export function spanEnd(span: Span, now: number): number {
  const at = new Date(now);
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  return 'days' in span ? Date.UTC(year, month, day + span.days, 12) : Date.UTC(year + span.years, month, day, 12);
}

/** The span of a bucket's default; `null` when it names none. */
export function defaultSpan({ days, years }: LockDefault): Span | null {
  if (days !== null) return { days };
  return years === null ? null : { years };
}

/** Whole days from now until a moment; 0 when it has passed. */
export function daysLeft(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / DAY));
}

/** What a person chose in the dialog of locks. */
export interface LockForm {
  mode: LockMode | 'stay';
  day: string;
  hold: 'leave' | 'on' | 'off';
}

/** Why the day of a form will not do; `null` when it does, or none is asked for. */
export type DayFault = 'none' | 'past' | 'earlier' | null;

/** `earliest`: until when all that is meant is kept already, under the same mode; an earlier day changes nothing. */
export function dayFault({ mode, day }: LockForm, now: number, earliest: number | null = null): DayFault {
  if (mode === 'stay') return null;
  const at = parseDay(day);
  if (at === null) return 'none';
  if (at <= now) return 'past';
  return earliest !== null && at <= earliest && isoDay(at) !== isoDay(earliest) ? 'earlier' : null;
}

/** The change that a form means; `null` when it changes nothing or is not filled in. */
export function changeOf(form: LockForm, now: number, earliest: number | null = null): LockChange | null {
  if (dayFault(form, now, earliest) !== null) return null;
  const hold = form.hold === 'leave' ? null : form.hold === 'on';
  if (form.mode === 'stay') return hold === null ? null : { mode: null, until: null, hold };
  return { mode: form.mode, until: parseDay(form.day), hold };
}

/** What the dialog begins with: what one object has, else the bucket's default. */
export function formOf(present: LockRow | null, given: LockDefault | null, now: number): LockForm {
  if (present?.mode && present.until !== null && present.until > now) {
    return { mode: present.mode, day: isoDay(present.until), hold: 'leave' };
  }
  const span = (given && defaultSpan(given)) ?? { days: 30 };
  return { mode: given?.mode ?? 'governance', day: isoDay(spanEnd(span, now)), hold: 'leave' };
}

/** Whether a typed day is the very one that is asked for. */
export function isTyped(typed: string, asked: string): boolean {
  const at = parseDay(typed);
  return at !== null && isoDay(at) === asked;
}

/** What a person chose in the dialog of purges. */
export interface PurgeForm {
  days: string;
  keep: string;
  megabytes: string;
  markers: boolean;
}

const WHOLE = /^\d{1,9}$/;

/** Whether a field of the purge dialog cannot be read. Empty means no limit. */
export function isBadNumber(text: string, whole = true): boolean {
  const bare = text.trim();
  return bare !== '' && !(whole ? WHOLE : /^\d{1,9}([.,]\d{1,6})?$/).test(bare);
}

/** The choice that a form means; `null` when a field cannot be read. */
export function purgeOf({ days, keep, megabytes, markers }: PurgeForm): PurgeChoice | null {
  if (isBadNumber(days) || isBadNumber(keep) || isBadNumber(megabytes, false)) return null;
  const bytes = Math.round(Number(megabytes.trim().replace(',', '.')) * 1e6);
  return { days: Number(days.trim()), keep: Number(keep.trim()), bytes, markers };
}

/** How far the objects that are meant reach. */
export type PurgeScope = 'meant' | 'place' | 'bucket';

/** Roots of a purge. */
export function purgeRoots(scope: PurgeScope, keys: string[], prefix: string): JobRequest['roots'] {
  const from = scope === 'meant' ? keys : [scope === 'place' ? prefix : ''];
  return from.map((each) => ({ from: each, to: each }));
}
