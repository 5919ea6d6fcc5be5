import type { RuleForm, RuleRow, RuleWhen } from '../api/types';

/** A rule as the mock keeps it: its form, and elements that nobody knows. */
export interface StoredRule {
  form: RuleForm;
  strange: string[];
}

const DAY = 86_400_000;
const refuse = (message: string): never => {
  throw { code: 'bad_request', message, detail: null };
};
const date = (at: number): string => new Date(at).toISOString().slice(0, 10);
const whenJson = ({ days, date: at }: RuleWhen): Record<string, unknown> =>
  days === null ? { Date: `${date(at ?? 0)}T00:00:00Z` } : { Days: days };

type Json = Record<string, unknown>;

/** A rule the way Amazon's command line writes it. */
export function ruleJson(form: RuleForm): Json {
  const parts: Json = {};
  if (form.prefix !== '') parts.Prefix = form.prefix;
  if (form.tags.length > 0) parts.Tags = form.tags.map(({ key, value }) => ({ Key: key, Value: value }));
  if (form.larger_than !== null) parts.ObjectSizeGreaterThan = form.larger_than;
  if (form.smaller_than !== null) parts.ObjectSizeLessThan = form.smaller_than;
  const several = Object.keys(parts).length > 1 || form.tags.length > 0;
  const rule: Json = {
    ID: form.id,
    Filter: several ? { And: parts } : Object.keys(parts).length === 0 ? { Prefix: '' } : parts,
    Status: form.enabled ? 'Enabled' : 'Disabled',
  };
  if (form.transitions.length > 0) {
    rule.Transitions = form.transitions.map((move) => ({ ...whenJson(move.when), StorageClass: move.class }));
  }
  if (form.expiration) rule.Expiration = whenJson(form.expiration);
  else if (form.expired_markers) rule.Expiration = { ExpiredObjectDeleteMarker: true };
  const old = (days: number, newer: number): Json =>
    newer === 0 ? { NoncurrentDays: days } : { NoncurrentDays: days, NewerNoncurrentVersions: newer };
  if (form.old_transitions.length > 0) {
    rule.NoncurrentVersionTransitions = form.old_transitions.map(({ when, class: to }) => ({
      ...old(when.days, when.keep_newer),
      StorageClass: to,
    }));
  }
  if (form.old_expiration) {
    rule.NoncurrentVersionExpiration = old(form.old_expiration.days, form.old_expiration.keep_newer);
  }
  if (form.abort_uploads !== null) rule.AbortIncompleteMultipartUpload = { DaysAfterInitiation: form.abort_uploads };
  return rule;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(record) : []);

function whenOf(value: Json): RuleWhen {
  const days = number(value.Days);
  return { days, date: days === null ? Date.parse(text(value.Date)) : null };
}

/** Rules out of such JSON, or what is wrong with it. */
export function rulesOf(json: string): RuleForm[] {
  let all: unknown;
  try {
    all = JSON.parse(json);
  } catch {
    return refuse('This is no JSON. Look for a missing comma, quote or bracket.');
  }
  const { Rules: rules } = record(all);
  if (!Array.isArray(rules)) return refuse('There is no list “Rules” in it.');
  return list(rules).map((rule) => {
    const filter = record(rule.Filter);
    const parts = { ...filter, ...record(filter.And) };
    const end = record(rule.Expiration);
    const old = record(rule.NoncurrentVersionExpiration);
    const oldDays = number(old.NoncurrentDays);
    const status = text(rule.Status);
    const id = text(rule.ID);
    if (status !== 'Enabled' && status !== 'Disabled') {
      return refuse(`Rule “${id}”: Status has to be Enabled or Disabled, not “${status}”.`);
    }
    return {
      id,
      enabled: status === 'Enabled',
      prefix: text(parts.Prefix),
      tags: list(parts.Tags).map((tag) => ({ key: text(tag.Key), value: text(tag.Value) })),
      larger_than: number(parts.ObjectSizeGreaterThan),
      smaller_than: number(parts.ObjectSizeLessThan),
      transitions: list(rule.Transitions).map((move) => ({ when: whenOf(move), class: text(move.StorageClass) })),
      expiration: 'Days' in end || 'Date' in end ? whenOf(end) : null,
      expired_markers: end.ExpiredObjectDeleteMarker === true,
      old_transitions: list(rule.NoncurrentVersionTransitions).map((move) => ({
        when: { days: number(move.NoncurrentDays) ?? 0, keep_newer: number(move.NewerNoncurrentVersions) ?? 0 },
        class: text(move.StorageClass),
      })),
      old_expiration: oldDays === null ? null : { days: oldDays, keep_newer: number(old.NewerNoncurrentVersions) ?? 0 },
      abort_uploads: number(record(rule.AbortIncompleteMultipartUpload).DaysAfterInitiation),
    };
  });
}

const SINGLE: Record<string, string> = {
  Transitions: 'Transition',
  NoncurrentVersionTransitions: 'NoncurrentVersionTransition',
  Tags: 'Tag',
};

function xmlOf(name: string, value: unknown, depth: number): string[] {
  const pad = '  '.repeat(depth);
  if (Array.isArray(value)) return value.flatMap((each) => xmlOf(SINGLE[name] ?? name, each, depth));
  if (typeof value !== 'object' || value === null) return [`${pad}<${name}>${String(value)}</${name}>`];
  const inner = Object.entries(value).flatMap(([key, each]) => xmlOf(key, each, depth + 1));
  return [`${pad}<${name}>`, ...inner, `${pad}</${name}>`];
}

const ruleLines = ({ form, strange }: StoredRule, depth: number): string[] => {
  const lines = xmlOf('Rule', ruleJson(form), depth);
  const more = strange.map((name) => `${'  '.repeat(depth + 1)}<${name}>true</${name}>`);
  return [...lines.slice(0, -1), ...more, ...lines.slice(-1)];
};

/** All of it as it is written; empty without rules. */
export function wholeXml(rules: StoredRule[]): string {
  if (rules.length === 0) return '';
  const inner = rules.flatMap((rule) => ruleLines(rule, 1));
  return ['<LifecycleConfiguration>', ...inner, '</LifecycleConfiguration>'].join('\n');
}

export function wholeJson(rules: StoredRule[]): string {
  return JSON.stringify({ Rules: rules.map(({ form }) => ruleJson(form)) }, null, 2);
}

const CLASSES: Record<string, string> = {
  STANDARD_IA: 'Infrequent',
  GLACIER_IR: 'Glacier Instant',
  GLACIER: 'Glacier',
  DEEP_ARCHIVE: 'Deep Archive',
};
const when = ({ days, date: at }: RuleWhen): string => (days === null ? `on ${date(at ?? 0)}` : `after ${days} days`);
const newer = (k: number): string => (k === 0 ? '' : `, but for the ${k} newest`);

function sentences(form: RuleForm): string[] {
  const which = form.prefix === '' ? 'All objects' : `Objects in ${form.prefix}`;
  const size = form.larger_than === null ? '' : ` larger than ${form.larger_than} bytes`;
  const tags = form.tags.map(({ key, value }) => ` with ${key}=${value}`).join('');
  const moves = form.transitions.map((move) => `Go to ${CLASSES[move.class] ?? move.class} ${when(move.when)}.`);
  return [
    `${which}${size}${tags}.`,
    ...moves,
    ...(form.expiration ? [`Are deleted ${when(form.expiration)}.`] : []),
    ...(form.expired_markers ? ['Delete markers that cover nothing go.'] : []),
    ...form.old_transitions.map(
      (move) =>
        `Old versions go to ${CLASSES[move.class] ?? move.class} after ${move.when.days} days${newer(move.when.keep_newer)}.`,
    ),
    ...(form.old_expiration
      ? [`Old versions are destroyed after ${form.old_expiration.days} days${newer(form.old_expiration.keep_newer)}.`]
      : []),
    ...(form.abort_uploads === null ? [] : [`Unfinished uploads are ended after ${form.abort_uploads} days.`]),
  ];
}

export function rowOf(rule: StoredRule): RuleRow {
  return {
    form: rule.form,
    sentences: sentences(rule.form),
    xml: ruleLines(rule, 0).join('\n'),
    strange: rule.strange,
  };
}

const days = (k: number): RuleWhen => ({ days: k, date: null });
const plain = (id: string, prefix: string, more: Partial<RuleForm>): StoredRule => ({
  form: {
    ...{ id, enabled: true, prefix, tags: [], larger_than: null, smaller_than: null, transitions: [] },
    ...{ expiration: null, expired_markers: false, old_transitions: [], old_expiration: null, abort_uploads: null },
    ...more,
  },
  strange: [],
});

/** Rules of the sample bucket. */
export function sampleRules(): StoredRule[] {
  return [
    plain('Raw photos', 'raw/photos/', {
      transitions: [
        { when: days(30), class: 'STANDARD_IA' },
        { when: days(90), class: 'GLACIER' },
      ],
    }),
    plain('Raw video', 'raw/video/', {
      transitions: [
        { when: days(30), class: 'STANDARD_IA' },
        { when: days(120), class: 'DEEP_ARCHIVE' },
      ],
    }),
    plain('Reports', 'reports/', { transitions: [{ when: days(365), class: 'STANDARD_IA' }] }),
    plain('Thumbnails', 'thumbnails/', { expiration: days(120) }),
    plain('Old versions', '', { old_expiration: { days: 90, keep_newer: 0 } }),
    { ...plain('Exports', 'exports/', { expiration: days(14) }), strange: ['ExportHint'] },
  ];
}

/** What is worth a thought in an edit. */
export function warningsOf(rules: StoredRule[]): string[] {
  return rules.flatMap(({ form }) => {
    if (!form.enabled) return [];
    const found: string[] = [];
    const end = form.old_expiration;
    if (end) found.push(`Old versions are destroyed after ${end.days} days, so no restore reaches further back.`);
    const deep = form.transitions.find((move) => move.class === 'DEEP_ARCHIVE' || move.class === 'GLACIER');
    if (deep)
      found.push(`${form.id}: what goes to ${CLASSES[deep.class] ?? ''} has to be thawed before it can be read.`);
    return found;
  });
}

export { DAY };
