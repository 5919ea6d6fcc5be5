import { expect, test } from 'vitest';
import type { LockRow } from '../src/lib/api/types';
import {
  changeOf,
  dayFault,
  daysLeft,
  formOf,
  isBadNumber,
  isoDay,
  isTyped,
  parseDay,
  purgeOf,
  purgeRoots,
  spanEnd,
} from '../src/lib/util/lock';

const NOW = Date.UTC(2026, 10, 27, 21, 30);
const row = (more: Partial<LockRow>): LockRow => ({
  key: 'a',
  version: null,
  mode: null,
  until: null,
  hold: false,
  holds: false,
  why: '',
  ...more,
});

test('a day is read as it is written, at noon in UTC, or not at all', () => {
  expect(parseDay('2027-03-01')).toBe(Date.UTC(2027, 2, 1, 12));
  expect(parseDay(' 1  March 2027 ')).toBe(Date.UTC(2027, 2, 1, 12));
  expect(parseDay('1. Mar. 2027')).toBe(Date.UTC(2027, 2, 1, 12));
  for (const bad of ['', 'soon', '2027-02-29', '2027-13-01', '31 June 2027', '2027-03', '1 Foo 2027']) {
    expect(parseDay(bad), bad).toBeNull();
  }
  expect(isoDay(Date.UTC(2027, 2, 1, 23, 59))).toBe('2027-03-01');
});

test('spans end on a day of the calendar', () => {
  expect(isoDay(spanEnd({ days: 30 }, NOW))).toBe('2026-12-27');
  expect(isoDay(spanEnd({ years: 7 }, NOW))).toBe('2033-11-27');
  expect(isoDay(spanEnd({ years: 1 }, Date.UTC(2028, 1, 29)))).toBe('2029-03-01');
  expect(daysLeft(NOW + 86_400_001, NOW)).toBe(2);
  expect(daysLeft(NOW - 1, NOW)).toBe(0);
});

test('the dialog begins with what the object has, else with the default of the bucket', () => {
  const kept = row({ mode: 'compliance', until: Date.UTC(2027, 2, 3), holds: true });
  expect(formOf(kept, null, NOW)).toEqual({ mode: 'compliance', day: '2027-03-03', hold: 'leave' });
  expect(formOf(row({ mode: 'compliance', until: NOW - 1 }), null, NOW).mode).toBe('governance');
  expect(formOf(null, { mode: 'compliance', days: null, years: 2 }, NOW)).toEqual({
    mode: 'compliance',
    day: '2028-11-27',
    hold: 'leave',
  });
});

test('a form changes only what it says, and never shortens', () => {
  const form = { mode: 'governance', day: '2027-03-01', hold: 'leave' } as const;
  const until = Date.UTC(2027, 2, 1, 12);
  expect(changeOf(form, NOW)).toEqual({ mode: 'governance', until, hold: null });
  expect(changeOf({ ...form, mode: 'stay' }, NOW)).toBeNull();
  expect(changeOf({ ...form, mode: 'stay', day: 'rubbish', hold: 'off' }, NOW)).toEqual({
    mode: null,
    until: null,
    hold: false,
  });
  expect(changeOf({ ...form, hold: 'on' }, NOW)?.hold).toBe(true);
  expect(dayFault({ ...form, day: '2026-11-27' }, NOW)).toBe('past');
  expect(dayFault({ ...form, day: '2027' }, NOW)).toBe('none');
  expect(dayFault(form, NOW, Date.UTC(2027, 2, 2))).toBe('earlier');
  expect(dayFault(form, NOW, Date.UTC(2027, 2, 1, 18))).toBeNull();
  expect(changeOf(form, NOW, Date.UTC(2027, 2, 2))).toBeNull();
});

test('only the very day that is asked for counts as typed', () => {
  expect(isTyped('2027-03-01', '2027-03-01')).toBe(true);
  expect(isTyped('1 March 2027', '2027-03-01')).toBe(true);
  for (const bad of ['', '2027-03-02', '2027-3', '20270301']) expect(isTyped(bad, '2027-03-01'), bad).toBe(false);
});

test('a purge takes numbers, none for no limit, and nothing else', () => {
  const form = { days: '90', keep: '', megabytes: '1.5', markers: true };
  expect(purgeOf(form)).toEqual({ days: 90, keep: 0, bytes: 1_500_000, markers: true });
  expect(purgeOf({ ...form, megabytes: '0,25' })?.bytes).toBe(250_000);
  for (const bad of ['-1', '1.5', 'x', '1e3']) expect(purgeOf({ ...form, days: bad }), bad).toBeNull();
  expect(isBadNumber('1.5')).toBe(true);
  expect(isBadNumber('1.5', false)).toBe(false);
  const from = (scope: 'meant' | 'place' | 'bucket') => purgeRoots(scope, ['x', 'y/'], 'p/').map((each) => each.from);
  expect([from('meant'), from('place'), from('bucket')]).toEqual([['x', 'y/'], ['p/'], ['']]);
});
