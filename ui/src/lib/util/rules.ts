import type { Lifecycle, LifecycleEdit, RuleForm, RuleMove, RuleOldMove, RuleRow, RuleWhen } from '../api/types';

/** A rule in the editor. */
export interface RuleItem {
  /** Names it while the editor is open. */
  uid: number;
  /** Its place among the rules that were opened; `null`: it is new. */
  keeps: number | null;
  form: RuleForm;
}

/** Names of the fields of a form, as problems are told of them. */
export type RuleField =
  | 'id'
  | 'prefix'
  | 'tags'
  | 'larger_than'
  | 'smaller_than'
  | 'transitions'
  | 'expiration'
  | 'expired_markers'
  | 'old_transitions'
  | 'old_expiration'
  | 'abort_uploads'
  | 'all';

/** What is wrong with a rule: which field, and what. Words are made of it elsewhere. */
export interface RuleProblem {
  field: RuleField;
  what:
    | 'twice'
    | 'long'
    | 'days'
    | 'date'
    | 'order'
    | 'least30'
    | 'sizes'
    | 'size'
    | 'tag_empty'
    | 'tag_twice'
    | 'mixed'
    | 'after_moves'
    | 'marker_days'
    | 'marker_tags'
    | 'abort_filter'
    | 'newer'
    | 'nothing';
}

const DAY = 86_400_000;
const MAX_ID = 255;
const MAX_NEWER = 100;
/** Classes that objects may go to only after thirty days. */
const AFTER_30 = ['STANDARD_IA', 'ONEZONE_IA'];

/** Classes that a rule can move objects to, warmest first. */
export const MOVE_CLASSES = [
  'STANDARD_IA',
  'INTELLIGENT_TIERING',
  'ONEZONE_IA',
  'GLACIER_IR',
  'GLACIER',
  'DEEP_ARCHIVE',
] as const;

/** A rule that does nothing yet. */
export function emptyRule(id: string): RuleForm {
  return {
    id,
    enabled: true,
    prefix: '',
    tags: [],
    larger_than: null,
    smaller_than: null,
    transitions: [],
    expiration: null,
    expired_markers: false,
    old_transitions: [],
    old_expiration: null,
    abort_uploads: null,
  };
}

/** A name that no rule has yet: the wish itself, or the wish with a number. */
export function freeName(wish: string, taken: string[]): string {
  if (!taken.includes(wish)) return wish;
  for (let number = 2; ; number += 1) if (!taken.includes(`${wish} ${number}`)) return `${wish} ${number}`;
}

/** Whether two forms say the same. */
export function sameForm(a: RuleForm, b: RuleForm): boolean {
  return JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));
}

function ordered(form: RuleForm): unknown[] {
  const when = (each: RuleWhen | null): unknown => each && [each.days, each.date];
  return [
    [form.id, form.enabled, form.prefix, form.larger_than, form.smaller_than],
    form.tags.map(({ key, value }) => [key, value]),
    form.transitions.map((move) => [when(move.when), move.class]),
    when(form.expiration),
    form.expired_markers,
    form.old_transitions.map((move) => [move.when.days, move.when.keep_newer, move.class]),
    form.old_expiration && [form.old_expiration.days, form.old_expiration.keep_newer],
    form.abort_uploads,
  ];
}

/** The rules that were opened, as they are edited. */
export function itemsOf(rules: RuleRow[]): RuleItem[] {
  return rules.map(({ form }, index) => ({ uid: index, keeps: index, form }));
}

/** Whether an item says something else than when it was opened. */
export function isChanged(item: RuleItem, opened: RuleRow[]): boolean {
  const row = item.keeps === null ? undefined : opened[item.keeps];
  return row === undefined || !sameForm(row.form, item.form);
}

/** Whether anything would be written. */
export function isDirty(items: RuleItem[], opened: RuleRow[]): boolean {
  return items.length !== opened.length || items.some((item) => isChanged(item, opened));
}

/** What the core is told: a rule that was not touched stays byte for byte. */
export function editOf(items: RuleItem[], opened: RuleRow[]): LifecycleEdit {
  const rules = items.map((item) => ({ keeps: item.keeps, form: isChanged(item, opened) ? item.form : null }));
  return { rules, json: null };
}

/**
 * Rules that came out of a text, as they are edited: each is taken for the one that was opened by the same name, as long as those
 * come in the order in which they were opened.
 */
export function itemsFrom(rules: RuleRow[], opened: RuleRow[], uid: number): RuleItem[] {
  let after = -1;
  return rules.map(({ form }, index) => {
    const found = opened.findIndex((row, at) => at > after && row.form.id === form.id);
    if (found >= 0) after = found;
    return { uid: uid + index, keeps: found < 0 ? null : found, form };
  });
}

/**
 * The same edits on rules that somebody changed meanwhile. Rules are known by their names. What was not touched here is as it is
 * there now; what was changed here is changed again; what was deleted here or there is gone, but what was changed here and deleted
 * there comes as a new one.
 */
export function rebase(items: RuleItem[], opened: RuleRow[], now: Lifecycle, uid: number): RuleItem[] {
  const kept = new Map(items.flatMap((item) => (item.keeps === null ? [] : [[item.keeps, item] as const])));
  const before = new Map(opened.map((row, index) => [row.form.id, index]));
  const known = new Set<number>();
  let next = uid;
  const there = now.rules.flatMap(({ form }, index): RuleItem[] => {
    const old = before.get(form.id);
    if (old === undefined) return [{ uid: (next += 1), keeps: index, form }];
    known.add(old);
    const item = kept.get(old);
    if (item === undefined) return [];
    return [{ uid: item.uid, keeps: index, form: isChanged(item, opened) ? item.form : form }];
  });
  const fresh = items.flatMap((item): RuleItem[] => {
    const lost = item.keeps !== null && !known.has(item.keeps) && isChanged(item, opened);
    return item.keeps === null || lost ? [{ ...item, keeps: null }] : [];
  });
  return [...there, ...fresh];
}

/** How the rules of now differ from those that were opened, by their names. */
export function changedThere(
  opened: RuleRow[],
  now: RuleRow[],
): { form: RuleForm; row: RuleRow; how: 'new' | 'changed' | 'gone' | 'same' }[] {
  const before = new Map(opened.map((row) => [row.form.id, row]));
  const after = new Set(now.map((row) => row.form.id));
  const shown = now.map((row) => {
    const old = before.get(row.form.id);
    const how = old === undefined ? ('new' as const) : old.xml === row.xml ? ('same' as const) : ('changed' as const);
    return { form: row.form, row, how };
  });
  const gone = opened.filter((row) => !after.has(row.form.id));
  return [...shown, ...gone.map((row) => ({ form: row.form, row, how: 'gone' as const }))];
}

/** A day as a date field has it, from midnight UTC. */
export function dateText(ms: number | null): string {
  return ms === null || !Number.isFinite(ms) ? '' : new Date(ms).toISOString().slice(0, 10);
}

/** Midnight UTC of a day as a date field has it, or `null`. */
export function dateOf(text: string): number | null {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** A number that was typed, or `null` when it is none. */
export function numberOf(text: string): number | null {
  const plain = text.replace(/[\s,]/g, '');
  return /^\d{1,9}$/.test(plain) ? Number(plain) : null;
}

const UNITS = { b: 1, kb: 1000, mb: 1e6, gb: 1e9, tb: 1e12, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3, tib: 1024 ** 4 };

/** Bytes of a size that was typed: `128 KiB`, `5 GB`, `1048576`. `null` where it is none. */
export function sizeOfText(text: string): number | null {
  const found = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?b?)$/.exec(text.trim().toLowerCase().replace(/,/g, ''));
  if (!found) return null;
  const unit = found[2] === '' ? 'b' : found[2]?.endsWith('b') ? found[2] : `${found[2] ?? ''}b`;
  const factor = UNITS[unit as keyof typeof UNITS] as number | undefined;
  return factor === undefined ? null : Math.round(Number(found[1]) * factor);
}

/** A size as it is typed; read back it is the same to the byte. */
export function sizeText(bytes: number | null): string {
  if (bytes === null) return '';
  for (const [unit, factor] of [
    ['TiB', 1024 ** 4],
    ['TB', 1e12],
    ['GiB', 1024 ** 3],
    ['GB', 1e9],
    ['MiB', 1024 ** 2],
    ['MB', 1e6],
    ['KiB', 1024],
    ['KB', 1000],
  ] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor} ${unit}`;
  }
  return `${bytes} B`;
}

const whole = (days: number): boolean => Number.isInteger(days) && days >= 1;

/** When something happens, as a number to compare with; days and dates cannot be compared with each other. */
const order = (when: RuleWhen): number => when.days ?? (when.date ?? 0) / DAY;

function whens(form: RuleForm): RuleProblem[] {
  const found: RuleProblem[] = [];
  const all = [...form.transitions.map(({ when }) => when), ...(form.expiration ? [form.expiration] : [])];
  const check = (field: RuleField, when: RuleWhen): void => {
    if (when.date !== null && !Number.isFinite(when.date)) found.push({ field, what: 'date' });
    else if (when.date === null && !whole(when.days ?? Number.NaN) && !(field === 'transitions' && when.days === 0))
      found.push({ field, what: 'days' });
  };
  for (const { when } of form.transitions) check('transitions', when);
  if (form.expiration) check('expiration', form.expiration);
  if (found.length > 0) return found;
  if (all.some(({ date }) => date !== null) && all.some(({ date }) => date === null)) {
    return [{ field: form.transitions.length > 1 ? 'transitions' : 'expiration', what: 'mixed' }];
  }
  if (form.transitions.some(({ when, class: to }) => AFTER_30.includes(to) && when.days !== null && when.days < 30)) {
    found.push({ field: 'transitions', what: 'least30' });
  }
  const moves = form.transitions.map(({ when }) => order(when));
  if (moves.some((at, index) => index > 0 && at <= (moves[index - 1] ?? 0))) {
    found.push({ field: 'transitions', what: 'order' });
  }
  if (form.expiration && moves.some((at) => at >= order(form.expiration as RuleWhen))) {
    found.push({ field: 'expiration', what: 'after_moves' });
  }
  return found;
}

function olds(form: RuleForm): RuleProblem[] {
  const found: RuleProblem[] = [];
  const newer = (k: number): boolean => Number.isInteger(k) && k >= 0 && k <= MAX_NEWER;
  for (const { when } of form.old_transitions) {
    if (!Number.isInteger(when.days) || when.days < 0) found.push({ field: 'old_transitions', what: 'days' });
    else if (!newer(when.keep_newer)) found.push({ field: 'old_transitions', what: 'newer' });
  }
  const end = form.old_expiration;
  if (end && !whole(end.days)) found.push({ field: 'old_expiration', what: 'days' });
  else if (end && !newer(end.keep_newer)) found.push({ field: 'old_expiration', what: 'newer' });
  if (found.length > 0) return found;
  const moves = form.old_transitions;
  if (moves.some(({ when, class: to }) => AFTER_30.includes(to) && when.days < 30)) {
    found.push({ field: 'old_transitions', what: 'least30' });
  }
  if (moves.some(({ when }, index) => index > 0 && when.days <= (moves[index - 1]?.when.days ?? 0))) {
    found.push({ field: 'old_transitions', what: 'order' });
  }
  if (end && moves.some(({ when }) => when.days >= end.days))
    found.push({ field: 'old_expiration', what: 'after_moves' });
  return found;
}

function filters(form: RuleForm): RuleProblem[] {
  const found: RuleProblem[] = [];
  const sizes = [form.larger_than, form.smaller_than];
  if (Number.isNaN(form.larger_than)) found.push({ field: 'larger_than', what: 'size' });
  if (Number.isNaN(form.smaller_than)) found.push({ field: 'smaller_than', what: 'size' });
  if (form.larger_than !== null && form.smaller_than !== null && form.larger_than >= form.smaller_than) {
    found.push({ field: 'smaller_than', what: 'sizes' });
  }
  const keys = form.tags.map(({ key }) => key);
  if (keys.includes('')) found.push({ field: 'tags', what: 'tag_empty' });
  else if (new Set(keys).size < keys.length) found.push({ field: 'tags', what: 'tag_twice' });
  if (form.expired_markers && form.expiration) found.push({ field: 'expired_markers', what: 'marker_days' });
  if (form.expired_markers && keys.length > 0) found.push({ field: 'expired_markers', what: 'marker_tags' });
  if (form.abort_uploads !== null && (keys.length > 0 || sizes.some((each) => each !== null))) {
    found.push({ field: 'abort_uploads', what: 'abort_filter' });
  }
  return found;
}

/** What is wrong with a rule, as far as it can be told without the server. `taken`: names of the other rules. */
export function problemsOf(form: RuleForm, taken: string[]): RuleProblem[] {
  const found: RuleProblem[] = [];
  if (form.id !== '' && taken.includes(form.id)) found.push({ field: 'id', what: 'twice' });
  if ([...form.id].length > MAX_ID) found.push({ field: 'id', what: 'long' });
  found.push(...filters(form), ...whens(form), ...olds(form));
  if (form.abort_uploads !== null && !whole(form.abort_uploads)) found.push({ field: 'abort_uploads', what: 'days' });
  const acts =
    form.transitions.length + form.old_transitions.length > 0 ||
    form.expiration !== null ||
    form.expired_markers ||
    form.old_expiration !== null ||
    form.abort_uploads !== null;
  if (!acts) found.push({ field: 'all', what: 'nothing' });
  return found;
}

/** Class and days of one more move: the next colder class, later than the last one. */
function following(last: { days: number; class: string } | null): { days: number; class: string } {
  if (!last) return { days: 30, class: 'STANDARD_IA' };
  const at = MOVE_CLASSES.findIndex((each) => each === last.class);
  const next = last.class === 'STANDARD_IA' ? 'GLACIER' : (MOVE_CLASSES[at + 1] ?? 'DEEP_ARCHIVE');
  return { days: (Number.isFinite(last.days) ? last.days : 0) + 60, class: next };
}

/** One more move of current versions, to begin with; by dates where the others are. */
export function nextMove(moves: RuleMove[]): RuleMove {
  const last = moves[moves.length - 1];
  const { days, class: to } = following(last ? { days: last.when.days ?? 0, class: last.class } : null);
  if (last && last.when.days === null) {
    return { when: { days: null, date: (last.when.date ?? 0) + 60 * DAY }, class: to };
  }
  return { when: { days, date: null }, class: to };
}

/** One more move of old versions, to begin with. */
export function nextOldMove(moves: RuleOldMove[]): RuleOldMove {
  const last = moves[moves.length - 1];
  const { days, class: to } = following(last ? { days: last.when.days, class: last.class } : null);
  return { when: { days, keep_newer: last?.when.keep_newer ?? 0 }, class: to };
}

/** A rule that ends unfinished uploads in all of the bucket. */
export function abortRule(name: string, days: number): RuleForm {
  return { ...emptyRule(name), abort_uploads: days };
}
