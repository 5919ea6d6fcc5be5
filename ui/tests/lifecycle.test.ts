import { describe, expect, test } from 'vitest';
import type { ForecastEvent, ForecastLine, Lifecycle, RuleForm, RuleRow } from '../src/lib/api/types';
import { t } from '../src/lib/i18n';
import { ruleSentences } from '../src/lib/i18n/rule-sentences';
import {
  barsOf,
  boxOf,
  important,
  isOld,
  leftOf,
  marksOf,
  monthSpan,
  moveSpot,
  partsOf,
  shadeOf,
  storageOf,
  warningsIn,
  warningsOn,
} from '../src/lib/util/forecast';
import { DAY } from '../src/lib/util/moment';
import {
  abortRule,
  changedThere,
  dateOf,
  dateText,
  editOf,
  emptyRule,
  freeName,
  isChanged,
  isDirty,
  itemsFrom,
  itemsOf,
  nextMove,
  nextOldMove,
  numberOf,
  problemsOf,
  rebase,
  sameForm,
  sizeOfText,
  sizeText,
} from '../src/lib/util/rules';

const NOW = Date.UTC(2026, 10, 27, 14, 31);
const YEAR = { from: NOW, to: NOW + 365 * DAY };

const rule = (id: string, more: Partial<RuleForm> = {}): RuleForm => ({
  ...emptyRule(id),
  expiration: { days: 30, date: null },
  ...more,
});
const row = (form: RuleForm): RuleRow => ({
  form,
  sentences: [],
  xml: `<Rule>${JSON.stringify(form)}</Rule>`,
  strange: [],
});
const opened = (...forms: RuleForm[]): Lifecycle => ({
  mark: 'm1',
  rules: forms.map(row),
  json: '',
  xml: '',
  read_at: NOW,
  notes: [],
});

const event = (more: Partial<ForecastEvent>): ForecastEvent => ({
  ...{ kind: 'archived', at: NOW + 68 * DAY, title: '12,400 objects to Deep Archive', detail: '', warns: true },
  ...{ objects: 12_400, bytes: 6.2e12, class: 'DEEP_ARCHIVE', rule: 1, held: 0, exclude_below: null },
  ...more,
});
const line = (more: Partial<ForecastLine> = {}): ForecastLine => ({
  ...{ title: 'Raw video', rule: 1, old: false, objects: 12_400, bytes: 6.2e12 },
  stretches: [
    { from: NOW, to: NOW + 68 * DAY, kind: 'class', class: 'STANDARD_IA', note: '' },
    { from: NOW + 68 * DAY, to: YEAR.to, kind: 'class', class: 'DEEP_ARCHIVE', note: '12 to 48 h to get back' },
  ],
  ...more,
});

describe('the chart', () => {
  test('moments and stretches lie by their time, and never outside', () => {
    expect(leftOf(YEAR, NOW)).toBe(0);
    expect(leftOf(YEAR, YEAR.to + DAY)).toBe(100);
    expect(leftOf({ from: 5, to: 5 }, 5)).toBe(0);
    expect(boxOf({ from: 0, to: 200 }, { from: 50, to: 100 })).toEqual({ left: 25, width: 25 });
    expect(boxOf({ from: 0, to: 200 }, { from: 150, to: 400 })).toEqual({ left: 75, width: 25 });
    expect(boxOf({ from: 0, to: 200 }, { from: -100, to: 400 })).toEqual({ left: 0, width: 100 });
  });

  test('marks are first days of months in UTC; a short chart has half months', () => {
    const marks = marksOf(YEAR);
    expect(marks.map(({ at }) => new Date(at).toISOString().slice(0, 10))).toEqual(
      ['2026-12', ...Array.from({ length: 11 }, (_, month) => `2027-${String(month + 1).padStart(2, '0')}`)].map(
        (month) => `${month}-01`,
      ),
    );
    expect(
      marks.filter(({ year }) => year).map(({ at }) => t.lifecycle.mark(at, false) + t.lifecycle.year(at)),
    ).toEqual(['Jan 2027']);
    const short = marksOf({ from: NOW, to: NOW + 90 * DAY });
    expect(short.map(({ at, day }) => t.lifecycle.mark(at, day))).toEqual([
      '1 Dec',
      '15 Dec',
      '1 Jan',
      '15 Jan',
      '1 Feb',
      '15 Feb',
    ]);
    expect(marksOf({ from: Date.UTC(2026, 11, 1), to: Date.UTC(2026, 11, 1) + DAY })).toEqual([]);
  });

  test('warnings fall on the line of their rule, those of old versions on theirs', () => {
    const old = line({ title: 'Old versions', rule: null, old: true });
    const gone = event({ kind: 'old_gone', rule: 4 });
    const quiet = event({ warns: false });
    const dateless = event({ at: 0 });
    expect(warningsOn(line(), [event({}), event({ rule: 2 }), gone, quiet, dateless])).toEqual([event({})]);
    expect(warningsOn(old, [event({}), gone])).toEqual([gone]);
    const [first, second] = line().stretches;
    expect(first && warningsIn(line(), first, [event({})])).toEqual([]);
    expect(second && warningsIn(line(), second, [event({})])).toEqual([event({})]);
  });

  test('the most important are warnings, then what a rule does besides, then what comes first', () => {
    const small = event({ kind: 'small', at: 0, warns: false, title: 'small' });
    const soon = event({ kind: 'deleted', at: NOW + DAY, warns: false, title: 'soon' });
    const late = event({ at: NOW + 300 * DAY, title: 'late' });
    const told = important([soon, small, late, event({}), event({ at: 0, title: 'no day' })], 4);
    expect(told.map(({ title }) => title)).toEqual(['12,400 objects to Deep Archive', 'late', 'no day', 'small']);
  });

  test('arrows go along a line, and up and down at the same time', () => {
    const forecast = {
      ...YEAR,
      lines: [line(), line({ stretches: [{ from: NOW, to: YEAR.to, kind: 'class', class: 'STANDARD', note: '' }] })],
      months: [0, 1, 2].map((k) => ({ from: NOW + k * 120 * DAY, amount: 1, bytes: 1 })),
    };
    const parts = partsOf(forecast);
    const timeOf = ({ line: at, part }: { line: number; part: number }) =>
      forecast.lines[at]?.stretches[part] ?? monthSpan(forecast, part);
    const go = (key: string, at: number, part: number) => moveSpot(key, { line: at, part }, parts, timeOf);
    expect(parts).toEqual([2, 1, 3]);
    expect(go('ArrowRight', 0, 0)).toEqual({ line: 0, part: 1 });
    expect(go('ArrowRight', 0, 1)).toEqual({ line: 0, part: 1 });
    expect(go('ArrowLeft', 0, 0)).toEqual({ line: 0, part: 0 });
    expect(go('End', 2, 0)).toEqual({ line: 2, part: 2 });
    expect(go('ArrowDown', 0, 1)).toEqual({ line: 1, part: 0 });
    expect(go('ArrowUp', 2, 2)).toEqual({ line: 1, part: 0 });
    expect(go('ArrowUp', 1, 0)).toEqual({ line: 0, part: 0 });
    expect(go('ArrowDown', 2, 1)).toEqual({ line: 2, part: 1 });
    const twins = { ...forecast, lines: [line(), line()] };
    const twin = (spot: { line: number; part: number }) => twins.lines[spot.line]?.stretches[spot.part] ?? timeOf(spot);
    expect(moveSpot('ArrowDown', { line: 0, part: 1 }, partsOf(twins), twin)).toEqual({ line: 1, part: 1 });
    expect(go('Enter', 0, 0)).toBeNull();
  });

  test('bars are by price, or by size where any month has none; the sum weighs what is only begun', () => {
    const months = [
      { from: NOW, amount: 100, bytes: 10 },
      { from: Date.UTC(2026, 11, 1), amount: 50, bytes: 10 },
    ];
    expect(barsOf(months)).toEqual([100, 50]);
    expect(barsOf([...months, { from: 0, amount: null, bytes: 20 }])).toEqual([50, 50, 100]);
    expect(monthSpan({ months, to: YEAR.to }, 1)).toEqual({ from: Date.UTC(2026, 11, 1), to: YEAR.to });
    const half = { months: [{ from: Date.UTC(2026, 10, 16), amount: 300, bytes: 0 }], to: Date.UTC(2026, 11, 1) };
    expect(storageOf(half)).toBe(150);
    expect(storageOf({ ...half, months: [{ from: NOW, amount: null, bytes: 1 }] })).toBeNull();
  });

  test('colder is darker, and an index of yesterday is old', () => {
    expect(['STANDARD', 'STANDARD_IA', 'GLACIER', 'DEEP_ARCHIVE', 'OTHER'].map(shadeOf)).toEqual([1, 2, 3, 4, 1]);
    expect(isOld(NOW - DAY, NOW)).toBe(false);
    expect(isOld(NOW - DAY - 1, NOW)).toBe(true);
  });
});

describe('words of the forecast', () => {
  const words = t.lifecycle;
  test('days are those of UTC, wherever one is', () => {
    const at = Date.UTC(2027, 1, 3);
    expect(words.eventTitle(event({ at }), NOW)).toBe('3 Feb: 12,400 objects to Deep Archive');
    expect(words.eventTitle(event({ at: Date.UTC(2027, 9, 3) }), NOW)).toMatch(/^3 Oct 2027: /);
    expect(words.eventTitle(event({ at: 0 }), NOW)).toBe('12,400 objects to Deep Archive');
  });

  test('a stretch says its class, or since when it is gone, and warns', () => {
    const video = line();
    const [, deep] = video.stretches;
    expect(deep && words.spokenStretch(video, deep, [event({})])).toBe(
      'Raw video: Deep Archive, 12 to 48 h to get back, from 3 Feb 2027 to 27 Nov 2027. Warning on 3 Feb 2027: 12,400 objects to Deep Archive.',
    );
    const gone = { from: Date.UTC(2027, 2, 1), to: YEAR.to, class: '', note: 'made again on demand' };
    expect(words.stretch({ ...gone, kind: 'hidden' })).toBe('deleted from 1 Mar 2027, made again on demand');
    expect(words.stretch({ ...gone, kind: 'gone', note: '' })).toBe('gone from 1 Mar 2027');
  });

  test('amounts have cents only where they matter', () => {
    expect(words.monthAmount(169_400_000_000, 1, 'USD')).toBe('$169');
    expect(words.monthAmount(1_690_000_000, 1, 'USD')).toBe('$1.69');
    expect(words.monthAmount(null, 22e9, 'USD')).toBe('22.00 GB');
    expect(words.moves(0, 'USD')).toBe('');
    expect(words.moves(null, 'USD')).toContain('not known');
  });

  test('an edited rule is told in sentences', () => {
    const form = rule('r', {
      prefix: 'raw/',
      larger_than: 131_072,
      smaller_than: 5e9,
      tags: [{ key: 'site', value: 'A14' }],
      transitions: [{ when: { days: null, date: Date.UTC(2027, 0, 5) }, class: 'GLACIER' }],
      old_expiration: { days: 1, keep_newer: 3 },
      abort_uploads: 7,
    });
    expect(ruleSentences(form)).toEqual([
      'Objects in raw/ larger than 128 KiB and smaller than 5 GB with site=A14.',
      'They go to Glacier on 2027-01-05.',
      'They are deleted after 30 days.',
      'Old versions are destroyed after 1 day, but for the newest 3.',
      'Unfinished uploads are ended after 7 days.',
    ]);
  });
});

describe('forms and edits', () => {
  test('what was not touched stays byte for byte, what is new has no place, what is gone is not named', () => {
    const there = opened(rule('a'), rule('b'), rule('c')).rules;
    const [a, b] = itemsOf(there);
    if (!a || !b) throw new Error('two rules were opened');
    const changed = { ...b, form: { ...b.form, prefix: 'x/' } };
    const fresh = { uid: 9, keeps: null, form: rule('d') };
    expect(editOf([a, changed, fresh], there)).toEqual({
      rules: [
        { keeps: 0, form: null },
        { keeps: 1, form: changed.form },
        { keeps: null, form: fresh.form },
      ],
      json: null,
    });
    expect(isDirty(itemsOf(there), there)).toBe(false);
    expect(isDirty([a, b], there)).toBe(true);
    expect(isChanged({ ...b, form: { ...b.form, enabled: true } }, there)).toBe(false);
    expect(isChanged(fresh, there)).toBe(true);
    expect(sameForm(rule('a'), rule('a', { tags: [{ key: 'k', value: '' }] }))).toBe(false);
  });

  test('rules of a text are known by name, in the order in which they were opened', () => {
    const there = opened(rule('a'), rule('b'), rule('c')).rules;
    const keeps = (...ids: string[]) =>
      itemsFrom(
        ids.map((id) => row(rule(id))),
        there,
        10,
      ).map((item) => item.keeps);
    expect(keeps('a', 'x', 'c')).toEqual([0, null, 2]);
    // One that stands before an earlier one cannot keep its place: it is written anew.
    expect(keeps('c', 'a', 'b')).toEqual([2, null, null]);
  });

  test('edits are made again on what somebody else changed', () => {
    const there = opened(rule('a'), rule('b'), rule('c'), rule('e')).rules;
    const [a, b, , e] = itemsOf(there);
    if (!a || !b || !e) throw new Error('four rules were opened');
    const mine = { ...b, form: { ...b.form, prefix: 'mine/' } };
    const lost = { ...e, form: { ...e.form, prefix: 'lost/' } };
    const fresh = { uid: 9, keeps: null, form: rule('d') };
    // c is deleted here; there a is changed, e is deleted and n is new.
    const now = opened(rule('n'), rule('a', { prefix: 'theirs/' }), rule('b'), rule('c'));
    const again = rebase([a, mine, lost, fresh], there, now, 100);
    expect(again.map(({ keeps, form }) => [form.id, form.prefix, keeps])).toEqual([
      ['n', '', 0],
      ['a', 'theirs/', 1],
      ['b', 'mine/', 2],
      ['e', 'lost/', null],
      ['d', '', null],
    ]);
    expect(new Set(again.map(({ uid }) => uid)).size).toBe(5);
    expect(changedThere(there, now.rules).map(({ form, how }) => [form.id, how])).toEqual([
      ['n', 'new'],
      ['a', 'changed'],
      ['b', 'same'],
      ['c', 'same'],
      ['e', 'gone'],
    ]);
  });

  test('names are free, and moves go on where the last one ended', () => {
    expect(freeName('New rule', ['New rule', 'New rule 2'])).toBe('New rule 3');
    const first = nextMove([]);
    expect(first).toEqual({ when: { days: 30, date: null }, class: 'STANDARD_IA' });
    expect(nextMove([first])).toEqual({ when: { days: 90, date: null }, class: 'GLACIER' });
    const dated = { when: { days: null, date: Date.UTC(2027, 0, 1) }, class: 'GLACIER' };
    expect(nextMove([dated]).when).toEqual({ days: null, date: Date.UTC(2027, 0, 1) + 60 * DAY });
    expect(nextOldMove([{ when: { days: 40, keep_newer: 2 }, class: 'GLACIER' }])).toEqual({
      when: { days: 100, keep_newer: 2 },
      class: 'DEEP_ARCHIVE',
    });
  });

  test.each([
    ['128 KiB', 131_072],
    ['128k', 128_000],
    ['5 GB', 5e9],
    ['1.5 mb', 1_500_000],
    ['1,000', 1000],
    ['1 TiB', 1024 ** 4],
    ['much', null],
    ['', null],
  ])('a size of “%s”', (text, bytes) => {
    expect(sizeOfText(text)).toBe(bytes);
  });

  test.each([131_072, 128_000, 5e9, 1_500_000, 999, 1024 ** 4, 131_073])(
    '%d bytes are read back as they are',
    (bytes) => {
      expect(sizeOfText(sizeText(bytes))).toBe(bytes);
    },
  );

  test('dates are midnights of UTC, numbers are whole', () => {
    expect(dateOf('2027-03-01')).toBe(Date.UTC(2027, 2, 1));
    expect(dateText(Date.UTC(2027, 2, 1))).toBe('2027-03-01');
    expect([dateOf(''), dateOf('2027-13-01'), dateOf('soon')]).toEqual([null, null, null]);
    expect([dateText(null), dateText(Number.NaN)]).toEqual(['', '']);
    expect([numberOf('1,095'), numberOf('-3'), numberOf('3.5'), numberOf('')]).toEqual([1095, null, null, null]);
  });
});

describe('what is wrong with a rule', () => {
  const days = (k: number) => ({ days: k, date: null });
  const told = (form: RuleForm, taken: string[] = []) =>
    problemsOf(form, taken).map(({ field, what }) => `${field}: ${what}`);
  const move = (k: number, to: string) => ({ when: days(k), class: to });
  const oldMove = (k: number, to: string, keep_newer = 0) => ({ when: { days: k, keep_newer }, class: to });

  test.each<[string, Partial<RuleForm>]>([
    ['all: nothing', { expiration: null }],
    ['expiration: days', { expiration: days(0) }],
    ['expiration: days', { expiration: days(Number.NaN) }],
    ['expiration: date', { expiration: { days: null, date: Number.NaN } }],
    ['expiration: mixed', { transitions: [{ when: { days: null, date: NOW }, class: 'GLACIER' }] }],
    ['transitions: order', { transitions: [move(60, 'STANDARD_IA'), move(60, 'GLACIER')], expiration: null }],
    ['transitions: least30', { transitions: [move(7, 'STANDARD_IA')] }],
    ['expiration: after_moves', { transitions: [move(30, 'GLACIER')] }],
    ['old_transitions: days', { old_transitions: [oldMove(Number.NaN, 'GLACIER')] }],
    ['old_transitions: newer', { old_transitions: [oldMove(3, 'GLACIER', 101)] }],
    ['old_transitions: least30', { old_transitions: [oldMove(3, 'ONEZONE_IA')] }],
    ['old_transitions: order', { old_transitions: [oldMove(90, 'GLACIER'), oldMove(40, 'DEEP_ARCHIVE')] }],
    [
      'old_expiration: after_moves',
      { old_transitions: [oldMove(90, 'GLACIER')], old_expiration: { days: 90, keep_newer: 0 } },
    ],
    ['old_expiration: days', { old_expiration: { days: 0, keep_newer: 0 } }],
    ['old_expiration: newer', { old_expiration: { days: 9, keep_newer: Number.NaN } }],
    ['smaller_than: sizes', { larger_than: 5, smaller_than: 5 }],
    ['larger_than: size', { larger_than: Number.NaN }],
    ['tags: tag_empty', { tags: [{ key: '', value: 'x' }] }],
    [
      'tags: tag_twice',
      {
        tags: [
          { key: 'k', value: 'x' },
          { key: 'k', value: 'y' },
        ],
      },
    ],
    ['expired_markers: marker_days', { expired_markers: true }],
    ['expired_markers: marker_tags', { expired_markers: true, expiration: null, tags: [{ key: 'k', value: '' }] }],
    ['abort_uploads: abort_filter', { abort_uploads: 7, larger_than: 5 }],
    ['abort_uploads: days', { abort_uploads: Number.NaN }],
    ['id: long', { id: 'x'.repeat(256) }],
  ])('%s', (problem, more) => {
    expect(told(rule('r', more))).toEqual([problem]);
  });

  test('a name is told once, and a rule in order has nothing', () => {
    expect(told(rule('r'), ['r'])).toEqual(['id: twice']);
    expect(told(rule('', {}), [''])).toEqual([]);
    expect(told(rule('r', { transitions: [move(0, 'GLACIER')] }))).toEqual([]);
    expect(told(abortRule('End', 7))).toEqual([]);
    expect(t.lifecycle.editor.problems.twice).toContain('name of its own');
  });
});
