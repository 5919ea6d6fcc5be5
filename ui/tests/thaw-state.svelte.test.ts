import { expect, test, vi } from 'vitest';
import type { ThawBoard, ThawItem, ThawItems, ThawRow } from '../src/lib/api/types';
import type { Backend } from '../src/lib/backend';
import { Thaw } from '../src/lib/state/thaw.svelte';

const row = (id: string, more: Partial<ThawRow> = {}): ThawRow => ({
  ...{ id, name: id, connection: 'c', bucket: 'b', place: 'raw/', state: 'thawing', waiting: false, objects: 1 },
  ...{ bytes: 1, skipped: 0, classes: ['GLACIER'], speed: 'standard', days: 7, then: { kind: 'tell' }, price: null },
  ...{ asked: 1, ready: 0, failed: 0, downloaded: 0, asked_at: 1, due_at: 500, ready_at: null, ends_at: null },
  ...{ look_at: null, job: null, restored_by: null, folder: null, can_hurry: false, can_extend: false, error: null },
  created: 1,
  ...more,
});
const item = (key: string, more: Partial<ThawItem> = {}): ThawItem => ({
  ...{ seq: 1, key, name: key, version: null, size: 1, class: 'GLACIER', state: 'thawing', ends_at: null, why: '' },
  ...more,
});

/** A core with these batches and objects. */
function core(open: ThawRow[], items: Record<string, ThawItem[]>) {
  const board: ThawBoard = { open, past: [], month: 0, currency: 'USD' };
  const call = vi.fn(
    (name: string, args: { id: string; offset: number; limit: number }): Promise<ThawBoard | ThawItems> => {
      if (name === 'thaws') return Promise.resolve({ ...board });
      const all = items[args.id] ?? [];
      return Promise.resolve({ rows: all.slice(args.offset, args.offset + args.limit), total: all.length });
    },
  );
  const asked = (name: string): number => call.mock.calls.filter(([each]) => each === name).length;
  return { board, asked, call, thaw: new Thaw({ call } as unknown as Backend) };
}

const LATER = Date.now() + 3_600_000;
const PLACE = { connection: 'c', bucket: 'b', prefix: 'raw/' };

test('a plan that is being decided on is none of the board’s', async () => {
  const { thaw } = core(
    [row('w1', { state: 'ready', ends_at: 900 }), row('w2', { state: 'planned', due_at: null })],
    {},
  );
  await thaw.read();
  expect(thaw.open.map(({ id }) => id)).toEqual(['w1', 'w2']);
  thaw.deciding = 'w2';
  expect(thaw.open.map(({ id }) => id)).toEqual(['w1']);
  expect(thaw.row('w2')?.state).toBe('planned');
  expect([thaw.ready, thaw.thawing]).toEqual([1, 0]);
});

test('the list knows what of it is thawing, and looks again only when that changes', async () => {
  const items = { w1: [item('raw/a'), item('raw/b', { state: 'failed' }), item('raw/c', { version: 'v1' })] };
  const { thaw, board, asked } = core(
    [row('w1'), row('far', { place: 'other/' }), row('new', { state: 'planned' })],
    items,
  );
  await thaw.read();
  expect(asked('thaw_items')).toBe(0);
  thaw.show(PLACE);
  await vi.waitFor(() => expect(thaw.standing(PLACE, 'raw/a')).toEqual({ readable: false, due: 500, ends: null }));
  // What could not be asked for is archived as before, and an old version is not the object.
  expect(thaw.standing(PLACE, 'raw/b')).toBeNull();
  expect(thaw.standing(PLACE, 'raw/c')).toBeNull();
  expect(asked('thaw_items')).toBe(1);
  await thaw.read();
  expect(asked('thaw_items')).toBe(1);

  board.open = [row('w1', { state: 'ready', ready: 1, ends_at: LATER })];
  items.w1 = [item('raw/a', { state: 'ready', ends_at: LATER })];
  await thaw.read();
  await vi.waitFor(() => expect(thaw.standing(PLACE, 'raw/a')).toEqual({ readable: true, due: 500, ends: LATER }));
  board.open = [];
  await thaw.read();
  await vi.waitFor(() => expect(thaw.standing(PLACE, 'raw/a')).toBeNull());
});

test('what was fetched can be read until its copy ends, though its batch is over', async () => {
  const ends = Date.now() + 60_000;
  const items = { w1: [item('raw/a', { state: 'downloaded', ends_at: ends })] };
  const { thaw, board } = core([], items);
  board.past = [row('w1', { state: 'past', ends_at: ends }), row('w2', { state: 'past', ends_at: 900 })];
  await thaw.read();
  thaw.show(PLACE);
  await vi.waitFor(() => expect(thaw.standing(PLACE, 'raw/a')).toEqual({ readable: true, due: 500, ends }));
  vi.useFakeTimers({ now: ends });
  try {
    expect(thaw.standing(PLACE, 'raw/a')).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});

test('a plan is dropped; one that still counts is ended first', async () => {
  const { thaw, call } = core([row('w1', { state: 'planned' }), row('w2', { state: 'planning' })], {});
  await thaw.read();
  call.mockClear();
  await thaw.drop('w1');
  expect(call.mock.calls.map(([name]) => name)).toEqual(['drop_thaw']);
  call.mockClear();
  await thaw.drop('w2');
  expect(call.mock.calls.map(([name]) => name)).toEqual(['stop_thaw', 'drop_thaw']);
});

test('of a very large batch only the first objects are known in the list', async () => {
  const many = Array.from({ length: 3000 }, (_, i) => item(`raw/${i}`));
  const { thaw, asked } = core([row('w1', { objects: 3000 })], { w1: many });
  await thaw.read();
  thaw.show(PLACE);
  await vi.waitFor(() => expect(thaw.standing(PLACE, 'raw/999')).not.toBeNull());
  expect(thaw.standing(PLACE, 'raw/1000')).toBeNull();
  expect(asked('thaw_items')).toBe(5);
});
