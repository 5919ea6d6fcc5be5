import { expect, test } from 'vitest';
import type { DiffLine, VersionRow } from '../src/lib/api/types';
import type { Backend } from '../src/lib/backend';
import { sampleDiff } from '../src/lib/backend/mock-compare';
import {
  before,
  compareBlocked,
  currentBut,
  lookBlocked,
  pairOf,
  sideOf,
  skipped,
  widest,
} from '../src/lib/state/compare';
import { Versions } from '../src/lib/state/versions.svelte';

function version(id: string, more: Partial<VersionRow> = {}): VersionRow {
  const plain = { latest: false, marker: false, size: 5, modified: 1, etag: '"e"', class: 'STANDARD', archived: false };
  return { version: id, owner: null, ...plain, ...more };
}

const line = (kind: DiffLine['kind'], old: number | null, fresh: number | null, text = 'x'): DiffLine => ({
  kind,
  old,
  new: fresh,
  text,
});

test('two versions are chosen, of three the first goes, and what stands below is the older one', () => {
  const versions = new Versions({} as Backend);
  const rows = [version('3', { latest: true }), version('2'), version('1')];
  for (const id of ['1', '3']) versions.choose(id);
  expect(pairOf(rows, versions.chosen)).toEqual({ newer: rows[0], older: rows[2] });
  versions.choose('2');
  expect(versions.chosen).toEqual(['3', '2']);
  versions.choose('3');
  expect(versions.chosen).toEqual(['2']);
  expect(pairOf(rows, versions.chosen)).toBeNull();
});

test('what a version can be compared with', () => {
  const marker = version('m', { marker: true });
  const frozen = version('1', { archived: true });
  const rows = [version('3', { latest: true }), marker, version('2'), frozen];
  expect(before(rows, 0)?.version).toBe('2');
  expect(before(rows, 3)).toBeUndefined();
  expect(currentBut(rows, 2)?.version).toBe('3');
  expect(currentBut(rows, 0)).toBeUndefined();
  expect(currentBut([marker, ...rows], 1)).toBeUndefined();
  expect(lookBlocked(marker)).toMatch(/holds nothing/);
  expect(compareBlocked(version('2'), frozen, '')).toMatch(/thawed/);
  expect(compareBlocked(version('2'), undefined, 'none')).toBe('none');
  expect(compareBlocked(version('2'), version('1'), '')).toBeNull();
  expect(sideOf(version('2'))).toEqual({ version: '2', etag: '"e"', size: 5 });
});

test('a gap tells how many lines it leaves out, but not at the end', () => {
  const lines = [
    line('skip', null, null),
    line('same', 11, 11),
    line('gone', 12, null),
    line('new', null, 12),
    line('skip', null, null),
    line('same', 20, 20),
    line('skip', null, null),
  ];
  expect([0, 4, 6].map((i) => skipped(lines, i))).toEqual([10, 7, null]);
  expect(widest([line('same', 1, 1, 'ab'), line('new', null, 2, '\tab')])).toBe(6);
});

test('the sample diff puts the newer text together from the older one', () => {
  const older = Array.from({ length: 30 }, (_, i) => `line ${i}`);
  const newer = older.flatMap((text, i) => (i === 3 ? [] : i === 20 ? ['other', text] : [text]));
  const { lines, gone, new: fresh } = sampleDiff(older.join('\n'), newer.join('\n'));
  expect([gone, fresh]).toEqual([1, 1]);
  expect(lines.filter(({ kind }) => kind === 'gone').map(({ old, text }) => [old, text])).toEqual([[4, 'line 3']]);
  expect(lines.filter(({ kind }) => kind === 'new').map((each) => [each.new, each.text])).toEqual([[20, 'other']]);
  expect(lines.filter(({ kind }) => kind === 'skip')).toHaveLength(2);
});
