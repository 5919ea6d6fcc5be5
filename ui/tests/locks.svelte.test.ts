import { expect, test, vi } from 'vitest';
import type { JobRow, LockRow, ObjectRow } from '../src/lib/api/types';
import type { Backend } from '../src/lib/backend';
import { Locks } from '../src/lib/state/locks.svelte';

const AT = { connection: 'c', bucket: 'b' };
const object = (key: string, etag = '1'): ObjectRow => ({
  key,
  name: key,
  folder: key.endsWith('/'),
  size: 1,
  modified: 1,
  class: 'STANDARD',
  etag,
  state: 'stored',
  name_problem: null,
  deleted_at: null,
});
const lock = (key: string): LockRow => ({
  key,
  version: null,
  mode: 'governance',
  until: 9,
  hold: false,
  holds: true,
  why: 'kept',
});

async function locks(on = true, answer: (keys: string[]) => LockRow[] = (keys) => keys.map(lock)) {
  const asked: string[][] = [];
  const call = vi.fn((name: string, args: { keys: string[] }) => {
    if (name === 'bucket_lock') return Promise.resolve({ on, default: null });
    asked.push(args.keys);
    try {
      return Promise.resolve(answer(args.keys));
    } catch (thrown) {
      return Promise.reject(thrown as Error);
    }
  });
  const made = new Locks({ call } as unknown as Backend);
  made.want(AT);
  await vi.advanceTimersByTimeAsync(0);
  return { locks: made, asked, call };
}

test('where Object Lock is off nothing is asked about objects', async () => {
  vi.useFakeTimers();
  const { locks: off, asked } = await locks(false);
  expect(off.inView(AT, object('a'))).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toEqual([]);
});

test('rows in view are asked for together, a hundred at a time, and only once for each version', async () => {
  vi.useFakeTimers();
  const { locks: on, asked } = await locks();
  for (let i = 0; i < 130; i += 1) on.inView(AT, object(`k${i}`));
  on.inView(AT, object('folder/'));
  on.inView(AT, { ...object('gone'), state: 'deleted' });
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(120);
  expect(asked.map((keys) => keys.length)).toEqual([100]);
  await vi.advanceTimersByTimeAsync(120);
  expect(asked.map((keys) => keys.length)).toEqual([100, 30]);
  expect(on.of(AT, 'k7')?.holds).toBe(true);
  expect(on.of(AT, 'gone')).toBeUndefined();
  expect(on.inView(AT, object('k7'))).toBeUndefined();
  on.inView(AT, object('k7', '2'));
  await vi.advanceTimersByTimeAsync(120);
  expect(asked.at(-1)).toEqual(['k7']);
});

test('what was scrolled past before it was asked for is not asked for', async () => {
  vi.useFakeTimers();
  const { locks: on, asked } = await locks();
  const passed = on.inView(AT, object('passed'));
  on.inView(AT, object('stays'));
  passed?.();
  await vi.advanceTimersByTimeAsync(500);
  expect(asked).toEqual([['stays']]);
});

test('what the server did not say is remembered as that, and a lock job makes it asked again', async () => {
  vi.useFakeTimers();
  let broken = true;
  const { locks: on } = await locks(true, (keys) => {
    if (broken) throw new Error('no');
    return keys.map(lock);
  });
  on.inView(AT, object('a'));
  await vi.advanceTimersByTimeAsync(200);
  expect(on.of(AT, 'a')).toBeNull();
  broken = false;
  on.ended({ kind: 'purge' } as JobRow);
  expect(on.of(AT, 'a')).toBeNull();
  on.ended({ kind: 'lock' } as JobRow);
  on.inView(AT, object('a'));
  await vi.advanceTimersByTimeAsync(200);
  expect(on.of(AT, 'a')?.mode).toBe('governance');
});

test('many objects are read in steps of a hundred', async () => {
  vi.useFakeTimers();
  const { locks: on, asked } = await locks();
  const keys = Array.from({ length: 201 }, (_, i) => `k${i}`);
  expect(await on.read(AT, keys)).toHaveLength(201);
  expect(asked.map((each) => each.length)).toEqual([100, 100, 1]);
});
