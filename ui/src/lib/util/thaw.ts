import type { ThawItemState, ThawOffer, ThawRow, ThawState } from '../api/types';
import { duration } from './format';
import { DAY, HOUR, MINUTE } from './moment';

/** Days that a copy lasts unless something else is asked for, and the most that can be asked for. */
export const DAYS = 7;
export const MOST_DAYS = 365;
/** A copy that ends sooner than this is worth a warning. */
const SOON = DAY;
/** A bar is never full before all can be read. */
const ALMOST = 0.97;

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const WEEKDAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short' });
const SHORT_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** What can be done with a batch. */
export type ThawAction =
  'choose' | 'download' | 'extend' | 'faster' | 'files' | 'objects' | 'place' | 'job' | 'then' | 'stop' | 'drop';

/** How a batch stands, as it is told: `overdue` takes longer than usual, `waiting` does not get through to the server. */
export type ThawLook =
  | 'counting'
  | 'planned'
  | 'asking'
  | 'thawing'
  | 'overdue'
  | 'ready'
  | 'downloading'
  | 'past'
  | 'stopped'
  | 'failed'
  | 'waiting';

/** What one archived object of a list has to do with the board. */
export interface Standing {
  readable: boolean;
  /** By when it typically can be read. */
  due: number | null;
  /** When its copy ends. */
  ends: number | null;
}

const OVER: ThawState[] = ['past', 'stopped', 'failed'];
const READABLE: ThawState[] = ['ready', 'downloading'];

/** Whether a batch is over: nothing moves by itself any more. */
export function isOver(row: Pick<ThawRow, 'state'>): boolean {
  return OVER.includes(row.state);
}

/** Whether its objects can be read now. */
export function isReadable(row: Pick<ThawRow, 'state'>): boolean {
  return READABLE.includes(row.state);
}

/** Whether its copies can be read though it is over: all was fetched, and they last on. */
export function lingers(row: Pick<ThawRow, 'state' | 'ends_at'>, now: number): boolean {
  return row.state === 'past' && row.ends_at !== null && row.ends_at > now;
}

/** Whether something of it went wrong that a person has to see to, though it can be read. */
export function hasTrouble(row: Pick<ThawRow, 'state' | 'error'>): boolean {
  return row.state === 'ready' && row.error !== null;
}

/** `19 h 16 min`, `5 d 2 h`, `23 s`. */
export function timeLeft(ms: number): string {
  const minutes = Math.round(Math.max(0, ms) / MINUTE);
  if (minutes < 48 * 60) return duration(Math.max(0, ms) / 1000);
  const hours = Math.round(minutes / 60);
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Whether a copy ends within a day. */
export function endsSoon(at: number | null, now: number): boolean {
  return at !== null && at - now < SOON;
}

/** Midnights between two moments, in local time; one day may have 23 or 25 hours. */
function daysBetween(from: number, to: number): number {
  const midnight = (ms: number): number => {
    const at = new Date(ms);
    return Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
  };
  return Math.round((midnight(to) - midnight(from)) / DAY);
}

/** `Today, 21:10`, `Tomorrow, 09:48`, `28 Nov, 17:30`: when something ends. */
export function dayAndTime(at: number, now: number): string {
  const days = daysBetween(now, at);
  const day = days === 0 ? 'Today' : days === 1 ? 'Tomorrow' : days === -1 ? 'Yesterday' : SHORT_DAY.format(at);
  return `${day}, ${CLOCK.format(at)}`;
}

/** `21:10 today`, `Tue, 16:05`, `28 Nov, 17:30`: by when something is done. */
export function byWhen(at: number, now: number): string {
  const days = daysBetween(now, at);
  if (days === 0) return `${CLOCK.format(at)} today`;
  return `${days > 0 && days < 7 ? WEEKDAY.format(at) : SHORT_DAY.format(at)}, ${CLOCK.format(at)}`;
}

/** `09:48`, with the day when it was not today. */
export function sinceWhen(at: number, now: number): string {
  return daysBetween(now, at) === 0 ? CLOCK.format(at) : `${SHORT_DAY.format(at)}, ${CLOCK.format(at)}`;
}

/** How a batch stands now. */
export function lookOf(row: ThawRow, now: number): ThawLook {
  if (row.waiting && !isOver(row)) return 'waiting';
  switch (row.state) {
    case 'planning':
      return 'counting';
    case 'thawing':
      return row.due_at !== null && row.due_at <= now ? 'overdue' : 'thawing';
    case 'downloading':
      // It is still called so when all is on disk.
      return allHere(row) ? 'ready' : 'downloading';
    default:
      return row.state;
  }
}

/** Share that is done, 0 to 1: of the time until it is due, of the requests, or of the downloads. */
export function doneOf(row: ThawRow, now: number): number {
  const part = (some: number, all: number): number => (all <= 0 ? 0 : Math.min(1, Math.max(0, some / all)));
  switch (row.state) {
    case 'asking':
      return part(row.asked + row.failed, row.objects);
    case 'thawing': {
      const { asked_at: from, due_at: to } = row;
      const time = from === null || to === null ? 0 : part(now - from, to - from);
      return Math.min(ALMOST, Math.max(time, part(row.ready, row.objects)));
    }
    case 'downloading':
      return part(row.downloaded, row.ready);
    default:
      return isReadable(row) || row.state === 'past' ? 1 : 0;
  }
}

/** Whether all that can be read is on disk. */
export function allHere(row: ThawRow): boolean {
  return row.ready > 0 && row.downloaded >= row.ready;
}

/** The order of the board: what ends first, then what is thawing by when it is due, then what stays, then what waits for a person. */
export function openOrder(a: ThawRow, b: ThawRow): number {
  const rank = (row: ThawRow): number =>
    isReadable(row) ? (row.ends_at === null ? 2 : 0) : row.due_at !== null ? 1 : 3;
  const at = (row: ThawRow): number => (isReadable(row) ? row.ends_at : row.due_at) ?? row.created;
  return rank(a) - rank(b) || at(a) - at(b) || a.created - b.created || (a.id < b.id ? -1 : 1);
}

/** Buttons of a row, the most likely first, and what its menu holds besides. */
export function actionsOf(row: ThawRow): { buttons: ThawAction[]; menu: ThawAction[] } {
  const buttons = buttonsOf(row);
  const all: ThawAction[] = ['objects', 'place'];
  if (row.state === 'planned') all.push('choose', 'drop');
  if (isReadable(row)) all.push('download');
  if (row.can_extend) all.push('extend');
  if (row.can_hurry) all.push('faster');
  if (row.job !== null) all.push('job');
  if (['asking', 'thawing'].includes(row.state)) all.push('then');
  if (['planning', 'asking', 'thawing', 'ready', 'downloading'].includes(row.state)) all.push('stop');
  if (isOver(row)) all.push('drop');
  // The files of a batch are shown among its objects.
  const same: ThawAction[] = buttons.includes('files') ? ['objects'] : [];
  return { buttons, menu: all.filter((each) => !buttons.includes(each) && !same.includes(each)) };
}

function buttonsOf(row: ThawRow): ThawAction[] {
  switch (row.state) {
    case 'planned':
      return ['choose'];
    case 'asking':
    case 'thawing':
      if (row.then.kind === 'restore') return ['job'];
      return row.can_hurry ? ['faster'] : [];
    case 'ready':
      if (row.then.kind === 'restore' && row.restored_by !== null) return ['job'];
      if (allHere(row)) return ['files'];
      return row.can_extend ? ['download', 'extend'] : ['download'];
    case 'downloading':
      return ['files'];
    case 'past':
      return row.downloaded > 0 ? ['files'] : row.restored_by !== null ? ['job'] : [];
    default:
      return [];
  }
}

/** The speed that is chosen at first: the usual one, or the quickest that there is; `null` when none can be. */
export function firstOffer(offers: ThawOffer[]): ThawOffer | null {
  const free = offers.filter((offer) => offer.refused === '');
  return free.find((offer) => offer.speed === 'standard') ?? free[0] ?? null;
}

/** Days as they were typed, or `null` when they are none that can be asked for. */
export function readDays(text: string): number | null {
  const days = /^\s*\d{1,4}\s*$/.test(text) ? Number(text) : 0;
  return days >= 1 && days <= MOST_DAYS ? days : null;
}

/** Whether anything of a batch is a copy that ends: what Intelligent-Tiering thaws stays. */
export function hasDays(classes: string[]): boolean {
  return classes.some((each) => !each.startsWith('INTELLIGENT_TIERING'));
}

/** `1 to 5 min`, `3 to 5 h`, `up to 12 h`: how long an offer takes. */
export function spanOf(least: number, most: number): string {
  const unit = (seconds: number): [number, string] =>
    seconds * 1000 >= HOUR ? [Math.round(seconds / 360) / 10, 'h'] : [Math.max(1, Math.round(seconds / 60)), 'min'];
  const [to, ending] = unit(most);
  if (least <= 0) return `up to ${to} ${ending}`;
  const [from, other] = unit(least);
  return ending === other && from === to
    ? `about ${to} ${ending}`
    : `${from}${ending === other ? '' : ` ${other}`} to ${to} ${ending}`;
}

/** Whether an object of a batch can be read now. */
export function itemReadable(state: ThawItemState): boolean {
  return state === 'ready' || state === 'downloaded';
}
