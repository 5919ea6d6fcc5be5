import { expect, test } from 'vitest';
import type { ObjectRow } from '../src/lib/api/types';
import { mockBackend } from '../src/lib/backend/mock';
import { isUndelete, undeleteOf } from '../src/lib/state/deleted';
import { startHistory } from '../src/lib/state/history';
import { Listing } from '../src/lib/state/listing.svelte';
import { Selection } from '../src/lib/state/selection.svelte';
import { Tabs } from '../src/lib/state/tabs.svelte';

const PLACE = { connection: 'c1', bucket: 'inspections-prod', prefix: 'bridges/' };

function row(key: string, state: ObjectRow['state'] = 'stored'): ObjectRow {
  const deleted_at = state === 'deleted' ? 1 : null;
  return {
    key,
    name: key,
    folder: false,
    size: 1,
    modified: 1,
    class: '',
    etag: '',
    state,
    name_problem: null,
    deleted_at,
  };
}

test('a selection knows which of its rows are deleted, also after it was kept', () => {
  const selection = new Selection();
  selection.only([row('a'), row('b', 'deleted'), row('c', 'deleted')]);
  expect([selection.gone(), selection.isGone('a'), selection.isGone('b')]).toEqual([2, false, true]);
  const again = new Selection();
  again.load(selection.save());
  expect([again.gone(), again.isGone('c')]).toEqual([2, true]);
  again.toggle(row('b', 'deleted'));
  expect(again.gone()).toBe(1);
});

test('deleted objects are listed when asked for, and what is meant by all leaves them out', async () => {
  const listing = new Listing(mockBackend());
  await listing.open(PLACE, false);
  const without = listing.total;
  listing.deleted = true;
  await listing.open(PLACE, false, listing.view());
  expect(listing.total).toBe(without + 5);
  listing.selection.selectAll();
  const living = await listing.selectedKeys();
  const gone = await listing.selectedGone();
  expect(living).toHaveLength(listing.total - 4);
  expect(gone.filter((key) => !key.endsWith('/'))).toHaveLength(4);
  expect(gone).toContain('bridges/drafts/');
  expect(living).not.toContain('bridges/DJI_0399.JPG');
});

test('each tab remembers by itself whether it shows deleted objects', () => {
  localStorage.clear();
  const tabs = new Tabs();
  tabs.set(startHistory({ kind: 'browse', ...PLACE }));
  tabs.showDeleted(true);
  tabs.show(tabs.open({ kind: 'browse', ...PLACE }));
  expect(tabs.current?.deleted).toBe(false);
  tabs.set(startHistory({ kind: 'browse', ...PLACE, prefix: '' }));
  expect(tabs.list.map((tab) => tab.deleted)).toEqual([true, false]);
});

test('an undelete of a selection names every root and neither a version nor a moment', () => {
  const request = undeleteOf(PLACE, ['a.jpg', 'b/']);
  expect(request.roots).toEqual([
    { from: 'a.jpg', to: 'a.jpg' },
    { from: 'b/', to: 'b/' },
  ]);
  const restore = { version: null, moment: null, undelete: 'copy', deleted: true, changed: false, added: 'keep' };
  expect(request.restore).toEqual({ ...restore, rewritten: false, but: [] });
  expect(isUndelete(request)).toBe(true);
  expect(isUndelete({ ...request, restore: request.restore && { ...request.restore, moment: 1 } })).toBe(false);
});
