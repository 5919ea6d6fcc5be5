import type { ObjectRow, Price, ThawBoard, ThawItem, ThawItemState, ThawRow, ThawSpeed, ThawThen } from '../api/types';
import { count, size, spokenSize, storageClass } from '../util/format';
import { money } from '../util/money';
import {
  allHere,
  byWhen,
  dayAndTime,
  endsSoon,
  hasTrouble,
  isReadable,
  lookOf,
  sinceWhen,
  spanOf,
  timeLeft,
  type Standing,
  type ThawAction,
  type ThawLook,
} from '../util/thaw';

const n = (value: number, one: string, many: string): string => `${count(value)} ${value === 1 ? one : many}`;
const objects = (k: number): string => n(k, 'object', 'objects');
const MONTH = new Intl.DateTimeFormat('en-GB', { month: 'long', timeZone: 'UTC' });
const HOUR = 3_600_000;

const speeds: Record<ThawSpeed, string> = { expedited: 'Expedited', standard: 'Standard', bulk: 'Bulk' };

const classes: Record<string, string> = {
  GLACIER: 'Flexible',
  DEEP_ARCHIVE: 'Deep Archive',
  INTELLIGENT_TIERING: 'Intelligent, archive',
  INTELLIGENT_TIERING_DEEP: 'Intelligent, deep archive',
};

const looks: Record<ThawLook, string> = {
  counting: 'Counting',
  planned: 'Not asked for yet',
  asking: 'Asking',
  thawing: 'Thawing',
  overdue: 'Takes longer than usual',
  ready: 'Ready',
  downloading: 'Downloading',
  past: 'Over',
  stopped: 'Stopped',
  failed: 'It could not be planned',
  waiting: 'Waits',
};

const items: Record<ThawItemState, string> = {
  planned: 'Not asked for',
  thawing: 'Thawing',
  ready: 'Ready',
  downloaded: 'Downloaded',
  ended: 'Copy ended',
  failed: 'Failed',
};

const actions: Record<ThawAction, string> = {
  choose: 'Choose speed…',
  download: 'Download',
  extend: 'Extend…',
  faster: 'Faster…',
  files: 'Show files',
  objects: 'Show objects',
  place: 'Go to the place',
  job: 'Restore plan',
  then: 'Change what happens then…',
  stop: 'Stop',
  drop: 'Remove from the board',
};

const className = (code: string): string => classes[code] ?? storageClass(code);

function priceOf({ kind, amount, currency }: Price): string {
  if (kind === 'unknown') return 'unknown';
  return kind === 'free' || amount === 0 ? 'nothing' : money(amount, currency);
}

/** Second line of what is done: `since 09:48, 0 of 36 downloaded`. */
function progressOf(row: ThawRow, now: number): string {
  const failed = row.failed > 0 ? `, ${count(row.failed)} failed` : '';
  const here = `${count(row.downloaded)} of ${count(row.ready)} downloaded`;
  switch (lookOf(row, now)) {
    case 'counting':
      return `${objects(row.objects)} so far`;
    case 'planned':
      return 'nothing was asked for';
    case 'asking':
      return `${count(row.asked)} of ${count(row.objects)} asked for${failed}`;
    case 'thawing':
      return `by ${byWhen(row.due_at ?? now, now)}${failed}`;
    case 'overdue':
      return row.look_at === null
        ? `${count(row.ready)} of ${count(row.asked)} ready${failed}`
        : `looked at again at ${sinceWhen(row.look_at, now)}${failed}`;
    case 'ready':
      // Nothing of it moves any more by itself: why is more than since when.
      if (hasTrouble(row)) return `${here}. ${row.error?.message ?? ''}`;
      if (allHere(row)) return `all ${count(row.downloaded)} downloaded${failed}`;
      // Once something is here, how much of it says more than since when.
      if (row.ready_at === null || row.downloaded > 0) return `${here}${failed}`;
      return `since ${sinceWhen(row.ready_at, now)}, ${here}${failed}`;
    case 'downloading':
      return `${here}${failed}`;
    case 'past':
      return row.downloaded > 0
        ? `${here}${failed}`
        : row.restored_by === null
          ? `nothing downloaded${failed}`
          : 'restored';
    case 'stopped':
      return `${count(row.asked)} of ${count(row.objects)} asked for`;
    case 'failed':
    case 'waiting':
      return row.error?.message ?? '';
  }
}

const lastsOf = (row: ThawRow): string => (row.days === null ? 'Stays' : `${n(row.days, 'day', 'days')} after ready`);

const thenOf = (then: ThawThen): string =>
  then.kind === 'tell'
    ? 'then tells you'
    : then.kind === 'download'
      ? 'then downloads by itself'
      : 'then restores by itself';

/** Both lines of how long copies stay. */
function untilOf(row: ThawRow, now: number): { first: string; second: string; soon: boolean } {
  if (isReadable(row)) {
    if (row.ends_at === null) return { first: 'Stays', second: 'the objects are readable again', soon: false };
    const left = row.ends_at - now;
    return {
      first: dayAndTime(row.ends_at, now),
      second: left > 0 ? `${timeLeft(left)} left` : 'the copies end',
      soon: endsSoon(row.ends_at, now) && !allHere(row),
    };
  }
  if (row.state === 'past' && row.ends_at !== null)
    return { first: dayAndTime(row.ends_at, now), second: row.ends_at <= now ? 'archived again' : '', soon: false };
  if (row.state === 'asking' || row.state === 'thawing')
    return { first: lastsOf(row), second: thenOf(row.then), soon: false };
  return { first: '–', second: '', soon: false };
}

function speedOf(row: ThawRow): string {
  if (row.speed === null) return '–';
  const { asked_at: from, due_at: to } = row;
  const hours = from === null || to === null ? 0 : Math.round((to - from) / HOUR);
  return row.state === 'thawing' && hours > 0 ? `${speeds[row.speed]}, ${count(hours)} h` : speeds[row.speed];
}

const inWords = (row: ThawRow, now: number): string => {
  const look = lookOf(row, now);
  return look === 'thawing' && row.due_at !== null ? timeLeft(row.due_at - now) : looks[look];
};

function archivedHint({ class: kind }: ObjectRow): string {
  if (kind === 'DEEP_ARCHIVE' || kind === 'INTELLIGENT_TIERING_DEEP')
    return 'Archived. Back in 12 h once it is thawed, or in 48 h for less.';
  return kind === 'GLACIER' || kind === 'INTELLIGENT_TIERING'
    ? 'Archived. Back in 3 to 5 h once it is thawed; in minutes for more, in 12 h for less.'
    : 'Archived. It can be read once it is thawed.';
}

function thawingHint(due: number | null, now: number): string {
  if (due === null) return 'Thawing.';
  return due <= now ? 'Thawing. It takes longer than usual.' : `Thawing. Ready by ${byWhen(due, now)}.`;
}

/** The same inside a sentence. */
const untilWhen = (at: number, now: number): string =>
  dayAndTime(at, now).replace(/^[TY]/, (letter) => letter.toLowerCase());

function thawedHint(ends: number | null, now: number): string {
  return ends === null
    ? 'Thawed. It can be downloaded.'
    : `Thawed. It can be downloaded until ${untilWhen(ends, now)}.`;
}

/** Words of the thaw board and of what leads to it. */
export const thaw = {
  title: 'Thaw board',
  nav: 'Thaw board',
  navReady: (k: number) => `${count(k)} ready`,
  navThawing: (k: number) => `${count(k)} thawing`,
  open: (k: number) => `Open ${count(k)}`,
  past: (k: number) => `Past ${count(k)}`,
  which: 'Which batches',
  more: 'Thaw more…',
  thawOf: 'Thaw…',
  /** `2 thawing, 2 ready. $3.05 asked for in November.` */
  head: ({ open, month, currency }: ThawBoard, now: number): string => {
    const going = open.filter((row) => row.state === 'asking' || row.state === 'thawing').length;
    const ready = open.filter(isReadable).length;
    const counts = [going > 0 ? `${count(going)} thawing` : '', ready > 0 ? `${count(ready)} ready` : ''];
    const first = counts.filter((each) => each !== '').join(', ') || 'Nothing is thawing';
    const paid =
      month === null
        ? 'Not all prices are known'
        : month === 0
          ? 'Nothing to pay for'
          : `${money(month, currency)} asked for`;
    return `${first}. ${paid} in ${MONTH.format(now)}.`;
  },
  grid: 'Batches',
  heads: {
    batch: 'Batch',
    objects: 'Objects',
    class: 'Class and speed',
    price: 'Price',
    progress: 'Progress',
    until: 'Copy stays until',
    actions: 'Actions',
  },
  placeOf: (row: ThawRow): string => {
    const parts = row.place.split('/').filter((each) => each !== '');
    return parts.length > 3
      ? `…/${parts.slice(-3).join('/')}${row.place.endsWith('/') ? '/' : ''}`
      : `${row.bucket}/${row.place}`;
  },
  classes: (row: Pick<ThawRow, 'classes'>) => row.classes.map(className).join(', ') || '–',
  className,
  speeds,
  speed: speedOf,
  price: (price: Price | null) => (price === null ? '–' : priceOf(price)),
  state: inWords,
  progress: progressOf,
  until: untilOf,
  bar: (row: ThawRow) => `Progress of ${row.name}`,
  /** A row as it is spoken. */
  speech: (row: ThawRow, now: number): string => {
    const until = untilOf(row, now);
    return [
      row.name,
      `${objects(row.objects)}, ${spokenSize(row.bytes)}`,
      row.classes.map(className).join(', '),
      row.speed === null ? '' : speeds[row.speed],
      row.price === null ? '' : priceOf(row.price),
      looks[lookOf(row, now)],
      lookOf(row, now) === 'thawing' && row.due_at !== null ? `in ${timeLeft(row.due_at - now)}` : '',
      progressOf(row, now),
      until.first === '–' ? '' : `copy stays until: ${until.first}, ${until.second}`,
    ]
      .filter((each) => each !== '')
      .join(', ');
  },
  actions,
  actionOf: (action: ThawAction, name: string) => `${actions[action].replace('…', '')}: ${name}`,
  menu: (name: string) => `More for ${name}`,
  none: 'Nothing is thawed',
  noneText:
    'Archived objects cannot be read before they are thawed. Select some, or a folder, and choose “Thaw…”: you see the price and how long it takes before anything is asked for.',
  nonePast: 'No batch is over yet',
  nonePastText: 'What was thawed, downloaded or stopped stays here until you remove it.',

  choose: {
    title: 'Thaw more',
    lead: 'Archived objects below this place are found and counted first. Nothing is asked for yet.',
    selected: (k: number) => `What is selected in the list: ${n(k, 'item', 'items')}`,
    whole: 'A place in a bucket',
    what: 'What to thaw',
    connection: 'Connection',
    bucket: 'Bucket',
    prefix: 'Folder or prefix',
    prefixHint: 'Empty is the whole bucket.',
    next: 'Count and show prices',
  },
  dialog: {
    counting: 'Counting what is archived…',
    soFar: (row: ThawRow | null) =>
      row === null || row.objects + row.skipped === 0
        ? 'Counting…'
        : `${objects(row.objects)} so far, ${size(row.bytes)}. Nothing is asked for.`,
    title: (row: ThawRow) => `Thaw ${objects(row.objects)}, ${size(row.bytes)}?`,
    lead: (row: ThawRow) => `In ${row.bucket}/${row.place}`,
    failed: 'It could not be planned',
    nothing: 'Nothing here is archived',
    nothingText: (row: ThawRow) =>
      row.skipped === 0
        ? 'There are no objects at this place.'
        : `${objects(row.skipped)} ${row.skipped === 1 ? 'was' : 'were'} looked at. ${row.skipped === 1 ? 'It' : 'They'} can be read as ${row.skipped === 1 ? 'it is' : 'they are'}.`,
    skipped: (k: number) => `${objects(k)} ${k === 1 ? 'is' : 'are'} not archived and not part of it.`,
    classes: 'Class',
    speed: 'How quickly',
    offer: (speed: ThawSpeed, price: Price) => `${speeds[speed]}, ${priceOf(price)}`,
    span: (least: number, most: number) => `Ready in ${spanOf(least, most)}.`,
    days: 'Days that the copies can be read',
    daysBad: 'Type a number from 1 to 365.',
    daysHint: 'The copies are paid for each day. The archived objects stay as they are.',
    daysNone: 'What is thawed here stays readable until nobody reads it for a while: it has no end that you choose.',
    then: 'When they can be read',
    thens: {
      tell: { title: 'Tell me', text: 'A notice, and the board says how long they stay.' },
      download: { title: 'Download them', text: 'Into a folder of this computer, by itself.' },
      restore: { title: 'Go on with the restore', text: 'The restore that left them is planned again and started.' },
    },
    folder: 'Folder',
    folderBad: 'Choose a folder first.',
    total: 'Total',
    noOffer: 'None of the speeds can be chosen now.',
    promise: 'Nothing is asked for before you press Thaw.',
    start: (k: number) => `Thaw ${count(k)}`,
    started: (row: ThawRow) =>
      `${objects(row.objects)} ${row.objects === 1 ? 'is' : 'are'} asked for. You are told when they can be read.`,
  },
  extend: {
    title: (name: string) => `Extend “${name}”`,
    lead: 'The copies last so many days from now. The archived objects stay as they are.',
    action: 'Extend',
    done: (name: string, days: number) => `${name} stays ${n(days, 'day', 'days')} from now.`,
  },
  faster: {
    title: (name: string) => `Thaw “${name}” faster`,
    lead: 'It is asked for again with a quicker speed. What was asked for before is paid for all the same.',
    now: (speed: ThawSpeed) => `This is how it was asked for: ${speeds[speed]}.`,
    action: 'Ask again',
    none: 'There is no quicker speed.',
    done: (name: string) => `${name} is asked for again, faster.`,
  },
  change: {
    title: (name: string) => `When “${name}” can be read`,
    action: 'Change',
  },
  stop: {
    title: (name: string) => `Stop “${name}”?`,
    text: 'Nothing more is asked for or looked at. What was asked for already is thawed and paid for all the same.',
    action: 'Stop',
    keep: 'Go on',
  },
  items: {
    title: (row: ThawRow) => `${objects(row.objects)} of “${row.name}”`,
    lead: (row: ThawRow) => `In ${row.bucket}/${row.place}`,
    folder: (folder: string) => `Downloaded to ${folder}`,
    copyFolder: 'Copy the path',
    grid: 'Objects of this batch',
    heads: { name: 'Object', size: 'Size', class: 'Class', state: 'State', until: 'Stays until' },
    states: items,
    until: (item: ThawItem, now: number) => (item.ends_at === null ? '–' : dayAndTime(item.ends_at, now)),
    speech: (item: ThawItem): string =>
      [item.name, spokenSize(item.size), className(item.class), items[item.state], item.why]
        .filter((each) => each !== '')
        .join(', '),
    none: 'There are no objects in it yet.',
  },
  notice: {
    ready: (name: string, k: number, endsAt: number | null, now: number) =>
      `${name} can be read: ${objects(k)}${endsAt === null ? '' : `, until ${untilWhen(endsAt, now)}`}.`,
    show: 'Show',
    download: 'Download',
    downloads: (k: number) => `${objects(k)} ${k === 1 ? 'is' : 'are'} downloaded.`,
    title: (row: ThawRow) => `Download ${objects(row.ready)}`,
  },
  /** What stands in the list for an archived object. */
  object: {
    state: ({ readable }: Standing): string => (readable ? 'Thawed' : 'Thawing'),
    hint: (row: ObjectRow, standing: Standing | null, now: number): string =>
      standing === null
        ? archivedHint(row)
        : standing.readable
          ? thawedHint(standing.ends, now)
          : thawingHint(standing.due, now),
  },
  archived: (k: number, of: number): string =>
    k === of
      ? `${k === 1 ? 'It is' : `All ${count(k)} are`} archived and cannot be read before ${k === 1 ? 'it is' : 'they are'} thawed.`
      : `${count(k)} of ${count(of)} ${k === 1 ? 'is' : 'are'} archived and cannot be read before that is thawed. The others are downloaded.`,
  blocked: 'Choose an archived object or a folder first.',
  fromPlan: 'Thaw…',
  fromPlanName: (k: number) => `Thaw ${n(k, 'archived version', 'archived versions')}…`,
  fromJob: 'Thaw these…',
};
