import { describe, expect, test, vi } from 'vitest';
import type { Lifecycle, LifecycleDraft, LifecycleEdit, RuleForm, RuleRow, UiError } from '../src/lib/api/types';
import type { Backend } from '../src/lib/backend';
import { Orphans, sumOf } from '../src/lib/state/orphans.svelte';
import { RulesEditor } from '../src/lib/state/rules-editor.svelte';
import { emptyRule } from '../src/lib/util/rules';

const rule = (id: string, prefix = ''): RuleForm => ({
  ...emptyRule(id),
  prefix,
  expiration: { days: 30, date: null },
});
const row = (form: RuleForm): RuleRow => ({ form, sentences: [], xml: JSON.stringify(form), strange: [] });
const opened = (mark: string, ...forms: RuleForm[]): Lifecycle => ({
  ...{ mark, rules: forms.map(row), json: `json of ${mark}`, xml: '', read_at: 0, notes: [] },
});
const draftOf = (...forms: RuleForm[]): LifecycleDraft => ({
  ...{ rules: forms.map(row), json: 'drafted', xml: 'x', lines: [], warnings: [] },
});
const error = (code: UiError['code'], message = 'No.'): UiError => ({ code, message, detail: null });

type Answer = (args: Record<string, unknown>) => unknown;

/** A core that answers as it is told, and notes what it was asked. */
function core(answers: Record<string, Answer>) {
  const asked: [string, Record<string, unknown>][] = [];
  const call = async (name: string, args: Record<string, unknown>): Promise<unknown> => {
    asked.push([name, args]);
    const answer = answers[name];
    if (!answer) throw new Error(`${name} was not expected`);
    return answer(args);
  };
  const backend = { call } as unknown as Backend;
  const edits = (name: string): LifecycleEdit[] =>
    asked.filter(([each]) => each === name).map(([, args]) => args.edit as LifecycleEdit);
  return { backend, asked, edits };
}

async function editor(answers: Record<string, Answer>) {
  const told = core({
    lifecycle: () => opened('m1', rule('a'), rule('b')),
    forecast: () => ({ error: null }),
    ...answers,
  });
  const rules = new RulesEditor(told.backend, 'c1', 'bucket', 365);
  await rules.open({ kind: 'list' });
  return { rules, ...told };
}

describe('the editor of rules', () => {
  test('begins where one came from', async () => {
    const { rules } = await editor({});
    expect(rules.item?.form.id).toBe('a');
    expect(rules.dirty).toBe(false);
    await rules.open({ kind: 'rule', rule: 1, larger_than: 131_072 });
    expect(rules.item?.form).toMatchObject({ id: 'b', larger_than: 131_072 });
    expect(rules.dirty).toBe(true);
    await rules.open({ kind: 'abort', days: 7 });
    expect(rules.items.map(({ keeps }) => keeps)).toEqual([0, 1, null]);
    expect(rules.item?.form.abort_uploads).toBe(7);
  });

  test('a rule that is deleted leaves the focus on its neighbour, and a copy stands behind the original', async () => {
    const { rules } = await editor({});
    rules.duplicate(0);
    expect(rules.items.map(({ form }) => form.id)).toEqual(['a', 'a copy', 'b']);
    rules.choose(1);
    rules.remove(1);
    expect(rules.item?.form.id).toBe('a copy');
    expect(rules.edit.rules?.map(({ keeps }) => keeps)).toEqual([0, null]);
  });

  test('rules that nobody touched may be odd; those that were touched may not', async () => {
    const odd = { ...rule('odd'), expiration: { days: 0, date: null } };
    const { rules } = await editor({ lifecycle: () => opened('m1', odd, rule('b')) });
    expect(rules.broken).toBe(0);
    rules.change({ prefix: 'x/' });
    expect(rules.broken).toBe(1);
  });

  test('what was typed as JSON is told as JSON, and comes into the forms once it fits', async () => {
    vi.useFakeTimers();
    let fits = false;
    const { rules, edits } = await editor({
      draft_lifecycle: () => {
        if (!fits) throw error('bad_request', 'This is no JSON.');
        return draftOf(rule('a'), rule('c'), rule('b', 'x/'));
      },
    });
    rules.type('{');
    rules.type('{"Rules"');
    await vi.advanceTimersByTimeAsync(1000);
    vi.useRealTimers();
    expect(edits('draft_lifecycle')).toEqual([{ rules: null, json: '{"Rules"' }]);
    expect(rules.draftError?.message).toBe('This is no JSON.');
    rules.view = 'json';
    expect(await rules.show('form')).toBe(false);
    expect(rules.view).toBe('json');
    fits = true;
    expect(await rules.show('form')).toBe(true);
    expect(rules.byJson).toBe(false);
    expect(rules.items.map(({ keeps }) => keeps)).toEqual([0, null, 1]);
    expect(rules.edit.rules?.map(({ form }) => form?.id ?? null)).toEqual([null, 'c', 'b']);
  });

  test('the list follows the JSON while it is typed, and comes back with the forms', async () => {
    vi.useFakeTimers();
    const { rules } = await editor({ draft_lifecycle: () => draftOf(rule('b'), rule('c')) });
    rules.change({ prefix: 'mine/' });
    rules.type('{"Rules": []}');
    await vi.advanceTimersByTimeAsync(1000);
    vi.useRealTimers();
    expect(rules.items.map(({ form }) => form.id)).toEqual(['b', 'c']);
    expect(rules.edit).toEqual({ rules: null, json: '{"Rules": []}' });
    await rules.dropJson();
    expect(rules.items.map(({ form }) => form.id)).toEqual(['a', 'b']);
    expect(rules.items[0]?.form.prefix).toBe('mine/');
    expect(rules.json).toBe('drafted');
  });

  test('a form with a hole in it is never sent: it is shown instead', async () => {
    const { rules, edits } = await editor({});
    rules.change({ expiration: { days: Number.NaN, date: null } });
    rules.choose(1);
    expect(await rules.show('json')).toBe(false);
    expect(rules.view).toBe('form');
    expect(rules.item?.form.id).toBe('a');
    expect(edits('draft_lifecycle')).toEqual([]);
  });

  test('an answer to an older draft is not shown', async () => {
    const waiting: ((draft: LifecycleDraft) => void)[] = [];
    const { rules } = await editor({ draft_lifecycle: () => new Promise((done) => waiting.push(done as never)) });
    const first = rules.show('text');
    const second = rules.show('text');
    waiting[1]?.(draftOf(rule('second')));
    await second;
    waiting[0]?.(draftOf(rule('first')));
    await first;
    expect(rules.draft?.rules[0]?.form.id).toBe('second');
    expect(rules.drafting).toBe(false);
  });

  test('a conflict shows what is there now; the edits are made again on it, or dropped', async () => {
    let now = opened('m1', rule('a'), rule('b'));
    const { rules, asked, edits } = await editor({
      lifecycle: () => now,
      draft_lifecycle: () => draftOf(rule('a')),
      save_lifecycle: ({ mark }) => {
        if (mark !== now.mark) throw error('conflict');
        return now;
      },
    });
    rules.change({ prefix: 'mine/' });
    now = opened('m2', rule('n'), rule('a'), rule('b', 'theirs/'));
    expect(await rules.save()).toBeNull();
    expect(rules.conflict?.mark).toBe('m2');
    expect(rules.items[0]?.form.prefix).toBe('mine/');
    await rules.again();
    expect(rules.conflict).toBeNull();
    expect(rules.view).toBe('compare');
    expect(await rules.save()).toBe(now);
    expect(asked.at(-1)?.[1].mark).toBe('m2');
    expect(edits('save_lifecycle').at(-1)?.rules).toEqual([
      { keeps: 0, form: null },
      { keeps: 1, form: { ...rule('a'), prefix: 'mine/' } },
      { keeps: 2, form: null },
    ]);

    rules.change({ prefix: 'again/' });
    now = opened('m3', rule('z'));
    await rules.save();
    rules.theirs();
    expect(rules.dirty).toBe(false);
    expect(rules.items.map(({ form }) => form.id)).toEqual(['z']);
    expect(rules.view).toBe('form');
  });

  test('any other refusal is told, and the edits stay', async () => {
    const { rules } = await editor({
      save_lifecycle: () => {
        throw error('no_permission', 'You may not change the rules.');
      },
    });
    rules.change({ prefix: 'mine/' });
    expect(await rules.save()).toBeNull();
    expect(rules.error?.message).toBe('You may not change the rules.');
    expect(rules.conflict).toBeNull();
    expect(rules.dirty).toBe(true);
  });
});

describe('unfinished uploads', () => {
  const upload = (name: string, in_use = false) => ({ key: name, name, upload: name, begun: 0, in_use, ends_at: null });
  const price = {
    kind: 'known' as const,
    amount: 5,
    currency: 'USD',
    why: '',
    date: '',
    region: '',
    lines: [],
    early: [],
  };

  test('what is in use is never chosen, and each is counted once', async () => {
    const { backend, asked } = core({
      orphan_uploads: () => ({ rows: [upload('a'), upload('b'), upload('c', true)], total: 3, ruled: false }),
      count_orphan: () => ({ parts: 2, bytes: 10, price }),
    });
    const orphans = new Orphans(backend, 'c1', 'bucket');
    await orphans.read();
    orphans.tickAll();
    for (const each of orphans.rows.filter(({ in_use }) => in_use)) orphans.tick(each);
    expect(orphans.chosen.map(({ upload: id }) => id)).toEqual(['a', 'b']);
    orphans.tickAll();
    expect(orphans.chosen).toEqual([]);
    await orphans.count(orphans.free);
    await orphans.count(orphans.free);
    expect(asked.filter(([name]) => name === 'count_orphan').length).toBe(2);
    expect(sumOf(orphans.uses.values())).toEqual({ bytes: 20, amount: 10, currency: 'USD' });
    expect(orphans.counting.size).toBe(0);
  });

  test('those that stay are told with the reason, and what is there is read again', async () => {
    let left = [upload('a'), upload('b')];
    const { backend, asked } = core({
      orphan_uploads: () => ({ rows: left, total: left.length, ruled: false }),
      abort_orphans: () => {
        left = [upload('b')];
        return { ended: 1, left: 1, problem: error('no_permission', 'You may not end it.') };
      },
    });
    const orphans = new Orphans(backend, 'c1', 'bucket');
    await orphans.read();
    orphans.tickAll();
    await orphans.end();
    expect(asked[1]?.[1].uploads).toEqual([
      { key: 'a', upload: 'a' },
      { key: 'b', upload: 'b' },
    ]);
    expect(orphans.ended).toMatchObject({ ended: 1, left: 1, problem: { message: 'You may not end it.' } });
    expect(orphans.rows.map(({ upload: id }) => id)).toEqual(['b']);
    expect(orphans.chosen).toEqual([]);
  });
});
