import { expect, test } from 'vitest';
import * as f from '../src/lib/util/format';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 KB'],
  [18_000, '18 KB'],
  [999_499, '999 KB'],
  [999_500, '1.0 MB'],
  [24_800_000, '24.8 MB'],
  [999_960_000, '1.00 GB'],
  [1_214_000_000, '1.21 GB'],
  [212_600_000_000, '212.6 GB'],
  [5e18, '5000.0 PB'],
])('%i bytes are %s', (bytes, text) => {
  expect(f.size(bytes)).toBe(text);
});

test('sizes are spoken in words', () => {
  expect([0, 1, 44_000, 24_800_000, 1_214_000_000].map(f.spokenSize)).toEqual([
    '0 bytes',
    '1 byte',
    '44 kilobytes',
    '24.8 megabytes',
    '1.21 gigabytes',
  ]);
});

test('part of a whole in one unit', () => {
  expect(f.sizeOf(131_200_000_000, 148_600_000_000)).toEqual({ done: '131.2', total: '148.6 GB' });
  expect(f.sizeOf(24_000_000, 1_480_000_000)).toEqual({ done: '24.0 MB', total: '1.48 GB' });
});

test('rates and limits', () => {
  expect(f.rate(2_300_000)).toBe('18.4 Mbit/s');
  expect(f.rate(0)).toBe('0.0 Mbit/s');
  expect(f.rate(125_000_000)).toBe('1,000 Mbit/s');
  expect(f.limit(2_500_000)).toBe('20 Mbit/s');
});

test.each([
  [0, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [7560, '2 h 6 min'],
  [7200, '2 h'],
  [400_000, '5 days'],
])('%i seconds are %s', (seconds, text) => {
  expect(f.duration(seconds)).toBe(text);
});

test('a hundred percent only when it is all', () => {
  expect(f.percent(999_999, 1_000_000)).toBe(99);
  expect(f.percent(5, 5)).toBe(100);
  expect(f.percent(0, 0)).toBe(0);
});

test('kinds of files', () => {
  expect(f.fileKind('DJI_1.JPG')).toBe('image');
  expect(f.fileKind('.jpg')).toBe('other');
  expect(f.looksLikePicture('a/b.JPEG')).toBe(true);
  expect(f.looksLikePicture('a.CR3')).toBe(true);
  expect(f.looksLikePicture('a.mov')).toBe(true);
  expect(f.looksLikePicture('a.txt')).toBe(false);
});

test('classes have names, unknown ones stay', () => {
  expect(f.storageClass('DEEP_ARCHIVE')).toBe('Deep Archive');
  expect(f.storageClass('NEW_CLASS')).toBe('NEW_CLASS');
});

test('short days: the year only where it is another one', () => {
  const now = Date.UTC(2026, 10, 27, 12);
  expect(f.shortDay(Date.UTC(2026, 1, 3, 12), now)).toBe('3 Feb');
  expect(f.shortDay(Date.UTC(2025, 11, 31, 12), now)).toBe('Dec 2025');
});
