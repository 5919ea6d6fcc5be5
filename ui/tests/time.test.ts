import { describe, expect, test } from 'vitest';
import type { TimeChange, TimeChoice, TimeCounts, TimeRow } from '../src/lib/api/types';
import { t } from '../src/lib/i18n';
import { DAY, HOUR, MINUTE, momentText, parseMoment } from '../src/lib/util/moment';
import { Newest } from '../src/lib/util/newest';
import { fateOf, isIn, kindsOf, toggleAll, toggleKey, triOf } from '../src/lib/util/time-ticks';
import {
  barsIn,
  burst,
  draw,
  firstDeletion,
  marks,
  momentAt,
  rangeWith,
  spanOf,
  stretch,
  STRIP,
  worst,
  xOf,
} from '../src/lib/util/timeline';

const at = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number =>
  new Date(year, month - 1, day, hour, minute, second).getTime();
const NOW = at(2026, 11, 27, 16, 40);

describe('a typed moment', () => {
  test.each([
    ['12 Nov 2026, 14:05', at(2026, 11, 12, 14, 5)],
    ['12 november 2026 14:05:33', at(2026, 11, 12, 14, 5, 33)],
    ['2026-11-12 14:05', at(2026, 11, 12, 14, 5)],
    ['2026-11-12T14:05:07', at(2026, 11, 12, 14, 5, 7)],
    ['12 Nov', at(2026, 11, 12)],
    ['24 Dec, 9:30', at(2025, 12, 24, 9, 30)],
    ['3 Sept 2026', at(2026, 9, 3)],
    ['14:05', at(2026, 11, 27, 14, 5)],
    ['yesterday 09:00', at(2026, 11, 26, 9)],
    ['today', at(2026, 11, 27)],
    [' NOW ', NOW],
    ['29 Feb 2024, 00:00', at(2024, 2, 29)],
  ])('%s is understood', (text, moment) => {
    expect(parseMoment(text, NOW)).toBe(moment);
  });

  test.each([
    '',
    'soon',
    '31 Feb 2026',
    '29 Feb 2026',
    '12 Nov 2026, 25:00',
    '12 Nov 2026, 14:60',
    '2026-13-01',
    '12:5',
    '12',
  ])('%s is no moment', (text) => {
    expect(parseMoment(text, NOW)).toBeNull();
  });

  test('what the field shows is understood again, and has seconds only where the moment has some', () => {
    for (const moment of [at(2026, 11, 12, 14, 5), at(2026, 9, 3, 0, 0, 9), at(2025, 1, 1)]) {
      expect(parseMoment(momentText(moment), NOW)).toBe(moment);
    }
    expect(momentText(at(2026, 11, 12, 14, 5))).toBe('12 Nov 2026, 14:05');
    expect(momentText(at(2026, 11, 12, 14, 5, 33))).toBe('12 Nov 2026, 14:05:33');
  });
});

describe('the strip', () => {
  const span = { from: NOW - 10 * DAY, to: NOW };

  test('ranges end now, and the one that shows all has room before the first version', () => {
    expect(spanOf('30d', NOW, null)).toEqual({ from: NOW - 30 * DAY, to: NOW });
    const all = spanOf('all', NOW, NOW - 100 * DAY);
    expect(all.from).toBeLessThan(NOW - 100 * DAY);
    expect(spanOf('all', NOW, null).to - spanOf('all', NOW, null).from).toBeGreaterThanOrEqual(DAY);
  });

  test('the range that is taken for a moment is the smallest that shows it, and never a smaller one than now', () => {
    expect(rangeWith('30d', NOW - 40 * DAY, NOW)).toBe('12w');
    expect(rangeWith('30d', NOW - 3 * DAY, NOW)).toBe('30d');
    expect(rangeWith('1y', NOW - 3 * DAY, NOW)).toBe('1y');
    expect(rangeWith('12w', NOW - 500 * DAY, NOW)).toBe('all');
  });

  test('there is about one bar for 13 pixels, and never more than the core gives', () => {
    expect(barsIn(1176)).toBe(90);
    expect(barsIn(50)).toBe(8);
    expect(barsIn(20_000)).toBe(400);
  });

  test('pixels and moments go both ways: ends are exact, between them are whole minutes', () => {
    expect(momentAt(-4, span, 1000)).toBe(span.from);
    expect(momentAt(1000, span, 1000)).toBe(span.to);
    expect(momentAt(333, span, 1000) % MINUTE).toBe(0);
    expect(Math.abs(xOf(momentAt(333, span, 1000), span, 1000) - 333)).toBeLessThan(0.2);
    expect(xOf(span.from - DAY, span, 1000)).toBe(0);
  });

  test('bars stand on the line, grow with the square root, and those behind the moment are told apart', () => {
    const bars = [
      { written: 100, deleted: 0 },
      { written: 25, deleted: 9 },
      { written: 0, deleted: 0 },
      { written: 1, deleted: 1 },
    ];
    const drawn = draw(bars, { from: 0, to: 400 }, 56, 200);
    expect(drawn.map(({ x, width }) => [x, width])).toEqual([
      [2, 10],
      [16, 10],
      [30, 10],
      [44, 10],
    ]);
    expect(drawn.map(({ up }) => up)).toEqual([STRIP.up, STRIP.up / 2, 0, 4.4]);
    expect(drawn.map(({ down }) => down)).toEqual([0, STRIP.down, 0, 9.3]);
    expect(drawn.map(({ since }) => since)).toEqual([false, false, true, true]);
    const tiny = draw(
      [
        { written: 1_000_000, deleted: 0 },
        { written: 1, deleted: 0 },
      ],
      span,
      40,
      NOW,
    );
    expect(tiny[1]?.up).toBe(2);
    expect(draw([], span, 40, NOW)).toEqual([]);
  });

  test('the worst bar is one that ends after the moment', () => {
    const bars = [0, 50, 0, 7, 9].map((deleted) => ({ written: 3, deleted }));
    const days = { from: 0, to: 500 };
    expect(worst(bars, days, 0)).toBe(1);
    expect(worst(bars, days, 150)).toBe(1);
    expect(worst(bars, days, 200)).toBe(4);
    expect(worst(bars, days, 500)).toBeNull();
    expect(stretch(days, 4, 5)).toEqual({ from: 400, to: 500 });
  });

  test('deletions without a gap are one burst', () => {
    const bars = [1, 0, 4, 9, 2, 0, 8].map((deleted) => ({ written: 0, deleted }));
    expect(burst(bars, { from: 0, to: 700 })).toEqual({ span: { from: 200, to: 500 }, deleted: 15 });
    expect(firstDeletion(bars.slice(1), { from: 0, to: 600 })).toBe(100);
    expect(firstDeletion([], { from: 0, to: 600 })).toBeNull();
    expect(burst([{ written: 4, deleted: 0 }], { from: 0, to: 100 })).toBeNull();
  });

  test('words at the strip do not run into each other', () => {
    for (const [days, width] of [
      [1, 1176],
      [10, 1176],
      [30, 1176],
      [84, 1176],
      [365, 1176],
      [365, 300],
      [3000, 1176],
    ] as const) {
      const found = marks({ from: NOW - days * DAY, to: NOW }, width);
      expect(found.length).toBeGreaterThan(0);
      found.slice(1).forEach(({ x }, i) => expect(x - (found[i]?.x ?? 0)).toBeGreaterThanOrEqual(56));
    }
    const words = marks({ from: at(2026, 9, 4), to: NOW }, 1176).map(({ text }) => text.slice(0, 3));
    expect(words).toEqual(['Sep', 'Oct', 'Nov']);
  });
});

const CHOICE: TimeChoice = { deleted: true, undelete: 'copy', changed: true, added: 'keep', rewritten: false, but: [] };
const none = { objects: 0, bytes: 0 };
const COUNTS: TimeCounts = {
  then: none,
  now: none,
  same: 9,
  rewritten: 2,
  changed: { objects: 3, bytes: 1 },
  deleted: { objects: 4, bytes: 1 },
  added: { objects: 5, bytes: 1 },
  earlier: null,
  later: null,
};

function row(change: TimeChange, more: Partial<TimeRow> = {}): TimeRow {
  const version = { version: 'v', size: 1, modified: 1, class: 'STANDARD', archived: false };
  return { key: change, name: change, change, then: version, now: version, when: 1, lone_marker: true, ...more };
}

describe('ticks', () => {
  test('a key is ticked as its kind is, and the other way once it was clicked', () => {
    const ticks = new Map();
    expect(
      ['deleted', 'changed', 'rewritten', 'added'].map((kind) => isIn(CHOICE, ticks, row(kind as TimeChange))),
    ).toEqual([true, true, false, false]);
    const out = toggleKey(ticks, row('deleted'));
    expect(isIn(CHOICE, out, row('deleted'))).toBe(false);
    expect(toggleKey(out, row('deleted')).size).toBe(0);
    expect(isIn(CHOICE, toggleKey(ticks, row('added')), row('added'))).toBe(true);
    expect(toggleKey(ticks, row('same')).size).toBe(0);
  });

  test('the tick of a tab is mixed where some of its keys take part', () => {
    const tri = (choice: TimeChoice, show: Parameters<typeof kindsOf>[0], ticks = new Map<string, TimeChange>()) =>
      triOf(choice, ticks, COUNTS, kindsOf(show));
    expect(tri(CHOICE, 'deleted')).toBe('true');
    expect(tri(CHOICE, 'changed')).toBe('mixed');
    expect(tri({ ...CHOICE, rewritten: true }, 'changed')).toBe('true');
    expect(tri(CHOICE, 'added')).toBe('false');
    expect(tri(CHOICE, 'differences')).toBe('mixed');
    expect(tri(CHOICE, 'deleted', new Map([['a', 'deleted']]))).toBe('mixed');
    const four = new Map<string, TimeChange>(['a', 'b', 'c', 'd'].map((key) => [key, 'deleted']));
    expect(tri(CHOICE, 'deleted', four)).toBe('false');
    expect(tri({ ...CHOICE, deleted: false }, 'deleted', four)).toBe('true');
  });

  test('the tick of a tab decides its kinds as a whole', () => {
    const one = new Map<string, TimeChange>([
      ['a', 'deleted'],
      ['b', 'added'],
    ]);
    // Mixed becomes all; then all becomes none. Ticks of other kinds stay.
    const all = toggleAll(CHOICE, one, COUNTS, 'deleted');
    expect(all.choice.deleted).toBe(true);
    expect([...all.ticks.keys()]).toEqual(['b']);
    expect(toggleAll(all.choice, all.ticks, COUNTS, 'deleted').choice.deleted).toBe(false);
    expect(toggleAll(CHOICE, new Map(), COUNTS, 'added').choice.added).toBe('hide');
    const off = toggleAll({ ...CHOICE, rewritten: true }, new Map(), COUNTS, 'changed').choice;
    expect([off.changed, off.rewritten, off.deleted]).toEqual([false, false, true]);
  });

  test('over all differences nothing that was added is hidden by the way', () => {
    const off = toggleAll(CHOICE, new Map(), COUNTS, 'differences').choice;
    expect([off.deleted, off.changed, off.added]).toEqual([false, false, 'keep']);
    const on = toggleAll(off, new Map(), COUNTS, 'differences').choice;
    expect([on.deleted, on.changed, on.added]).toEqual([true, true, 'keep']);
    const hidden = new Map<string, TimeChange>([['b', 'added']]);
    expect([...toggleAll(CHOICE, hidden, COUNTS, 'differences').ticks.keys()]).toEqual(['b']);
  });

  test('what a plan does with a row', () => {
    const ticks = new Map();
    const frozen = { then: { version: 'v', size: 1, modified: 1, class: 'GLACIER', archived: true } };
    const fate = (of: TimeRow, choice = CHOICE) => fateOf(choice, ticks, of);
    expect(fate(row('deleted'))).toBe('undelete');
    expect(fate(row('deleted', frozen))).toBe('thaw_undelete');
    expect(fate(row('changed', frozen))).toBe('thaw_roll_back');
    expect(fate(row('rewritten'))).toBe('same_bytes');
    expect(fate(row('added'))).toBe('keep');
    expect(fate(row('added'), { ...CHOICE, added: 'hide' })).toBe('hide');
    expect(fate(row('deleted'), { ...CHOICE, deleted: false })).toBe('left');
    const away = { ...CHOICE, undelete: 'remove_marker' as const };
    // Archived or not, taking the marker away brings it back; two markers are not taken away.
    expect(fate(row('deleted', frozen), away)).toBe('unmark');
    expect(fate(row('deleted', { lone_marker: false }), away)).toBe('undelete');
  });
});

describe('questions', () => {
  function questions() {
    const asked: number[] = [];
    const told: string[] = [];
    const answers: { resolve: (answer: string) => void; reject: (thrown: unknown) => void }[] = [];
    const newest = new Newest<number, string>(
      (question) => {
        asked.push(question);
        return new Promise((resolve, reject) => answers.push({ resolve, reject }));
      },
      (question, answer) => told.push(`${question} ${answer}`),
      (question) => told.push(`${question} failed`),
    );
    const settle = async (): Promise<void> => {
      for (let n = 0; n < 5; n += 1) await Promise.resolve();
    };
    return { newest, asked, told, answers, settle };
  }

  test('one is under way at a time, and only the newest of those that wait is asked', async () => {
    const { newest, asked, told, answers, settle } = questions();
    for (const question of [1, 2, 3]) newest.put(question);
    expect(asked).toEqual([1]);
    expect(newest.behind).toBe(true);
    answers[0]?.resolve('a');
    await settle();
    expect(asked).toEqual([1, 3]);
    answers[1]?.resolve('b');
    await settle();
    expect(told).toEqual(['1 a', '3 b']);
    expect(newest.behind).toBe(false);
  });

  test('what was dropped is not told, and a fault does not stop what comes after', async () => {
    const { newest, asked, told, answers, settle } = questions();
    newest.put(1);
    newest.drop();
    newest.put(2);
    answers[0]?.resolve('late');
    await settle();
    expect(asked).toEqual([1, 2]);
    answers[1]?.reject(new Error());
    await settle();
    newest.put(3);
    answers[2]?.resolve('c');
    await settle();
    expect(told).toEqual(['2 failed', '3 c']);
  });
});

test('what a reader is told of a moment', () => {
  expect(t.time.spoken(COUNTS)).toBe('Since then: 4 deleted, 5 changed, 5 added.');
  expect(t.time.spoken({ ...COUNTS, rewritten: 0, changed: none, deleted: none, added: none })).toBe(
    'Nothing differs from now.',
  );
  expect(t.time.valueText(at(2026, 11, 12, 14, 5), null)).toBe('12 November 2026, 14:05');
  expect(HOUR).toBe(60 * MINUTE);
});
