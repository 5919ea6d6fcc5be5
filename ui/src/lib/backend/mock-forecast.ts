import type {
  Forecast,
  ForecastEvent,
  ForecastLine,
  ForecastMonth,
  ForecastStretch,
  HistoryRow,
  Price,
  RuleForm,
} from '../api/types';
import { DAY, type StoredRule } from './mock-rules';

/** A folder of the sample bucket: all of its objects are so many days old. */
interface Folder {
  title: string;
  prefix: string;
  objects: number;
  bytes: number;
  age: number;
  small: number;
  held: number;
  note: string;
}

const FOLDERS: Folder[] = [
  {
    title: 'Raw photos',
    prefix: 'raw/photos/',
    objects: 41_870,
    bytes: 1.1e12,
    age: 4,
    small: 4096,
    held: 0,
    note: '',
  },
  { title: 'Raw video', prefix: 'raw/video/', objects: 12_400, bytes: 6.2e12, age: 52, small: 0, held: 1316, note: '' },
  { title: 'Processed', prefix: 'processed/', objects: 88_214, bytes: 2.4e12, age: 210, small: 0, held: 0, note: '' },
  { title: 'Reports', prefix: 'reports/', objects: 3906, bytes: 22e9, age: 178, small: 0, held: 0, note: '' },
  {
    ...{ title: 'Thumbnails', prefix: 'thumbnails/', objects: 130_081, bytes: 3e9, age: 26 },
    ...{ small: 0, held: 0, note: 'made again on demand' },
  },
];
const OLD = { objects: 19_340, bytes: 480e9, age: 15 };

/** Billionths a gigabyte and month. */
const PRICES: Record<string, number> = {
  STANDARD: 23_000_000,
  STANDARD_IA: 12_500_000,
  GLACIER_IR: 4_000_000,
  GLACIER: 3_600_000,
  DEEP_ARCHIVE: 990_000,
};
const NOTES: Record<string, string> = { DEEP_ARCHIVE: '12 to 48 h to get back' };
const NAMES: Record<string, string> = {
  STANDARD_IA: 'Infrequent',
  GLACIER: 'Glacier',
  GLACIER_IR: 'Glacier Instant',
  DEEP_ARCHIVE: 'Deep Archive',
};
const GONE = '';

const midnight = (at: number): number => Math.floor(at / DAY) * DAY;
const count = (k: number): string => new Intl.NumberFormat('en-GB').format(k);
const day = (at: number): string =>
  new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(at);

export function known(amount: number): Price {
  return {
    ...{ kind: 'known', amount, why: '', currency: 'USD', date: '2026-11-01' },
    ...{ region: 'eu-central-1', lines: [], early: [] },
  };
}

interface Step {
  at: number;
  class: string;
}

/** What becomes of objects of one age by one rule; an empty class is their end. */
function stepsOf(form: RuleForm | null, age: number, now: number): Step[] {
  const steps: Step[] = [{ at: 0, class: 'STANDARD' }];
  if (!form) return steps;
  const written = midnight(now) - age * DAY;
  const at = (days: number | null, date: number | null): number => (days === null ? (date ?? 0) : written + days * DAY);
  for (const move of form.transitions) steps.push({ at: at(move.when.days, move.when.date), class: move.class });
  if (form.expiration) steps.push({ at: at(form.expiration.days, form.expiration.date), class: GONE });
  return steps;
}

const classAt = (steps: Step[], at: number): string =>
  steps.reduce((found, step) => (step.at <= at ? step.class : found), 'STANDARD');

function stretchesOf(steps: Step[], from: number, to: number, note: string, end: 'hidden' | 'gone'): ForecastStretch[] {
  const cuts = [from, ...steps.map(({ at }) => at).filter((at) => at > from && at < to), to];
  return cuts.slice(0, -1).map((cut, index) => {
    const code = classAt(steps, cut);
    const kind = code === GONE ? end : ('class' as const);
    const span = { from: cut, to: cuts[index + 1] ?? to };
    return { ...span, kind, class: code, note: kind === 'class' ? (NOTES[code] ?? note) : note };
  });
}

function events(
  form: RuleForm,
  rule: number,
  folder: Folder,
  steps: Step[],
  from: number,
  to: number,
): ForecastEvent[] {
  const base = { rule, objects: folder.objects, bytes: folder.bytes, exclude_below: null };
  return steps.flatMap((step): ForecastEvent[] => {
    if (step.at <= from || step.at >= to) return [];
    const held = folder.held;
    if (step.class === GONE) {
      const title = `${count(folder.objects)} objects are deleted`;
      return [
        {
          ...base,
          kind: 'deleted',
          at: step.at,
          title,
          detail: 'They become old versions.',
          warns: false,
          class: '',
          held,
        },
      ];
    }
    const deep = step.class === 'DEEP_ARCHIVE';
    if (deep || step.class === 'GLACIER') {
      const slow = deep ? '12 to 48 h' : '3 to 5 h';
      const lead = held > 0 ? `${count(held)} of them bear a hold. ` : '';
      return [
        {
          ...base,
          kind: 'archived',
          at: step.at,
          title: `${count(folder.objects)} objects to ${NAMES[step.class] ?? ''}`,
          detail: `${lead}Getting one back would then take ${slow}.`,
          ...{ warns: deep, class: step.class, held },
        },
      ];
    }
    if (folder.small === 0 || (form.larger_than ?? 0) >= 131_072) return [];
    return [
      {
        ...{ ...base, kind: 'small', at: 0, objects: folder.small, bytes: folder.small * 60_000 },
        title: `${count(folder.small)} objects are under 128 KB`,
        detail: 'Infrequent bills each as 128 KB, so moving them saves nothing.',
        ...{ warns: false, class: step.class, held: 0, exclude_below: 131_072 },
      },
    ];
  });
}

/** The rules, run over a bucket that never changes. */
export function foretell(
  rules: StoredRule[],
  days: number,
  now: number,
  index: HistoryRow | null,
  filling: HistoryRow | null,
  held: ReadonlySet<string>,
): Forecast {
  const from = now;
  const to = now + days * DAY;
  const inForce = rules.filter(({ form }) => form.enabled);
  const none: Forecast = {
    ...{ index, filling, rules: inForce.length, objects: 0, from, to, lines: [], events: [], months: [] },
    ...{ now: known(0), then: known(0), moves: 0, error: null },
  };
  if (!index) return none;
  const told: ForecastEvent[] = [];
  const kept: { bytes: number; steps: Step[] }[] = [];
  const lines = FOLDERS.map((known): ForecastLine => {
    const folder = held.has(known.prefix) ? { ...known, held: known.objects } : known;
    const at = rules.findIndex(
      ({ form, strange }) =>
        form.enabled &&
        strange.length === 0 &&
        folder.prefix.startsWith(form.prefix) &&
        (form.expiration !== null || form.transitions.length > 0),
    );
    const form = rules[at]?.form ?? null;
    const steps = stepsOf(form, folder.age, now);
    kept.push({ bytes: folder.bytes, steps });
    if (form) told.push(...events(form, at, folder, steps, from, to));
    return {
      title: form && form.id !== '' ? form.id : folder.title,
      ...{ rule: form ? at : null, old: false, objects: folder.objects, bytes: folder.bytes },
      stretches: stretchesOf(steps, from, to, form ? folder.note : 'no rule', 'hidden').map((stretch) =>
        stretch.kind === 'class' && stretch.note === folder.note ? { ...stretch, note: '' } : stretch,
      ),
    };
  });
  const end = rules.findIndex(({ form }) => form.enabled && form.old_expiration !== null);
  const after = rules[end]?.form.old_expiration?.days ?? null;
  const steps: Step[] = [{ at: 0, class: 'STANDARD' }];
  if (after !== null) {
    const at = midnight(now) + (after - OLD.age) * DAY;
    steps.push({ at, class: GONE });
    if (at < to) {
      told.push({
        ...{ kind: 'old_gone', at, warns: true, objects: OLD.objects, bytes: OLD.bytes, class: 'STANDARD', rule: end },
        title: 'old versions start to go',
        detail: `A restore to before ${day(now - OLD.age * DAY)} must be done before then.`,
        ...{ held: 0, exclude_below: null },
      });
    }
  }
  kept.push({ bytes: OLD.bytes, steps });
  const old = stretchesOf(steps, from, to, '', 'gone').map((stretch) => {
    if (stretch.kind === 'gone') return { ...stretch, note: `no restore to before ${day(now - OLD.age * DAY)}` };
    return { ...stretch, note: after === null ? 'no rule' : `kept ${after} days` };
  });
  lines.push({ title: 'Old versions', rule: null, old: true, objects: OLD.objects, bytes: OLD.bytes, stretches: old });
  const paid = (at: number): number =>
    kept.reduce((sum, each) => sum + (each.bytes / 1e9) * (PRICES[classAt(each.steps, at)] ?? 0), 0);
  const bytesAt = (at: number): number =>
    kept.reduce((sum, each) => sum + (classAt(each.steps, at) === GONE ? 0 : each.bytes), 0);
  const months: ForecastMonth[] = [];
  for (let month = from; month < to;) {
    const at = new Date(month);
    const next = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
    const middle = (month + Math.min(to, next)) / 2;
    months.push({ from: month, amount: Math.round(paid(middle)), bytes: bytesAt(middle) });
    month = next;
  }
  told.sort((a, b) => (a.at === 0 ? Infinity : a.at) - (b.at === 0 ? Infinity : b.at));
  return {
    ...{ ...none, lines, events: told, months, moves: 2_840_000_000 },
    objects: FOLDERS.reduce((sum, { objects }) => sum + objects, 0),
    ...{ now: known(Math.round(paid(from))), then: known(Math.round(paid(to))) },
  };
}

/** The folder that an event is about. */
export function folderOf(rule: StoredRule | undefined): string {
  return FOLDERS.find(({ prefix }) => rule !== undefined && prefix.startsWith(rule.form.prefix))?.prefix ?? '';
}
