import { expect, test, vi } from 'vitest';
import type { LockRow, ObjectRow } from '../src/lib/api/types';
import type { App } from '../src/lib/state/app.svelte';
import { askDestroy, deleteBlocked, withoutLocked } from '../src/lib/state/lock';
import { Selection } from '../src/lib/state/selection.svelte';

const NOW = Date.UTC(2026, 10, 27);
const PLACE = { connection: 'c', bucket: 'b', prefix: '' };
const lock = (key: string, more: Partial<LockRow> = {}): LockRow => ({
  key,
  version: null,
  mode: 'compliance',
  until: Date.UTC(2099, 2, 3),
  hold: false,
  holds: true,
  why: '',
  ...more,
});

/** An app with these locks; what is not among them is free. */
function appWith(rows: LockRow[], { on = true, fails = false } = {}) {
  const known = new Map(rows.map((row) => [row.key, row]));
  const selection = new Selection();
  const listing = { place: PLACE, selection, total: 9, focused: undefined as ObjectRow | undefined };
  const show = vi.fn();
  const locks = {
    isOn: () => on,
    of: (_: unknown, key: string) => known.get(key),
    ofVersion: (_: unknown, key: string) => known.get(key),
    readVersion: () => Promise.resolve(null),
    read: (_: unknown, keys: string[]) =>
      fails ? Promise.reject(new Error('no')) : Promise.resolve(keys.flatMap((key) => known.get(key) ?? [])),
  };
  const app = { listing, locks, toasts: { show }, dialog: null } as unknown as App;
  const tick = (...keys: string[]): void =>
    selection.only(keys.map((key) => ({ key, size: 1, state: 'stored' }) as ObjectRow));
  return { app, listing, selection, show, tick };
}

test('a delete is off only where all that is meant is known to be locked', () => {
  const { app, listing, selection, tick } = appWith([
    lock('a'),
    lock('b', { mode: 'governance', until: Date.UTC(2098, 0, 1) }),
  ]);
  expect(deleteBlocked(app, NOW)).toBeNull();
  listing.focused = { key: 'a' } as ObjectRow;
  expect(deleteBlocked(app, NOW)).toBe('Kept until 3 March 2099 (compliance). Nobody can delete it before then.');
  tick('a', 'b');
  expect(deleteBlocked(app, NOW)).toContain('until 1 January 2098');
  tick('a', 'free');
  expect(deleteBlocked(app, NOW)).toBeNull();
  selection.selectAll();
  expect(deleteBlocked(app, NOW)).toBeNull();
});

test('where Object Lock is off no lock is looked at', () => {
  const { app, listing } = appWith([lock('a')], { on: false });
  listing.focused = { key: 'a' } as ObjectRow;
  expect(deleteBlocked(app, NOW)).toBeNull();
});

test('locked objects are left out of a delete, folders are not looked at, and who may not read locks can delete', async () => {
  const { app, show } = appWith([lock('a')]);
  expect(await withoutLocked(app, ['a', 'free', 'folder/'])).toEqual(['free', 'folder/']);
  expect(show).not.toHaveBeenCalled();
  expect(await withoutLocked(app, ['a'])).toEqual([]);
  expect(show).toHaveBeenCalledOnce();
  expect(await withoutLocked(appWith([lock('a')], { fails: true }).app, ['a'])).toEqual(['a']);
});

test('neither the current version nor a locked one is destroyed', async () => {
  const version = { version: 'v', latest: false } as Parameters<typeof askDestroy>[2];
  const subject = { connection: 'c', bucket: 'b', key: 'a' };
  const held = appWith([lock('a')]);
  await askDestroy(held.app, subject, version);
  expect(held.app.dialog).toBeNull();
  const free = appWith([]);
  await askDestroy(free.app, subject, { ...version, latest: true });
  expect(free.app.dialog).toBeNull();
  await askDestroy(free.app, subject, version);
  expect(free.app.dialog).toMatchObject({ kind: 'job', request: { kind: 'purge', purge_version: 'v' } });
});
