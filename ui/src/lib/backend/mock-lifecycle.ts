import type {
  JobRequest,
  JobRow,
  Lifecycle,
  LifecycleEdit,
  OrphanUpload,
  RuleForm,
  TimePlace,
  UiError,
} from '../api/types';
import type { Calls } from './index';
import { sampleDiff } from './mock-compare';
import { foretell, folderOf, known } from './mock-forecast';
import { DAY, rowOf, rulesOf, sampleRules, warningsOf, wholeJson, wholeXml, type StoredRule } from './mock-rules';

type LifecycleCalls =
  | 'lifecycle'
  | 'draft_lifecycle'
  | 'save_lifecycle'
  | 'forecast'
  | 'hold_objects'
  | 'orphan_uploads'
  | 'count_orphan'
  | 'abort_orphans';
type Handlers = { [N in LifecycleCalls]: (args: Calls[N]['args']) => Calls[N]['result'] };

const refused: UiError = {
  code: 'no_permission',
  message:
    'You may not read the lifecycle rules of this bucket. Ask whoever looks after it for s3:GetLifecycleConfiguration.',
  detail: 'AccessDenied · request 4FQ1…8ZC',
};
const conflict: UiError = {
  code: 'conflict',
  message: 'The rules were changed since you opened them. Nothing was written. Look at what is there now.',
  detail: null,
};

function uploads(now: number): OrphanUpload[] {
  const one = (number: number, ago: number, inUse = false): OrphanUpload => {
    const key = `raw/video/2026-${String(1 + (number % 9)).padStart(2, '0')}/DJI_${String(140 + number * 7).padStart(4, '0')}.MP4`;
    const begun = now - ago * DAY - number * 3_600_000;
    return { key, name: key, upload: `upload-${number}`, begun, in_use: inUse, ends_at: null };
  };
  const old = Array.from({ length: 12 }, (_, index) => one(index, 190 - index * 14));
  return [...old, one(12, 0, true), one(13, 0, true)];
}

/** Rules, their forecast and unfinished uploads, in memory. `?conflict`: somebody else changes the rules once. */
export function mockLifecycle(
  indexes: (connection: string, bucket: string) => Pick<TimePlace, 'index' | 'filling'>,
  plan: (request: JobRequest) => JobRow,
): Handlers {
  const query = new URLSearchParams(typeof location === 'undefined' ? '' : location.search);
  let disturbed = !query.has('conflict');
  const stored = new Map<string, { rules: StoredRule[]; mark: number }>();
  const held = new Set<string>();
  let left = uploads(Date.now());

  const of = (bucket: string): { rules: StoredRule[]; mark: number } => {
    if (bucket === 'public-reports') throw refused;
    const there = stored.get(bucket) ?? { rules: bucket === 'inspections-prod' ? sampleRules() : [], mark: 1 };
    stored.set(bucket, there);
    return there;
  };
  const shown = (bucket: string): Lifecycle => {
    const { rules, mark } = of(bucket);
    return {
      mark: `m${mark}`,
      rules: rules.map(rowOf),
      json: wholeJson(rules),
      xml: wholeXml(rules),
      read_at: Date.now(),
      notes: [],
    };
  };
  const applied = (rules: StoredRule[], edit: LifecycleEdit): StoredRule[] => {
    const fresh = (form: RuleForm): StoredRule => ({ form, strange: [] });
    if (edit.json !== null) {
      return rulesOf(edit.json).map((form) => ({
        form,
        strange: rules.find((rule) => rule.form.id === form.id)?.strange ?? [],
      }));
    }
    return (edit.rules ?? []).flatMap(({ keeps, form }) => {
      const base = keeps === null ? undefined : rules[keeps];
      if (form) return [base ? { ...base, form } : fresh(form)];
      return base ? [base] : [];
    });
  };
  const checked = (rules: StoredRule[]): StoredRule[] => {
    const bad = rules.find(({ form }) => form.prefix.startsWith('/'));
    if (bad) {
      const message = `Rule “${bad.form.id}”: no key here begins with “/”, so it would do nothing. Take the slash away.`;
      throw { code: 'bad_request', message, detail: null } satisfies UiError;
    }
    return rules;
  };

  return {
    lifecycle: ({ bucket }) => shown(bucket),
    draft_lifecycle: ({ bucket, edit }) => {
      const before = of(bucket).rules;
      const rules = checked(applied(before, edit));
      return {
        rules: rules.map(rowOf),
        json: wholeJson(rules),
        xml: wholeXml(rules),
        lines: sampleDiff(wholeXml(before), wholeXml(rules)).lines,
        warnings: warningsOf(rules.filter((rule) => !before.includes(rule))),
      };
    },
    save_lifecycle: ({ bucket, mark, edit }) => {
      const there = of(bucket);
      if (!disturbed) {
        disturbed = true;
        const changed = there.rules.map((rule) =>
          rule.form.id === 'Thumbnails'
            ? { ...rule, form: { ...rule.form, expiration: { days: 150, date: null } } }
            : rule,
        );
        const more = {
          form: { ...rowOf(there.rules[0] as StoredRule).form, id: 'Site notes', prefix: 'notes/' },
          strange: [],
        };
        stored.set(bucket, { rules: [...changed, more], mark: there.mark + 1 });
        throw conflict;
      }
      if (mark !== `m${there.mark}`) throw conflict;
      stored.set(bucket, { rules: checked(applied(there.rules, edit)), mark: there.mark + 1 });
      return shown(bucket);
    },
    forecast: ({ connection, bucket, days, edit }) => {
      const { rules } = of(bucket);
      const { index, filling } = indexes(connection, bucket);
      return foretell(edit ? applied(rules, edit) : rules, days, Date.now(), index, filling, held);
    },
    hold_objects: ({ connection, bucket, event }) => {
      const prefix = folderOf(event.rule === null ? undefined : of(bucket).rules[event.rule]);
      const request: JobRequest = {
        ...{ kind: 'edit', connection, bucket, to_bucket: bucket, roots: [{ from: prefix, to: prefix }] },
        ...{ if_taken: 'skip', edit: [{ field: 'tag', name: 'windlass-hold', value: 'yes' }], restore: null },
        ...{ purge: null, purge_version: null, lock: null },
      };
      held.add(prefix);
      return Object.assign(plan(request), { objects: event.objects - event.held, bytes: event.bytes });
    },
    orphan_uploads: ({ bucket }) => {
      const { rules } = of(bucket);
      const rows = bucket === 'inspections-prod' ? left : [];
      const ruled = rules.some(({ form }) => form.enabled && form.abort_uploads !== null && form.prefix === '');
      return { rows, total: rows.length, ruled };
    },
    count_orphan: ({ upload }) => {
      const parts = 40 + ((upload.upload.length * 37 + Number(upload.upload.replace(/\D/g, '')) * 91) % 300);
      const bytes = parts * 16_777_216;
      return { parts, bytes, price: known(Math.round((bytes / 1e9) * 23_000_000)) };
    },
    abort_orphans: ({ uploads: names }) => {
      const wanted = new Set(names.map(({ upload }) => upload));
      const before = left.length;
      // One of them is refused, as it happens.
      left = left.filter((row) => !wanted.has(row.upload) || (query.has('trouble') && row.upload === 'upload-3'));
      const ended = before - left.length;
      const kept = wanted.size - ended;
      const problem: UiError = {
        code: 'no_permission',
        message: 'You may not end some of these uploads. Ask for s3:AbortMultipartUpload.',
        detail: null,
      };
      return { ended, left: kept, problem: kept > 0 ? problem : null };
    },
  };
}
