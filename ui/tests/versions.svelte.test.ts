import { expect, test } from 'vitest';
import type { JobRow, VersionRow, VersionsPage } from '../src/lib/api/types';
import type { Backend } from '../src/lib/backend';
import { mockVersions } from '../src/lib/backend/mock-versions';
import { inspectionRows } from '../src/lib/backend/mock-data';
import { actionOf, restoreOf, shortEtag, undeleted, Versions, whatOf } from '../src/lib/state/versions.svelte';

const AT = { connection: 'c', bucket: 'b', key: 'a/x.jpg' };

function version(id: string, more: Partial<VersionRow> = {}): VersionRow {
  const plain = { latest: false, marker: false, size: 5, modified: 1, etag: '"e"', class: 'STANDARD', archived: false };
  return { version: id, owner: null, ...plain, ...more };
}

const marker = (id: string, latest = false): VersionRow => version(id, { marker: true, latest, size: 0 });
const frozen = { archived: true, class: 'GLACIER' };

/** A core whose answers are given by hand. */
function core(): { backend: Backend; asked: unknown[]; answer: (i: number, page: VersionsPage) => Promise<void> } {
  const asked: unknown[] = [];
  const answers: ((page: VersionsPage) => void)[] = [];
  const call = (_: string, args: unknown): Promise<VersionsPage> => {
    asked.push(args);
    return new Promise((resolve) => answers.push(resolve));
  };
  const answer = async (i: number, page: VersionsPage): Promise<void> => {
    answers[i]?.(page);
    for (let n = 0; n < 5; n += 1) await Promise.resolve();
  };
  return { backend: { call } as unknown as Backend, asked, answer };
}

test('nothing is read before somebody asks, and pages are put one below the other', async () => {
  const { backend, asked, answer } = core();
  const versions = new Versions(backend);
  versions.look(AT);
  await versions.more();
  expect(asked).toEqual([]);
  void versions.show();
  expect(versions.loading).toBe(true);
  const next = { key: AT.key, version: '2' };
  await answer(0, { rows: [version('1', { latest: true }), version('2')], next });
  expect(versions.read).toBe(true);
  void versions.more();
  await answer(1, { rows: [version('3')], next: null });
  expect(asked).toEqual([
    { ...AT, after: null },
    { ...AT, after: next },
  ]);
  expect(versions.rows.map((row) => row.version)).toEqual(['1', '2', '3']);
  await versions.more();
  expect(asked).toHaveLength(2);
});

test('an answer for an object that has lost the focus is never shown, nor is one that was stopped', async () => {
  const { backend, answer } = core();
  const versions = new Versions(backend);
  versions.look(AT);
  void versions.show();
  versions.look({ ...AT, key: 'other' });
  expect(versions.loading).toBe(false);
  await answer(0, { rows: [version('old')], next: null });
  expect(versions.rows).toEqual([]);
  expect(versions.read).toBe(false);
  void versions.show();
  versions.stop();
  await answer(1, { rows: [version('late')], next: null });
  expect(versions.read).toBe(false);
  void versions.show();
  versions.look({ ...AT, key: 'other' });
  await answer(2, { rows: [version('here')], next: null });
  expect(versions.rows.map((row) => row.version)).toEqual(['here']);
});

test('what a job did to the object is read again, and only where versions are shown', async () => {
  const { backend, asked, answer } = core();
  const versions = new Versions(backend);
  const job = { connection: 'c', bucket: 'b', to_bucket: 'b', from: AT.key, to: AT.key, chosen: 1 } as JobRow;
  versions.look(AT);
  versions.ended(job);
  expect(asked).toHaveLength(0);
  void versions.show();
  await answer(0, { rows: [version('1', { latest: true })], next: null });
  versions.ended({ ...job, from: 'a/y.jpg', to: 'a/y.jpg' });
  versions.ended({ ...job, connection: 'd' });
  expect(asked).toHaveLength(1);
  versions.ended(job);
  expect(versions.rows.map((row) => row.version)).toEqual(['1']);
  await answer(1, { rows: [version('2', { latest: true }), version('1')], next: null });
  expect(versions.rows.map((row) => row.version)).toEqual(['2', '1']);
});

test('the version on top and markers are not restored; others are, unless they have to be thawed first', () => {
  const rows = [version('1', { latest: true }), version('2'), marker('3'), version('4', frozen)];
  expect(actionOf(rows, 0)).toBeNull();
  expect(actionOf(rows, 1)).toEqual({ kind: 'restore', blocked: null });
  expect(actionOf(rows, 2)).toBeNull();
  expect(actionOf(rows, 3)).toMatchObject({ kind: 'restore', blocked: expect.stringMatching(/thawed/) as string });
  expect(undeleted(rows)).toBeNull();
});

test('below markers alone a version is undeleted, an archived one only below a single marker; further down it is restored', () => {
  const rows = [marker('1', true), marker('2'), version('3', frozen), version('4')];
  expect(undeleted(rows)).toBe(2);
  expect(actionOf(rows, 2)).toMatchObject({ kind: 'undelete', blocked: expect.stringMatching(/thawed/) as string });
  expect(actionOf([marker('1', true), version('3', frozen)], 1)).toEqual({ kind: 'undelete', blocked: null });
  expect(actionOf([marker('1', true), marker('2'), version('3')], 2)).toEqual({ kind: 'undelete', blocked: null });
  expect(actionOf(rows, 3)).toEqual({ kind: 'restore', blocked: null });
  expect(undeleted([marker('1', true)])).toBeNull();
});

test('only the oldest of all was added', () => {
  const rows = [marker('1', true), version('2'), version('3')];
  expect([0, 1, 2].map((i) => whatOf(rows, i, true))).toEqual(['deleted', 'written', 'added']);
  expect(whatOf(rows, 2, false)).toBe('written');
});

test('a restore names one version and asks for nothing else', () => {
  const { kind, bucket, to_bucket, roots, restore } = restoreOf(AT, version('7'), 'remove_marker');
  expect({ kind, bucket, to_bucket, roots }).toEqual({
    kind: 'restore',
    bucket: 'b',
    to_bucket: 'b',
    roots: [{ from: AT.key, to: AT.key }],
  });
  expect(restore).toMatchObject({ version: '7', moment: null, undelete: 'remove_marker', added: 'keep' });
});

test.each([
  ['"9b2cf5a1c0de4411"', '9b2cf5a1…'],
  ['"9b2cf5a1c0de4411-12"', '9b2cf5a1…-12'],
  ['"1"', '1'],
  ['', ''],
])('the ETag %s is shown as %s', (etag, shown) => {
  expect(shortEtag(etag)).toBe(shown);
});

test('the mock pages 2,500 versions and gives each once', () => {
  const { handlers } = mockVersions((_, prefix) => inspectionRows(prefix));
  const key = 'a/flight-log_2026-11-20.csv';
  const seen: string[] = [];
  const sizes: number[] = [];
  let after: VersionsPage['next'] = null;
  do {
    const page: VersionsPage = handlers.object_versions({ connection: 'c1', bucket: 'b', key, after });
    seen.push(...page.rows.map((row) => row.version));
    sizes.push(page.rows.length);
    after = page.next;
  } while (after !== null && sizes.length < 5);
  expect(sizes).toEqual([1000, 1000, 500]);
  expect(new Set(seen).size).toBe(2500);
});
