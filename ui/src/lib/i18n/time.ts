import type { HistoryRow, JobCall, JobItemRow, JobRow, Price, TimeCounts, TimePlan, TimeSamples } from '../api/types';
import { age, count, duration, size } from '../util/format';
import { money } from '../util/money';
import { DAY, shortMoment, spokenMoment } from '../util/moment';
import type { Range } from '../util/timeline';
import type { Fate } from '../util/time-ticks';
import { versions } from './versions';

const n = (k: number, one: string, many: string): string => `${count(k)} ${k === 1 ? one : many}`;
const objects = (k: number): string => n(k, 'object', 'objects');
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'short' });

/** `14:05 today`; another day with its date. */
function asOf(at: number, now: number): string {
  if (DATE.format(at) === DATE.format(now)) return `${CLOCK.format(at)} today`;
  if (DATE.format(at) === DATE.format(now - DAY)) return `${CLOCK.format(at)} yesterday`;
  return shortMoment(at, now);
}

const ranges: Record<Range, string> = { '30d': '30 days', '12w': '12 weeks', '1y': '1 year', all: 'All' };

const fates: Record<Fate, string> = {
  undelete: 'Undelete',
  unmark: 'Remove marker',
  roll_back: 'Roll back',
  thaw_undelete: 'Thaw first',
  thaw_roll_back: 'Thaw first',
  hide: 'Hide',
  keep: 'Keep as it is',
  left: 'Left out',
  same_bytes: 'Same bytes',
  same: 'Unchanged',
};

const calls: Record<JobCall, string> = {
  copy_back: 'Copy on top',
  remove_marker: 'Remove marker',
  delete: 'Hide with a marker',
  copy: 'Copy',
  rewrite: 'Rewrite',
  destroy: 'Destroy',
  lock: 'Lock',
};

const restoredOf = (plan: TimePlan): number =>
  plan.undelete.objects + plan.unmark.objects + plan.roll_back.objects - plan.thaw.objects;

/** What the index did not know; `null` when the plan comes to the same. */
function moved(known: number, seen: number): string | null {
  if (known === seen) return null;
  const after = 'What counts is this plan: it was made just now.';
  if (seen > known)
    return `${count(seen - known)} more than by the index: something changed after it was read. ${after}`;
  return `${count(known - seen)} fewer than by the index: something changed after it was read, or has to be left. ${after}`;
}

/** Words of the time slider. */
export const time = {
  title: 'Time',
  tab: (place: string) => `${place} in time`,
  button: 'Look at this place in time',
  leave: 'Back to now',

  lookingAt: 'Looking at',
  field: 'Moment that is looked at',
  fieldHint: 'Such as 12 Nov 2026, 14:05, or 2026-11-12 14:05, or yesterday 09:00. In the time of this computer.',
  fieldBad: 'This is no date and time. Write it like 12 Nov 2026, 14:05.',
  earlier: 'Earlier change',
  later: 'Later change',
  legend: { written: 'Written', since: 'Written since', deleted: 'Deleted' },
  rangeLabel: 'How far back the strip reaches',
  ranges,
  now: 'Now',
  slider: 'Moment',
  sliderHint:
    'Left and Right: one change. Ctrl with them: one hour. Page Up and Page Down: one day. Home and End: ends of the strip.',
  burst: (at: number, deleted: number, now: number) => `${shortMoment(at, now)}: ${count(deleted)} deleted`,
  before: (at: number, now: number) => `Just before ${shortMoment(at, now)}`,
  valueText: (moment: number, counts: TimeCounts | null) =>
    counts === null ? spokenMoment(moment) : `${spokenMoment(moment)}. ${time.spoken(counts)}`,
  spoken: ({ deleted, changed, rewritten, added }: TimeCounts) => {
    const parts = [
      [deleted.objects, 'deleted'],
      [changed.objects + rewritten, 'changed'],
      [added.objects, 'added'],
    ] as const;
    const said = parts.filter(([k]) => k > 0).map(([k, what]) => `${count(k)} ${what}`);
    return said.length === 0 ? 'Nothing differs from now.' : `Since then: ${said.join(', ')}.`;
  },

  tabsLabel: 'What became of it since',
  tabs: {
    differences: 'All differences',
    deleted: 'Deleted since',
    changed: 'Changed since',
    added: 'Added since',
    then: 'As it was',
  },
  same: (k: number) => (k === 1 ? '1 object is the same' : `${count(k)} objects are the same`),
  filter: 'Filter keys',
  clearFilter: 'Clear the filter',
  table: (at: string) => `Objects of ${at}, and what became of them`,
  heads: { since: 'Since then', key: 'Key', then: 'Then', now: 'Now', when: 'When', plan: 'In the plan' },
  changes: { deleted: 'Deleted', changed: 'Changed', rewritten: 'Rewritten', added: 'Added', same: 'Same' },
  none: 'none',
  fates,
  archived: 'archived',
  tickAll: {
    differences: 'Restore all that was deleted or changed',
    deleted: 'Restore all that was deleted',
    changed: 'Restore all that was changed',
    added: 'Hide all that was added',
    then: 'Restore all that was deleted or changed',
  },
  tickRow: (name: string, added: boolean) => (added ? `Hide ${name}` : `Restore ${name}`),
  rowLabel: (name: string, change: string, then: string, now: string, when: string, fate: string) =>
    `${change}: ${name}. Then ${then}, now ${now}. ${when}. In the plan: ${fate}`,
  empty: {
    differences: 'Nothing differs',
    deleted: 'Nothing was deleted since',
    changed: 'Nothing was changed since',
    added: 'Nothing was added since',
    then: 'Nothing was here then',
  },
  emptyNow:
    'This is the newest moment. Drag the handle to the left, or take Earlier change, to see what was here before.',
  emptyText: (what: string) => `At ${what} it was as it is now, as far as the index knows.`,
  emptyOther: 'Other tabs may have something: the numbers beside their names tell.',
  emptyThen: 'All that is here now came later.',
  emptyFilter: (text: string) => `No key with “${text}”`,
  emptyFilterText: 'The filter looks at whole keys, without regard to capital letters.',

  plan: 'Restore plan',
  planTitle: (plan: TimePlan) => {
    const k = restoredOf(plan);
    if (k === 0 && plan.hide === 0) return 'Nothing to restore';
    if (k === 0) return `Hide ${objects(plan.hide)}`;
    return plan.hide === 0 ? `Restore ${objects(k)}` : `Restore ${objects(k)} and hide ${count(plan.hide)}`;
  },
  planTo: (at: string) => `to ${at}`,
  planNothing: 'Nothing is ticked, or nothing differs.',
  counting: 'Working it out…',
  undelete: 'Undelete',
  unmark: 'Take the delete marker away',
  unmarkText: 'free, nothing is copied',
  rollBack: 'Roll back to older ones',
  thaw: 'of these, archived',
  thawText: (bytes: number) => `${size(bytes)}, left until they are thawed`,
  hide: 'Hide with delete markers',
  leftOut: 'Left as they are now',
  byHand: (k: number) => `${n(k, 'key is', 'keys are')} ticked by hand`,
  resetTicks: 'As before',
  how: 'How deleted ones come back',
  ways: {
    copy: versions.ways.copy,
    remove_marker: {
      title: versions.ways.remove_marker.title,
      text: `${versions.ways.remove_marker.text} It goes only where it is the single one on top; the others come back as copies.`,
    },
  },
  added: (k: number) => `${objects(k)} added since`,
  addedWays: { keep: 'Keep them', hide: 'Hide them with delete markers' },
  rewritten: (k: number) => `Roll back ${count(k)} with the same bytes too`,
  rewrittenText: 'They were written again without a change: only headers and tags may differ.',
  cost: 'Cost',
  /** What is paid once, and what the copies cost for each month that they stay. */
  costs: ({ lines, currency }: Price) => {
    const sum = (storing: boolean): number =>
      lines.filter(({ part }) => (part === 'storing') === storing).reduce((all, { amount }) => all + amount, 0);
    const [once, month] = [sum(false), sum(true)];
    if (once === 0 && month === 0) return 'nothing';
    const words = once === 0 ? [] : [`${money(once, currency)} once`];
    return (month === 0 ? words : [...words, `${money(month, currency)} a month`]).join(', ');
  },
  timeLabel: 'Time',
  takes: (seconds: number) => `about ${duration(seconds)}`,
  noTime: 'at once',
  rights: 'Rights',
  checking: 'Checking…',
  checked: ({ asked }: TimeSamples) => `Read access checked on ${n(asked, 'sample', 'samples')}`,
  unread: ({ asked, readable }: TimeSamples) =>
    asked === 0 ? 'Not checked.' : `${count(asked - readable)} of ${n(asked, 'sample', 'samples')} cannot be read.`,
  notChecked: 'Nothing is read',
  shield:
    'Old versions are copied forward. Nothing is erased, and each step looks first whether the object is still as the plan saw it.',
  shieldUndo: 'Undo',
  shieldAfter: 'brings back today’s state.',
  shieldUnmark: 'Markers that are taken away leave the history; what they hid comes back.',
  review: (k: number) => `Review ${objects(k)}`,
  restore: 'Restore…',

  reviewTitle: 'Every call of this plan',
  reviewLead: (place: string, at: string) => `${place} to ${at}. Nothing was done yet.`,
  askTitle: (place: string, at: string) => `Restore ${place} to ${at}?`,
  askLead: 'What is there now was looked at once more. Nothing was done yet.',
  planning: 'Looking at what is there now',
  soFar: (k: number) => `${objects(k)} so far. Nothing was done yet.`,
  moved,
  facts: { todo: 'To do', bytes: 'Copied', left: 'Left', versions: 'Versions', cost: 'Cost' },
  versionsKept: 'Nothing is erased: what is covered or hidden stays as an older version.',
  undoAfter: 'When it is done, Undo brings back today’s state.',
  seeAll: (k: number) => `See all ${n(k, 'call', 'calls')}`,
  calls,
  callsLabel: 'Calls of the plan',
  callHeads: { call: 'Call', key: 'Key', version: 'Version', size: 'Size', expects: 'Only if' },
  expects: ({ expects }: JobItemRow) =>
    expects === null ? 'nothing is there' : `on top: ${expects.replace(/"/g, '').slice(0, 8)}…`,
  callLabel: (row: JobItemRow) =>
    `${row.state === 'left' ? 'Left' : calls[row.call]}: ${row.name}, ${size(row.size)}. ${row.why}`,
  left: 'Left',
  nothing: 'There is nothing to do: every object would be left as it is.',
  start: 'Restore',
  startAll: (k: number) => `Start ${n(k, 'call', 'calls')}`,
  started: (row: JobRow) => `Restoring ${objects(row.objects - row.left)}. It goes on after every interruption.`,
  failed: 'It could not be planned',
  doneRow: (row: JobRow) => {
    const what = row.undoes === null ? `${objects(row.done)} restored` : `Taken back: ${objects(row.done)}`;
    return row.left > 0 ? `${what}, ${count(row.left)} left as they were.` : `${what}.`;
  },
  doneOld: 'What is shown here is from before it.',
  readAgain: 'Read versions again',

  index: {
    label: 'Version index',
    whole: (row: HistoryRow, now: number) => {
      const words = age(row.began_at, now);
      return `As of ${asOf(row.began_at, now)}${words === '' ? '' : `, ${words} ago`}`;
    },
    what: (row: HistoryRow) =>
      `${n(row.versions, 'version', 'versions')} of ${n(row.keys, 'key', 'keys')}, read with ${n(row.requests, 'LIST request', 'LIST requests')}`,
    old: 'What came later is not in it.',
    refresh: 'Read again',
    refreshing: (row: HistoryRow) =>
      `Reading again: ${n(row.versions, 'version', 'versions')} so far. The old one serves meanwhile.`,
    title: 'No versions are read yet',
    text: 'To look back, Windlass needs one list of all versions and delete markers here. It is read once, kept on this computer, and read again only when you ask.',
    requests:
      'A LIST request tells up to 1,000 versions. How many there are, and so how many requests it takes, nobody knows before.',
    price: (price: Price, amount: string) => (price.amount === 0 ? '' : `1,000 requests cost ${amount}.`),
    start: 'Read versions',
    reading: 'Reading versions',
    progress: 'Share of the versions of last time',
    counts: (row: HistoryRow) =>
      `${n(row.versions, 'version', 'versions')}, ${n(row.requests, 'request', 'requests')}${row.rate === null ? '' : `, ${count(row.rate)} a second`}`,
    left: (seconds: number) => `about ${duration(seconds)} left`,
    stop: 'Stop',
    stopped: (row: HistoryRow) => `Stopped after ${n(row.versions, 'version', 'versions')}. What was read is kept.`,
    goOn: 'Go on',
    drop: 'Forget it',
    failed: 'The versions cannot be read',
    emptyTitle: 'Nothing was ever here',
    emptyText: 'The index is whole, and it has no version and no delete marker below this place.',
  },

  off: {
    title: 'This bucket keeps no versions',
    text: 'What is overwritten or deleted here is gone at once, so there is no earlier moment to look at. From the time on at which versions are kept, there is.',
  },
  suspended: {
    title: 'Versions are suspended in this bucket.',
    text: 'What was kept is still here to look at. What is written now takes the place of what has no version id, and cannot be taken back. Nothing is restored while it is so: an undo could not be promised.',
    blocked: 'Versions are suspended here: nothing is restored while an undo cannot be promised.',
  },
  unknown: 'The server does not say whether this bucket keeps versions. The list of versions shows it.',
};
