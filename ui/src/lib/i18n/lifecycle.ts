import type {
  Forecast,
  ForecastEvent,
  ForecastLine,
  ForecastStretch,
  HistoryRow,
  OrphanUse,
  OrphansEnded,
  RuleForm,
} from '../api/types';
import { age, clock, count, size, storageClass, when } from '../util/format';
import { money } from '../util/money';
import type { RuleProblem } from '../util/rules';

const n = (k: number, one: string, many: string): string => `${count(k)} ${k === 1 ? one : many}`;
const objects = (k: number): string => n(k, 'object', 'objects');
const UTC = { timeZone: 'UTC' } as const;
const DAY_MONTH = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', ...UTC });
const FULL = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', ...UTC });
const MONTH = new Intl.DateTimeFormat('en-GB', { month: 'short', ...UTC });
const MONTH_YEAR = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', ...UTC });

/** A day of a rule: rules count by midnights of UTC, wherever one is. */
const day = (at: number): string => FULL.format(at);
/** `3 Feb`; with the year where it is another one. */
function dayNear(at: number, now: number): string {
  const near = at - now < 200 * 86_400_000;
  return near ? DAY_MONTH.format(at) : FULL.format(at);
}

/** An amount of a month without its cents, where there is enough of it. */
function round(amount: number, currency: string): string {
  const words = money(amount, currency);
  return amount >= 10e9 ? words.replace(/\.\d\d(?=\D*$)/, '') : words;
}

const priceOf = (price: Forecast['now']): string =>
  price.kind === 'known' ? round(price.amount, price.currency) : price.kind === 'free' ? 'nothing' : 'unknown';

function stretchWords({ kind, class: code, note, from }: ForecastStretch): string {
  const tail = note === '' ? '' : `, ${note}`;
  if (kind === 'hidden') return `deleted from ${day(from)}${tail}`;
  if (kind === 'gone') return `gone from ${day(from)}${tail}`;
  return `${storageClass(code)}${tail}`;
}

const lineAmount = ({ objects: k, bytes, old }: ForecastLine): string =>
  `${old ? n(k, 'version', 'versions') : objects(k)}, ${size(bytes)}`;

const problems: Record<RuleProblem['what'], string> = {
  twice: 'Another rule has this name. Each rule needs a name of its own.',
  long: 'A name has 255 characters at most.',
  days: 'Give a whole number of days, 1 or more.',
  date: 'Give a day.',
  order: 'Each move has to come after the one before.',
  least30: 'Objects can go to Infrequent and One zone only after 30 days.',
  sizes: 'This has to be more than the other size, or no object fits.',
  size: 'Give a size, such as 128 KiB or 5 GB.',
  tag_empty: 'A tag needs a key.',
  tag_twice: 'Two tags have the same key.',
  mixed: 'Days and dates cannot be mixed in one rule. Use one of them throughout.',
  after_moves: 'The end has to come after all moves.',
  marker_days: 'This cannot go with an end of current versions, which takes leftover markers away by itself.',
  marker_tags: 'This cannot go with tags: delete markers have none.',
  abort_filter: 'This cannot go with tags or sizes: an unfinished upload has none. Make a rule of its own for it.',
  newer: 'Give a number of versions from 0 to 100.',
  nothing: 'This rule does nothing yet. Choose at least one thing for it to do.',
};

/** Words of lifecycle rules, their forecast, and unfinished uploads. */
export const lifecycle = {
  title: 'Lifecycle forecast',
  tab: (bucket: string) => `Lifecycle of ${bucket}`,
  menu: 'Lifecycle rules',
  leave: 'Back to the objects',
  bucket: 'Bucket',
  head: (rules: number, readAt: number, k: number) =>
    `${n(rules, 'rule', 'rules')} read ${clock(readAt)}, run over the local index of ${objects(k)}`,
  headNoIndex: (rules: number, readAt: number) => `${n(rules, 'rule', 'rules')} read ${clock(readAt)}`,
  indexOf: (row: HistoryRow, now: number) => {
    const ago = age(row.began_at, now);
    return `Index of ${clock(row.began_at, now)}${ago === '' ? '' : `, ${ago} old`}.`;
  },
  indexOld: 'What came or went since is not in the forecast.',
  promise: 'A calculation, not a promise: S3 acts some time after the day of a rule, often within a day or two.',
  reachLabel: 'How far the forecast reaches',
  reach: { 90: '90 days', 365: '365 days' },
  edit: 'Edit rules…',
  orphans: 'Unfinished uploads…',
  shapeLabel: 'How the forecast is shown',
  shapes: { chart: 'Chart', table: 'Table' },
  loading: 'Running the rules over the index…',
  failed: 'The rules could not be read',
  forecastFailed: 'There is no forecast',
  noRules: 'No rules are in force',
  noRulesText: 'Nothing is moved or deleted by itself in this bucket: what is here stays as it is, and is paid for.',
  addRule: 'Add a rule…',

  today: 'Today',
  mark: (at: number, withDay: boolean) => (withDay ? DAY_MONTH : MONTH).format(at),
  year: (at: number) => ` ${new Date(at).getUTCFullYear()}`,
  chart: 'What the rules will do, line by line',
  chartHint: 'Left and Right: one stretch. Up and Down: another line. Home and End: ends of a line.',
  stretch: stretchWords,
  amount: lineAmount,
  spokenLine: (line: ForecastLine) => `${line.title}, ${lineAmount(line)}`,
  spokenStretch: (line: ForecastLine, stretch: ForecastStretch, warnings: ForecastEvent[]) => {
    const words = stretchWords(stretch);
    const span = stretch.kind === 'class' ? `, from ${day(stretch.from)} to ${day(stretch.to)}` : '';
    const told = warnings.map(({ at, title }) => ` Warning on ${day(at)}: ${title}.`).join('');
    return `${line.title}: ${words}${span}.${told}`;
  },
  month: (from: number) => MONTH_YEAR.format(from),
  months: 'Storage a month',
  monthsText: ({ now, then }: Forecast, days: number) =>
    now.kind === 'free'
      ? 'Nothing is paid for here'
      : now.kind === 'known' && then.kind === 'known'
        ? `${priceOf(now)} now, ${priceOf(then)} in ${days === 365 ? 'a year' : `${days} days`}`
        : 'By size: there are no prices',
  monthAmount: (amount: number | null, bytes: number, currency: string) =>
    amount === null || currency === '' ? size(bytes) : round(amount, currency),
  spokenMonth: (from: number, amount: string, bytes: number) =>
    `Storage in ${MONTH_YEAR.format(from)}: ${amount} a month, ${size(bytes)} kept.`,
  moves: (amount: number | null, currency: string) =>
    amount === null
      ? 'What the moves themselves cost is not known.'
      : amount === 0
        ? ''
        : `The moves themselves cost ${round(amount, currency)}.`,
  table: {
    label: 'What the rules will do',
    line: 'Objects',
    amount: 'How many',
    what: 'What becomes of them',
    month: 'Month',
    price: 'Storage a month',
    bytes: 'Kept',
    span: (stretch: ForecastStretch) =>
      stretch.kind === 'class'
        ? `${day(stretch.from)} to ${day(stretch.to)}: ${stretchWords(stretch)}`
        : `${stretchWords(stretch).replace(/^./, (first) => first.toUpperCase())}`,
  },

  events: 'What to know',
  cards: 'The most important',
  eventTitle: ({ at, title }: ForecastEvent, now: number) => (at === 0 ? title : `${dayNear(at, now)}: ${title}`),
  held: (k: number) => `${n(k, 'of them bears', 'of them bear')} a hold.`,
  hold: (k: number) => `Hold ${count(k)}…`,
  holdTitle: 'Adds the tag windlass-hold=yes to them, after a plan that is shown first',
  holdPlan: {
    title: (k: number) => `Hold ${objects(k)}?`,
    lead: 'They get the tag windlass-hold=yes. A hold warns: it is counted here and said at every event. Rules act on these objects all the same, since no rule can leave out a tag.',
    start: (k: number) => `Hold ${count(k)}`,
  },
  exclude: 'Exclude…',
  excludeTitle: 'Edit the rule so that small objects stay where they are',
  openPlan: 'Open plan',
  openPlanTitle: 'Look at the bucket in time, where old versions come back from',
  editRule: 'Edit rule…',
  all: (k: number) => (k === 1 ? 'The one event' : `All ${count(k)} events`),
  noEvents: 'Nothing is moved to an archive, deleted or destroyed in this time.',
  holding: 'Looking for the objects…',
  more: (k: number) => `${n(k, 'more event', 'more events')} below`,

  index: {
    title: 'No index of this bucket yet',
    text: 'The forecast runs the rules over one list of all objects and their versions. It is read once, kept on this computer, and read again only when you ask. The same list serves for looking back in time.',
    rules: (k: number) =>
      k === 0
        ? 'The bucket has no rules.'
        : `The bucket has ${n(k, 'rule', 'rules')}. Without an index they can be read and edited, but not foretold.`,
    start: 'Read the index',
    again: 'Read again',
  },

  editor: {
    title: (bucket: string) => `Lifecycle rules of ${bucket}`,
    lead: 'Nothing is changed in the bucket until you compare and save.',
    reading: 'Reading the rules…',
    list: 'Rules',
    none: 'There are no rules. What is here stays as it is.',
    add: 'New rule',
    duplicate: 'Duplicate',
    remove: 'Delete rule',
    undoRemove: (name: string) => `The rule ${name} is deleted when you save.`,
    isOn: (name: string) => `Rule ${name} in force`,
    off: 'off',
    marks: { fresh: 'new', changed: 'changed' },
    newName: 'New rule',
    copyName: (name: string) => `${name} copy`,
    abortName: 'End unfinished uploads',
    unnamed: 'No name',
    views: { form: 'Rule', json: 'JSON', text: 'As text', compare: 'Compare' },
    viewsLabel: 'How the rules are shown',
    strange: (names: string[]) =>
      `It has ${names.join(', ')}, which Windlass does not know. ${names.length === 1 ? 'This is' : 'They are'} kept as ${names.length === 1 ? 'it is' : 'they are'}, but what the rule does cannot be foretold.`,
    name: 'Name',
    enabled: 'In force',
    which: 'Which objects',
    prefix: 'Keys that begin with',
    prefixHint: 'Empty: all of the bucket.',
    tags: 'And have all of these tags',
    tagKey: 'Key',
    tagValue: 'Value',
    addTag: 'Add a tag',
    removeTag: (k: number) => `Take tag ${k} away`,
    largerThan: 'Larger than',
    smallerThan: 'Smaller than',
    sizeHint: 'Such as 128 KiB or 5 GB. Empty: any size.',
    current: 'Current versions',
    moves: 'Move to another class',
    addMove: 'Add a move',
    removeMove: (k: number) => `Take move ${k} away`,
    after: 'after',
    on: 'on',
    days: 'days',
    whenKind: 'Days or a date',
    kinds: { days: 'after days', date: 'on a day' },
    dayField: 'Days after the object was written',
    dateField: 'Day',
    to: 'Storage class',
    end: 'Delete them',
    endHint: 'Where the bucket keeps versions, they become old versions. Where not, they are gone.',
    markers: 'Take delete markers away that cover nothing',
    old: 'Old versions',
    oldMoves: 'Move old versions to another class',
    oldDays: 'Days after a newer one came',
    keepNewer: 'Newer ones that stay',
    oldEnd: 'Destroy old versions',
    oldEndHint: 'No restore reaches back further than what is kept.',
    uploads: 'Unfinished uploads',
    abort: 'End uploads that were not finished',
    abortDays: 'Days after an upload was begun',
    problems,
    jsonLabel: 'All rules as JSON',
    jsonHint: 'The way Amazon’s command line reads and writes it. What is changed here is in the form as well.',
    jsonReading: 'Reading what you wrote…',
    jsonFits: 'This can be saved.',
    jsonBack: 'Take my changes to the JSON back',
    textLabel: 'What is written to the bucket',
    textNone: 'Without rules the whole configuration is deleted.',
    compare: 'Compare…',
    noChange: 'Nothing differs from what is there.',
    back: 'Back to editing',
    save: (k: number) => (k === 0 ? 'Delete all rules' : `Save ${n(k, 'rule', 'rules')}`),
    saving: 'Saving…',
    saved: (bucket: string) => `The rules of ${bucket} are saved.`,
    fix: (k: number) => `${n(k, 'rule is', 'rules are')} not in order yet.`,
    compareTitle: 'What changes',
    compareName: 'the rules',
    parts: { lines: 'Line by line', forecast: 'Forecast as if it were saved' },
    partsLabel: 'What is compared',
    warnings: 'Worth a thought',
    drafting: 'Comparing…',
    /** `null` where a price is missing. */
    forecastSum: (before: number | null, after: number | null, currency: string, days: number) =>
      before === null || after === null || before + after === 0
        ? ''
        : `Storage over ${count(days)} days: about ${round(after, currency)} instead of ${round(before, currency)}.`,
    forecastNone: 'There is no index of this bucket, so nothing can be foretold.',
    unsaved: 'Your changes are not saved.',
    discard: 'Discard changes',
    keep: 'Keep editing',
    conflictTitle: 'Changed since you opened it',
    conflictText:
      'Somebody else changed the rules meanwhile. Nothing of yours was written, and nothing of theirs was lost.',
    conflictNow: 'What is there now',
    how: { new: 'new there', changed: 'changed there', gone: 'deleted there', same: '' },
    conflictNone: 'There are no rules there now.',
    again: 'Apply my edits to it',
    againHint: 'Rules are matched by name. You compare once more before anything is written.',
    theirs: 'Discard my edits',
    look: 'Back to my edits',
  },

  uploads: {
    title: 'Unfinished uploads',
    lead: (bucket: string) =>
      `Parts of uploads that nobody finished in ${bucket}. No list shows them, but they are paid for until they are ended.`,
    reading: 'Asking for them…',
    none: 'No upload is unfinished.',
    noneText: 'Nothing is paid for that cannot be seen.',
    table: 'Uploads that nobody finished',
    heads: { key: 'Key', begun: 'Begun', holds: 'Holds' },
    inUse: 'in use here',
    inUseWhy: 'A transfer on this computer uses it: cancel that instead.',
    endsAt: (at: number) => `a rule ends it on ${day(at)}`,
    count: 'Count',
    counting: 'Counting…',
    countOf: (name: string) => `Count what ${name} holds`,
    countAll: (k: number) => `Count ${count(k)}`,
    tickAll: 'Choose all that can be ended',
    tick: (name: string) => `Choose ${name}`,
    holds: ({ parts, bytes, price }: OrphanUse) => {
      const cost = price.kind === 'known' && price.amount > 0 ? `, ${money(price.amount, price.currency)} a month` : '';
      return `${size(bytes)} in ${n(parts, 'part', 'parts')}${cost}`;
    },
    row: (name: string, begun: number, state: string) => `${name}, begun ${when(begun)}. ${state}`,
    shown: (k: number, total: number) =>
      k < total ? `The oldest ${count(k)} of ${n(total, 'upload', 'uploads')}` : n(total, 'upload', 'uploads'),
    counted: (k: number, bytes: number, cost: string) =>
      `${n(k, 'counted', 'counted')}: ${size(bytes)}${cost === '' ? '' : `, ${cost} a month`}`,
    chosen: (k: number) => `${count(k)} chosen`,
    end: (k: number) => `End ${n(k, 'upload', 'uploads')}…`,
    askTitle: (k: number) => `End ${n(k, 'upload', 'uploads')}?`,
    ask: 'Their parts are deleted for good. A program elsewhere that still sends one of them has to begin again. Objects are not touched.',
    doIt: (k: number) => `End ${count(k)}`,
    ending: 'Ending…',
    ended: ({ ended, left }: OrphansEnded) =>
      left === 0
        ? `${n(ended, 'upload was', 'uploads were')} ended.`
        : `${n(ended, 'upload was', 'uploads were')} ended, ${count(left)} were not.`,
    rule: 'Add a rule that ends them after 7 days',
    ruled: 'A rule ends unfinished uploads in all of this bucket.',
    notRuled: 'No rule ends unfinished uploads here.',
  },
  formName: (form: RuleForm) => (form.id === '' ? 'No name' : form.id),
};
