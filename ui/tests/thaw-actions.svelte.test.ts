import { expect, test, vi } from 'vitest';
import type { ObjectRow } from '../src/lib/api/types';
import type { App } from '../src/lib/state/app.svelte';
import { Selection } from '../src/lib/state/selection.svelte';
import type { ToastAction } from '../src/lib/state/toasts.svelte';
import { downloadMeant } from '../src/lib/state/thaw-actions';

const PLACE = { connection: 'c', bucket: 'b', prefix: '' };
const row = (key: string, state: ObjectRow['state']): ObjectRow => ({ key, size: 1, state }) as ObjectRow;

/** An app with these rows ticked; those named can be read by now. */
function appWith(rows: ObjectRow[], thawed: string[] = []) {
  const selection = new Selection();
  selection.only(rows);
  const pages = { here: () => rows.values() };
  const selectedKeys = () => Promise.resolve(rows.map(({ key }) => key));
  const listing = { place: PLACE, selection, total: rows.length, focused: rows[0], pages, selectedKeys };
  const show = vi.fn<(kind: string, text: string, detail: null, action: ToastAction) => void>();
  const download = vi.fn(() => Promise.resolve());
  const standing = (_: unknown, key: string) => (thawed.includes(key) ? { readable: true } : null);
  const app = { listing, download, thaw: { standing }, toasts: { show }, fail: vi.fn(), dialog: null };
  return { app: app as unknown as App, show, download };
}

test('hb23 what is archived is not downloaded in vain: the way to thaw it is shown, and the rest comes', async () => {
  const { app, show, download } = appWith([row('a', 'archived'), row('b', 'stored'), row('c', 'archived')], ['c']);
  await downloadMeant(app);
  expect(download).toHaveBeenCalledExactlyOnceWith(['b', 'c']);
  const [kind, text, , action] = show.mock.lastCall ?? [];
  expect([kind, text]).toEqual([
    'info',
    '1 of 3 is archived and cannot be read before that is thawed. The others are downloaded.',
  ]);
  action?.run();
  expect(app.dialog).toMatchObject({ kind: 'thaw', bucket: 'b', from: { kind: 'roots', roots: ['a'] } });
});

test('hb23 where all of it is archived nothing is downloaded, and where none is nothing is said', async () => {
  const cold = appWith([row('a', 'archived')]);
  await downloadMeant(cold.app);
  expect(cold.download).toHaveBeenCalledExactlyOnceWith([]);
  expect(cold.show.mock.lastCall?.[1]).toBe('It is archived and cannot be read before it is thawed.');
  const warm = appWith([row('a', 'stored')]);
  await downloadMeant(warm.app);
  expect(warm.show).not.toHaveBeenCalled();
});
