import type { BucketLock, JobRequest, JobRow, LockDefault, LockMode, LockRow } from '../api/types';
import { count } from '../util/format';
import { daysLeft, type DayFault } from '../util/lock';

// Days of locks are those of the server: the day that is shown is the day that has to be typed.
const LONG = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
const SHORT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const EXACT = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
  hourCycle: 'h23',
});

const n = (k: number, one: string, many: string): string => `${count(k)} ${k === 1 ? one : many}`;
const objects = (k: number): string => n(k, 'object', 'objects');
const versions = (k: number): string => n(k, 'version', 'versions');

const modes: Record<LockMode, string> = { governance: 'governance', compliance: 'compliance' };
const day = (at: number): string => LONG.format(at);

function span({ days, years }: Pick<LockDefault, 'days' | 'years'>): string {
  if (days !== null) return n(days, 'day', 'days');
  return years === null ? '' : n(years, 'year', 'years');
}

/** `96 days more`, `for 3 years and 96 days more`. */
function left(until: number, now: number): string {
  const days = daysLeft(until, now);
  const years = Math.floor(days / 365.25);
  const rest = days - Math.round(years * 365.25);
  if (years === 0) return `${n(days, 'day', 'days')} more`;
  return rest === 0
    ? `${n(years, 'year', 'years')} more`
    : `${n(years, 'year', 'years')} and ${n(rest, 'day', 'days')} more`;
}

/** Why a version cannot be destroyed, as far as the parts say; else in the words of the core. */
function reason({ mode, until, hold, holds, why }: LockRow, now: number): string {
  if (!holds) return '';
  const kept = mode !== null && until !== null && until > now;
  const parts: string[] = [];
  if (kept) {
    parts.push(`Kept until ${day(until)} (${modes[mode]}).`);
    parts.push(
      mode === 'compliance'
        ? 'Nobody can delete it before then.'
        : 'Only those with the right to bypass governance can delete it before then.',
    );
  }
  if (hold) {
    parts.push(
      kept ? 'A legal hold is on it as well.' : 'A legal hold is on it. It stays until the hold is taken off.',
    );
  }
  return parts.length === 0 ? why : parts.join(' ');
}

/** Words of Object Lock. */
export const lock = {
  chip: ({ default: given }: BucketLock) =>
    given === null ? 'Object Lock: on' : `Object Lock: new objects kept ${span(given)}, ${modes[given.mode]}`,
  chipShort: ({ default: given }: BucketLock) => (given === null ? 'Object Lock' : `Locked ${span(given)}`),
  aboutTitle: (bucket: string) => `Objects can be locked in ${bucket}`,
  aboutLead: ({ default: given }: BucketLock) =>
    given === null
      ? 'A locked version cannot be destroyed. New objects are locked only when somebody says so.'
      : `A locked version cannot be destroyed. New objects are kept ${span(given)} under ${modes[given.mode]}, unless they say otherwise.`,
  about: [
    [
      'ok',
      'Windlass does not delete what is locked. Others may still put a new version or a delete marker on top; the locked version stays below.',
    ],
    ['note', 'Governance: only who has a right of its own, and says so with each call, may destroy it before the day.'],
    ['warn', 'Compliance: nobody may, the owner of the account included, and the day cannot be brought forward.'],
    ['note', 'A legal hold keeps a version without a day, until somebody takes the hold off.'],
    ['note', 'What is kept takes space and is paid for until the day has come and it is deleted.'],
  ] satisfies ['ok' | 'warn' | 'note', string][],

  sign: ({ hold, mode, until }: LockRow, now: number) =>
    hold && !(mode !== null && until !== null && until > now) ? 'On hold' : 'Locked',
  spoken: (row: LockRow, now: number) => (row.holds ? `Locked: ${reason(row, now)}` : ''),
  reason,
  reasonMany: (k: number, until: number | null) =>
    until === null
      ? `All ${count(k)} are locked. They stay until their holds are taken off.`
      : `All ${count(k)} are locked, the first of them until ${day(until)}. They cannot be deleted before then.`,
  day,
  exact: (at: number) => `${EXACT.format(at)} UTC`,

  heading: 'Lock',
  facts: { mode: 'Mode', until: 'Kept until', hold: 'Legal hold', why: 'Deleting' },
  modeNames: { governance: 'Governance', compliance: 'Compliance' } satisfies Record<LockMode, string>,
  until: (at: number, now: number) =>
    at > now ? `${SHORT.format(at)}, ${left(at, now)}` : `${SHORT.format(at)}, over`,
  on: 'On',
  off: 'Off',
  none: 'It is not locked.',
  reading: 'Asking for the lock…',
  unread: 'The lock could not be read. Try again later.',
  extend: 'Extend…',
  set: 'Lock…',
  release: 'Take the hold off…',
  versionOf: (when: string) => `Version of ${when}`,

  isOff: 'Object Lock is not on in this bucket, so nothing can be locked here.',
  unknown: 'Whether objects can be locked here is not known yet.',

  title: (k: number, name: string) => (k === 1 ? `Lock ${name}` : `Lock ${n(k, 'item', 'items')}`),
  extendTitle: (name: string) => `Extend the lock of ${name}`,
  lead: 'A lock is on the present versions. It can be made longer, and with compliance never shorter.',
  present: (row: LockRow, now: number) =>
    `Now: ${[
      row.mode !== null && row.until !== null && row.until > now
        ? `kept until ${day(row.until)}, ${modes[row.mode]}`
        : '',
      row.hold ? 'legal hold' : '',
    ]
      .filter((each) => each !== '')
      .join(', ')}.`,
  how: 'How firmly',
  ways: {
    stay: { title: 'Leave the date as it is', text: 'Only the legal hold changes.' },
    governance: {
      title: 'Governance',
      text: 'Nobody deletes it by mistake. Who has the right to bypass governance may still delete it, or shorten the date.',
    },
    compliance: {
      title: 'Compliance',
      text: 'Nobody can delete it before the date, not you and not the owner of the account. It cannot be taken back.',
    },
  },
  lower: 'It is under compliance already, and nothing lowers that.',
  keepUntil: 'Keep until',
  dayHint: (at: number, now: number) => `${day(at)}: ${left(at, now)}. Days are counted in UTC.`,
  faults: {
    none: 'This is no day. Write it like 2027-03-01 or 1 March 2027.',
    past: 'This day is over. Choose one that is still to come.',
    earlier: 'It is kept longer already. Choose a later day.',
  } satisfies Record<Exclude<DayFault, null>, string>,
  presets: 'Usual spans',
  days30: '30 days',
  year1: '1 year',
  years7: '7 years',
  asBucket: (given: LockDefault) => `As the bucket: ${span(given)}`,
  hold: 'Legal hold',
  holds: {
    leave: { title: 'Leave it as it is', text: 'Where one is on, it stays on.' },
    on: { title: 'Put it on', text: 'It is kept without a date, until somebody takes the hold off.' },
    off: { title: 'Take it off', text: 'From then on only the date keeps it.' },
  },
  action: 'Lock…',
  nothing: 'Nothing changes yet: choose a date or a hold.',

  planTitle: ({ lock: change }: JobRequest, k: number) => {
    if (change?.mode === null) return change.hold ? `Put ${objects(k)} on hold?` : `Take the hold off ${objects(k)}?`;
    return `Lock ${objects(k)}?`;
  },
  planLead: ({ lock: change, bucket }: JobRequest) => {
    const parts = [
      change?.mode && change.until !== null ? `kept until ${day(change.until)} under ${modes[change.mode]}` : '',
      change?.hold === true ? 'legal hold on' : change?.hold === false ? 'legal hold off' : '',
    ].filter((each) => each !== '');
    return `In ${bucket}: ${parts.join(', ')}. What is kept longer or more firmly already stays so.`;
  },
  forGood: (at: number) =>
    `Until ${day(at)} nobody can delete these versions or shorten the date, not even the owner of the account. They are paid for until then.`,
  typeDay: (asked: string) => `Type ${asked} to lock`,
  typeHint: 'The day until which nobody can delete them.',
  start: ({ lock: change }: JobRequest, k: number) =>
    change?.mode === null ? (change.hold ? `Hold ${count(k)}` : `Take off ${count(k)}`) : `Lock ${count(k)}`,
  noUndo: 'Undo does not take it back.',
  noUndoHold: 'The hold can be taken off, or put on again, in the same way.',
  done: (row: JobRow) =>
    row.left > 0
      ? `Lock of ${objects(row.done)} changed, ${count(row.left)} left as they were.`
      : `Lock of ${objects(row.done)} changed.`,
  stopped: (row: JobRow) => `Cancelled: the lock of ${objects(row.done)} was changed, the others stay as they are.`,

  deleteSome: (k: number, of: number) =>
    `${count(k)} of ${count(of)} ${k === 1 ? 'is' : 'are'} locked and ${k === 1 ? 'stays' : 'stay'} as ${k === 1 ? 'it is' : 'they are'}.`,
  deleteBelow:
    'Objects can be locked in this bucket. What is locked inside of folders gets a delete marker like the others; its version stays below and cannot be destroyed.',
};

/** Words of the purge of old versions. */
export const purge = {
  none: 'This bucket keeps no versions, so there are no old ones.',
  title: 'Purge old versions',
  lead: 'Old versions are destroyed for good: no restore and no Undo brings them back. The current version always stays, and what is locked too.',
  scope: 'Where',
  scopes: {
    meant: (k: number, name: string) => (k === 1 ? name : n(k, 'selected item', 'selected items')),
    meantText: 'Older versions of what is selected; of folders all below.',
    place: (place: string) => place,
    placeText: 'This folder and all below it.',
    bucket: (bucket: string) => `The whole bucket ${bucket}`,
    bucketText: 'Every key in it.',
  },
  which: 'Which old versions: those that meet all of it',
  days: 'Covered for at least (days)',
  daysHint: 'Since something newer is on top. 0: also what was covered today.',
  keep: 'Keep the newest (per object)',
  keepHint: 'So many old versions stay, besides the current one.',
  bytes: 'At least (MB)',
  bytesHint: 'Smaller ones stay. 0: all sizes.',
  bad: 'Only a whole number will do.',
  badBytes: 'Only a number will do, such as 5 or 0.5.',
  deleted:
    'Of objects that are deleted, the delete marker is on top: all versions below it are old. Without them nothing can be undeleted.',
  markers: 'Delete markers too',
  markersText: 'Those below the top, and one on top that covers nothing any more.',
  action: 'Look what that is…',
  actionHint: 'Nothing is destroyed yet. The next step lists every version.',

  version: 'Destroy this version…',
  isCurrent: 'The current version always stays. What is older can be destroyed.',

  planning: 'Looking for old versions',
  soFar: (k: number) => `${versions(k)} so far. Nothing was destroyed yet.`,
  planTitle: (k: number) => (k === 0 ? 'Nothing to destroy' : `Destroy ${versions(k)} for good?`),
  planLead: (place: string) =>
    `${place}. No restore and no Undo brings them back. The current version of every object stays.`,
  facts: { versions: 'Destroyed', bytes: 'Frees', left: 'Stay' },
  month:
    'What is destroyed is no longer paid for. Some storage classes are paid to the end of their least time all the same.',
  type: (k: number) => `Type ${count(k)} to destroy`,
  typeHint: 'So many versions are destroyed for good.',
  start: (k: number) => `Destroy ${count(k)}`,
  nothing: 'No old version meets all of it, or all that do are locked.',
  rows: 'Versions of the plan',
  rowHeads: { call: 'What', key: 'Key', version: 'Version', size: 'Size', why: 'Why it stays' },
  call: 'Destroy',
  stays: 'Stays',
  done: (row: JobRow) =>
    row.left > 0
      ? `${versions(row.done)} destroyed, ${count(row.left)} left: see why.`
      : `${versions(row.done)} destroyed.`,
  stopped: (row: JobRow) => `Cancelled: ${versions(row.done)} destroyed, the others stay.`,
  started: (k: number) => `Destroying ${versions(k)}. Pause and cancel are in the transfers; what is gone stays gone.`,
};
