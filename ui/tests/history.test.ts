import { expect, test, vi } from 'vitest';
import { mockBackend } from '../src/lib/backend/mock';
import {
  goBack,
  goForward,
  keepView,
  MAX_PAST,
  pushRoute,
  startHistory,
  withoutRoutes,
  type Route,
  type TabHistory,
} from '../src/lib/state/history';
import { Listing } from '../src/lib/state/listing.svelte';

const at = (prefix: string): Route => ({ kind: 'browse', connection: 'c1', bucket: 'b', prefix });
const shown = (history: TabHistory): unknown => history.now.route;

test('back and forward go over the same entries', () => {
  let history = pushRoute(pushRoute(startHistory(at('')), at('a/')), at('a/b/'));
  history = goBack(goBack(history));
  expect(shown(history)).toEqual(at(''));
  expect(goBack(history)).toBe(history);
  history = goForward(goForward(history));
  expect(shown(history)).toEqual(at('a/b/'));
  expect(goForward(history)).toBe(history);
});

test('a new place forgets what was ahead; the same place adds nothing', () => {
  const history = goBack(pushRoute(startHistory(at('')), at('a/')));
  expect(pushRoute(history, at(''))).toBe(history);
  expect(pushRoute(history, at('c/')).future).toEqual([]);
});

test('an entry keeps how its list looked', () => {
  const history = pushRoute(keepView(startHistory(at('')), { key: 'x', index: 7 }), at('a/'));
  expect(history.now.view).toBeNull();
  expect(goBack(history).now.view).toEqual({ key: 'x', index: 7 });
});

test('the past is bounded', () => {
  let history = startHistory(at(''));
  for (let i = 0; i < MAX_PAST + 20; i += 1) history = pushRoute(history, at(`${i}/`));
  expect(history.past).toHaveLength(MAX_PAST);
});

test('routes of something that is gone leave the history', () => {
  const folder: Route = { kind: 'folder', id: 'f1' };
  const history = pushRoute(pushRoute(startHistory(at('')), folder), at('a/'));
  expect(withoutRoutes(history, (route) => route.kind === 'folder')?.past.map((entry) => entry.route)).toEqual([
    at(''),
  ]);
  expect(withoutRoutes(startHistory(folder), (route) => route.kind === 'folder')).toBeNull();
  const back = withoutRoutes(goBack(history), (route) => route.kind === 'folder');
  expect(back && shown(back)).toEqual(at(''));
});

const place = { connection: 'c1', bucket: 'inspections-prod', prefix: 'bridges/A14-viaduct/2026-11-20/raw/' };

test('a view brings focus, order, filter, scroll position and ticks back', async () => {
  const listing = new Listing(mockBackend());
  await listing.open(place, false);
  await vi.waitFor(() => expect(listing.focused).toBeDefined());
  listing.sortBy('size');
  listing.setFilter('.mp4');
  await vi.waitFor(() => expect(listing.total).toBe(38));
  listing.focus = 5;
  listing.top = 3.5;
  await vi.waitFor(() => expect(listing.focused?.name).toMatch(/MP4/));
  const name = listing.focused?.name;
  if (listing.focused) listing.selection.toggle(listing.focused);
  const view = listing.view();
  await listing.open({ ...place, prefix: 'bridges/' }, false);
  expect(listing.filter).toBe('');
  await listing.open(place, false, view);
  await vi.waitFor(() => expect(listing.jump).toEqual({ index: 5, top: 3.5 }));
  await vi.waitFor(() => expect(listing.focused?.name).toBe(name));
  expect([listing.sort, listing.descending, listing.filter, listing.total]).toEqual(['size', true, '.mp4', 38]);
  expect(listing.selection.keys()).toEqual(view.picked?.rows.map(([key]) => key));
});

test('ticks do not come back onto another list of the same place', async () => {
  const listing = new Listing(mockBackend());
  await listing.open(place, false);
  await vi.waitFor(() => expect(listing.focused).toBeDefined());
  listing.selection.selectAll();
  const view = listing.view();
  await listing.open(place, true);
  await vi.waitFor(() => expect(listing.summary?.id).not.toBe(view.picked?.id));
  await listing.open(place, false, view);
  await vi.waitFor(() => expect(listing.jump).not.toBeNull());
  expect(listing.selection.count(listing.total)).toBe(0);
});

test('a row is found by its key where it stands now', async () => {
  const backend = mockBackend();
  const listing = new Listing(backend);
  const key = `${place.prefix}DJI_0700.JPG`;
  await listing.open(place, false, { key });
  await vi.waitFor(() => expect(listing.jump).not.toBeNull());
  listing.pages.look(listing.focus, listing.focus + 1);
  await vi.waitFor(() => expect(listing.focused?.key).toBe(key));
  const before = listing.focus;
  const view = listing.view();
  await backend.call('delete_objects', { ...place, keys: [`${place.prefix}DJI_0401.JPG`] });
  await listing.open(place, false, view);
  await vi.waitFor(() => expect(listing.focus).toBe(before - 1));
});
