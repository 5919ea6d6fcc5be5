import { describe, expect, test } from 'vitest';
import type { Price, ThawOffer, ThawRow, ThawSpeed } from '../src/lib/api/types';
import { t } from '../src/lib/i18n';
import { DAY, HOUR, MINUTE } from '../src/lib/util/moment';
import {
  actionsOf,
  byWhen,
  dayAndTime,
  doneOf,
  endsSoon,
  firstOffer,
  hasTrouble,
  lingers,
  hasDays,
  lookOf,
  openOrder,
  readDays,
  sinceWhen,
  spanOf,
  timeLeft,
} from '../src/lib/util/thaw';

/** Friday, 14:32 where the test runs. */
const NOW = new Date(2026, 10, 20, 14, 32).getTime();
const at = (day: number, hour: number, minute = 0, month = 10): number =>
  new Date(2026, month, day, hour, minute).getTime();

const price = (amount: number, kind: Price['kind'] = 'known'): Price => ({
  ...{ kind, amount, why: '', currency: 'USD', date: '2026-11-01', region: 'eu-central-1' },
  lines: [],
  early: [],
});

const batch = (row: Partial<ThawRow> = {}): ThawRow => ({
  ...{ id: 'w1', name: 'Scans', connection: 'c', bucket: 'archive', place: 'a/', state: 'thawing', waiting: false },
  ...{ objects: 10, bytes: 5e9, skipped: 0, classes: ['GLACIER'], speed: 'standard', days: 7, price: price(25e7) },
  ...{ then: { kind: 'tell' }, asked: 10, ready: 0, failed: 0, downloaded: 0, asked_at: NOW - HOUR },
  ...{
    due_at: NOW + 4 * HOUR,
    ready_at: null,
    ends_at: null,
    look_at: null,
    job: null,
    restored_by: null,
    folder: null,
  },
  ...{ can_hurry: false, can_extend: false, error: null, created: NOW - HOUR },
  ...row,
});
const ready = (row: Partial<ThawRow> = {}): ThawRow =>
  batch({ state: 'ready', ready: 10, ready_at: NOW - HOUR, ends_at: NOW + 5 * DAY, due_at: NOW - HOUR, ...row });

test.each([
  [19 * HOUR + 16 * MINUTE, '19 h 16 min'],
  [25 * HOUR + 33 * MINUTE, '25 h 33 min'],
  [47 * HOUR + 59 * MINUTE, '47 h 59 min'],
  [48 * HOUR, '2 d'],
  [5 * DAY + 2 * HOUR, '5 d 2 h'],
  [4 * MINUTE, '4 min'],
  [0, '0 s'],
  [-HOUR, '0 s'],
])('%d ms are %s', (ms, words) => expect(timeLeft(ms)).toBe(words));

describe('moments are told by what is near', () => {
  test('an end is told by its day', () => {
    expect(dayAndTime(at(20, 21, 10), NOW)).toBe('Today, 21:10');
    expect(dayAndTime(at(21, 9, 48), NOW)).toBe('Tomorrow, 09:48');
    expect(dayAndTime(at(28, 17, 30), NOW)).toBe('28 Nov, 17:30');
    expect(dayAndTime(at(19, 23, 59), NOW)).toBe('Yesterday, 23:59');
    // The day is the calendar's: nine hours later may be tomorrow.
    expect(dayAndTime(at(21, 0, 0), at(20, 23, 59))).toBe('Tomorrow, 00:00');
  });

  test('a time by which is told by the day of the week, as long as that is clear', () => {
    expect(byWhen(at(20, 21, 10), NOW)).toBe('21:10 today');
    expect(byWhen(at(24, 16, 5), NOW)).toBe('Tue, 16:05');
    expect(byWhen(at(26, 16, 5), NOW)).toBe('Thu, 16:05');
    expect(byWhen(at(27, 16, 5), NOW)).toBe('27 Nov, 16:05');
    expect(sinceWhen(at(20, 9, 48), NOW)).toBe('09:48');
    expect(sinceWhen(at(18, 9, 48), NOW)).toBe('18 Nov, 09:48');
  });

  test('less than a day is soon', () => {
    expect(endsSoon(NOW + DAY, NOW)).toBe(false);
    expect(endsSoon(NOW + DAY - 1, NOW)).toBe(true);
    expect(endsSoon(null, NOW)).toBe(false);
  });
});

test('what ends first stands first, then what is thawing by when it is due, then what stays and what waits for a person', () => {
  const rows = [
    batch({ id: 'planned', state: 'planned', due_at: null }),
    batch({ id: 'late', due_at: NOW + 25 * HOUR }),
    ready({ id: 'stays', ends_at: null }),
    ready({ id: 'long', ends_at: NOW + 5 * DAY }),
    batch({ id: 'early', due_at: NOW + 6 * HOUR }),
    ready({ id: 'short', ends_at: NOW + 19 * HOUR, state: 'downloading' }),
  ];
  expect(rows.sort(openOrder).map((row) => row.id)).toEqual(['short', 'long', 'early', 'late', 'stays', 'planned']);
});

test.each<[string, Partial<ThawRow>, string[], string[]]>([
  ['planned', { state: 'planned', due_at: null }, ['choose'], ['objects', 'place', 'drop']],
  ['slow', { can_hurry: true }, ['faster'], ['objects', 'place', 'then', 'stop']],
  ['as quick as it can be', {}, [], ['objects', 'place', 'then', 'stop']],
  [
    'of a restore',
    { job: 'j1', then: { kind: 'restore' }, can_hurry: true },
    ['job'],
    ['objects', 'place', 'faster', 'then', 'stop'],
  ],
  ['stopped', { state: 'stopped' }, [], ['objects', 'place', 'drop']],
  ['failed', { state: 'failed' }, [], ['objects', 'place', 'drop']],
])('what can be done with a batch that is %s', (_, row, buttons, menu) => {
  expect(actionsOf(batch(row))).toEqual({ buttons, menu });
});

test.each<[string, Partial<ThawRow>, string[], string[]]>([
  ['read', { can_extend: true }, ['download', 'extend'], ['objects', 'place', 'stop']],
  ['read for good', { ends_at: null }, ['download'], ['objects', 'place', 'stop']],
  ['on disk', { downloaded: 10, can_extend: true }, ['files'], ['place', 'download', 'extend', 'stop']],
  ['downloaded', { state: 'downloading', downloaded: 3 }, ['files'], ['place', 'download', 'stop']],
  ['over', { state: 'past', downloaded: 10 }, ['files'], ['place', 'drop']],
  [
    'restored',
    { job: 'j1', then: { kind: 'restore' }, restored_by: 'j2' },
    ['job'],
    ['objects', 'place', 'download', 'stop'],
  ],
])('what can be done with a batch that is %s', (_, row, buttons, menu) => {
  expect(actionsOf(ready(row))).toEqual({ buttons, menu });
});

test('a bar goes on with the time and is full only when all can be read', () => {
  expect(doneOf(batch(), NOW)).toBeCloseTo(0.2);
  expect(doneOf(batch({ ready: 5 }), NOW)).toBeCloseTo(0.5);
  expect(doneOf(batch(), NOW + 9 * HOUR)).toBeLessThan(1);
  expect(doneOf(batch({ state: 'asking', asked: 4, failed: 1 }), NOW)).toBeCloseTo(0.5);
  expect(doneOf(ready({ state: 'downloading', downloaded: 2 }), NOW)).toBeCloseTo(0.2);
  expect(doneOf(ready(), NOW)).toBe(1);
  expect(doneOf(batch({ objects: 0, ready: 0, asked_at: null, due_at: null }), NOW)).toBe(0);
});

test('what takes longer than usual, or does not get through, is said', () => {
  expect(lookOf(batch(), NOW)).toBe('thawing');
  expect(lookOf(batch(), NOW + 4 * HOUR)).toBe('overdue');
  const offline = { code: 'offline' as const, message: 'No connection.', detail: null };
  const waits = batch({ waiting: true, error: offline });
  expect(lookOf(waits, NOW)).toBe('waiting');
  expect(t.thaw.progress(waits, NOW)).toBe('No connection.');
  expect(lookOf(batch({ state: 'stopped', waiting: true }), NOW)).toBe('stopped');
  expect(lookOf(ready({ state: 'downloading', downloaded: 9 }), NOW)).toBe('downloading');
  expect(lookOf(ready({ state: 'downloading', downloaded: 10 }), NOW)).toBe('ready');
});

test('why what can be read was not fetched is said, and a copy lasts on when its batch is over', () => {
  const error = { code: 'conflict' as const, message: 'One object was not fetched.', detail: null };
  const left = ready({ downloaded: 9, error });
  expect(hasTrouble(left)).toBe(true);
  expect(t.thaw.progress(left, NOW)).toBe('9 of 10 downloaded. One object was not fetched.');
  expect([hasTrouble(ready()), hasTrouble(batch({ error }))]).toEqual([false, false]);
  const past = (ends_at: number | null) => batch({ state: 'past', ends_at });
  expect([past(NOW + 1), past(NOW), past(null)].map((row) => lingers(row, NOW))).toEqual([true, false, false]);
  expect(lingers(ready({ ends_at: NOW + 1 }), NOW)).toBe(false);
});

test('the words of a row', () => {
  const soon = ready({ ends_at: at(21, 9, 48), ready_at: at(20, 9, 48), objects: 36, ready: 36, asked: 36 });
  expect(t.thaw.state(soon, NOW)).toBe('Ready');
  expect(t.thaw.progress(soon, NOW)).toBe('since 09:48, 0 of 36 downloaded');
  expect(t.thaw.until(soon, NOW)).toEqual({ first: 'Tomorrow, 09:48', second: '19 h 16 min left', soon: true });
  // What is on disk already needs no hurry.
  expect(t.thaw.until({ ...soon, downloaded: 36 }, NOW).soon).toBe(false);
  expect(t.thaw.progress({ ...soon, downloaded: 36 }, NOW)).toBe('all 36 downloaded');
  const cold = batch({
    classes: ['GLACIER', 'DEEP_ARCHIVE'],
    asked_at: NOW - 5 * HOUR,
    due_at: NOW + 7 * HOUR,
    failed: 2,
  });
  expect(t.thaw.classes(cold)).toBe('Flexible, Deep Archive');
  expect(t.thaw.speed(cold)).toBe('Standard, 12 h');
  expect(t.thaw.state(cold, NOW)).toBe('7 h');
  expect(t.thaw.progress(cold, NOW)).toBe('by 21:32 today, 2 failed');
  expect(t.thaw.until(cold, NOW)).toEqual({ first: '7 days after ready', second: 'then tells you', soon: false });
  expect(t.thaw.until({ ...cold, days: null }, NOW).first).toBe('Stays');
  expect(t.thaw.speech(cold, NOW)).toBe(
    'Scans, 10 objects, 5.00 gigabytes, Flexible, Deep Archive, Standard, $0.25, Thawing, in 7 h, by 21:32 today, 2 failed, copy stays until: 7 days after ready, then tells you',
  );
});

test('the place of a batch is told by its end', () => {
  const place = (text: string): string => t.thaw.placeOf(batch({ place: text }));
  expect(place('archive/culverts/ford-lane/2023/')).toBe('…/culverts/ford-lane/2023/');
  expect(place('2025/cases/')).toBe('archive/2025/cases/');
  expect(place('')).toBe('archive/');
});

test('the head counts what is open and what was asked for this month', () => {
  const board = {
    open: [batch(), batch({ state: 'asking' }), ready()],
    past: [],
    month: 3_050_000_000,
    currency: 'USD',
  };
  expect(t.thaw.head(board, Date.UTC(2026, 10, 20))).toBe('2 thawing, 1 ready. $3.05 asked for in November.');
  expect(t.thaw.head({ ...board, open: [], month: 0 }, Date.UTC(2026, 10, 20))).toBe(
    'Nothing is thawing. Nothing to pay for in November.',
  );
  expect(t.thaw.head({ ...board, month: null }, Date.UTC(2026, 10, 20))).toContain('Not all prices are known');
});

test('an unknown price is no free one', () => {
  expect(t.thaw.price(price(0, 'unknown'))).toBe('unknown');
  expect(t.thaw.price(price(0, 'free'))).toBe('nothing');
  expect(t.thaw.price(null)).toBe('–');
});

test('an offer is chosen that is not refused, the usual one where it can be', () => {
  const offer = (speed: ThawSpeed, refused = ''): ThawOffer => ({
    ...{ speed, refused, least_seconds: 0, most_seconds: 1 },
    price: price(1),
  });
  const all = [offer('expedited'), offer('standard'), offer('bulk')];
  expect(firstOffer(all)?.speed).toBe('standard');
  expect(firstOffer([offer('expedited', 'no'), offer('standard', 'no'), offer('bulk')])?.speed).toBe('bulk');
  expect(firstOffer(all.map((each) => ({ ...each, refused: 'no' })))).toBeNull();
});

test('how long an offer takes', () => {
  expect(spanOf(60, 300)).toBe('1 to 5 min');
  expect(spanOf(3 * 3600, 5 * 3600)).toBe('3 to 5 h');
  expect(spanOf(0, 12 * 3600)).toBe('up to 12 h');
  expect(spanOf(1800, 5 * 3600)).toBe('30 min to 5 h');
  expect(spanOf(12 * 3600, 12 * 3600)).toBe('about 12 h');
});

test('days are whole ones from 1 to 365, and only copies have them', () => {
  expect(['7', ' 365 ', '1'].map(readDays)).toEqual([7, 365, 1]);
  expect(['0', '366', '', '1.5', '-3', '7 days', '1e2'].map(readDays)).toEqual([
    null,
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
  expect(hasDays(['INTELLIGENT_TIERING', 'INTELLIGENT_TIERING_DEEP'])).toBe(false);
  expect(hasDays(['INTELLIGENT_TIERING', 'GLACIER'])).toBe(true);
});

test('what the list says of an archived object', () => {
  const row = { class: 'DEEP_ARCHIVE' } as Parameters<typeof t.thaw.object.hint>[0];
  expect(t.thaw.object.hint(row, null, NOW)).toBe('Archived. Back in 12 h once it is thawed, or in 48 h for less.');
  const thawing = { readable: false, due: at(20, 21, 10), ends: null };
  expect(t.thaw.object.state(thawing)).toBe('Thawing');
  expect(t.thaw.object.hint(row, thawing, NOW)).toBe('Thawing. Ready by 21:10 today.');
  expect(t.thaw.object.hint(row, thawing, at(20, 22))).toBe('Thawing. It takes longer than usual.');
  const thawed = { readable: true, due: null, ends: at(21, 9, 48) };
  expect(t.thaw.object.state(thawed)).toBe('Thawed');
  expect(t.thaw.object.hint(row, thawed, NOW)).toBe('Thawed. It can be downloaded until tomorrow, 09:48.');
});
