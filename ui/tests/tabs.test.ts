import { beforeEach, expect, test } from 'vitest';
import { pushRoute, startHistory, type Route } from '../src/lib/state/history';
import { readRoute, Tabs } from '../src/lib/state/tabs.svelte';

const at = (prefix: string): Route => ({ kind: 'browse', connection: 'c1', bucket: 'b', prefix });
const prefixes = (tabs: Tabs): unknown[] =>
  tabs.list.map(({ history: { now } }) => (now.route.kind === 'browse' ? now.route.prefix : now.route.kind));
const shown = (tabs: Tabs): unknown => tabs.current?.history.now.route;

beforeEach(() => localStorage.clear());

function three(): Tabs {
  const tabs = new Tabs();
  tabs.set(startHistory(at('a/')));
  tabs.show(tabs.open(at('b/')));
  tabs.show(tabs.open(at('c/')));
  return tabs;
}

test('a new tab stands beside the shown one', () => {
  const tabs = three();
  const first = tabs.list[0];
  if (first) tabs.show(first.id);
  tabs.open(at('x/'));
  expect(prefixes(tabs)).toEqual(['a/', 'x/', 'b/', 'c/']);
});

test('closing shows the one beside it, and never closes the last', () => {
  const tabs = three();
  tabs.close(tabs.current?.id ?? 0);
  expect(shown(tabs)).toEqual(at('b/'));
  tabs.close(tabs.current?.id ?? 0);
  tabs.close(tabs.current?.id ?? 0);
  expect(prefixes(tabs)).toEqual(['a/']);
});

test('tabs come back with their history, without what is gone', () => {
  const tabs = three();
  tabs.set(pushRoute(startHistory({ kind: 'folder', id: 'f1' }), at('d/')));
  const again = new Tabs();
  again.restore((route) => route.kind !== 'folder');
  expect(prefixes(again)).toEqual(['a/', 'b/', 'd/']);
  expect(shown(again)).toEqual(at('d/'));
  expect(again.current?.history.past).toEqual([]);
  const none = new Tabs();
  none.restore(() => false);
  expect(none.current).toBeNull();
});

test('the shown tab is found again when tabs before it are gone', () => {
  const tabs = three();
  tabs.show(tabs.list[1]?.id ?? 0);
  const again = new Tabs();
  again.restore((route) => route.kind === 'browse' && route.prefix !== 'a/');
  expect(prefixes(again)).toEqual(['b/', 'c/']);
  expect(shown(again)).toEqual(at('b/'));
});

test.each([
  'null',
  '{',
  '[]',
  '{"version":1}',
  '{"version":2,"value":{"tabs":[{"now":{"route":{"kind":"folder","id":"f1"}}}],"current":0}}',
  '{"version":1,"value":{"tabs":{"length":3},"current":0}}',
  '{"version":1,"value":{"tabs":[{"now":{"route":{"kind":"browse","connection":7}}}],"current":"x"}}',
  '{"version":1,"value":{"tabs":[{"past":3,"now":{"route":{"kind":"shell","id":"rm"}}}],"current":0}}',
])('what is not ours or not whole is left alone: %s', (kept) => {
  localStorage.setItem('windlass.tabs', kept);
  const tabs = new Tabs();
  tabs.restore(() => true);
  expect(tabs.list).toEqual([]);
  expect(tabs.current).toBeNull();
});

test('a broken view is left out, its place is not', () => {
  const route = at('a/');
  const view = { sort: 'colour', descending: 1, filter: {} };
  localStorage.setItem(
    'windlass.tabs',
    JSON.stringify({ version: 1, value: { tabs: [{ past: [], now: { route, view }, future: [] }], current: 99 } }),
  );
  const tabs = new Tabs();
  tabs.restore(() => true);
  expect(tabs.current?.history.now).toEqual({ route, view: null });
});

test('a place in time comes back with its moment; what it does not know is as at first', () => {
  const place = { kind: 'time', connection: 'c1', bucket: 'b', prefix: 'a/' } as const;
  const route: Route = { ...place, moment: 1_700_000_000_000, range: '1y', show: 'deleted', text: 'dji' };
  const tabs = new Tabs();
  tabs.set(startHistory(route));
  const again = new Tabs();
  again.restore(() => true);
  expect(shown(again)).toEqual(route);
  expect(readRoute({ ...place, moment: 'soon', range: 'ever', show: 'all' })).toEqual({
    ...place,
    ...{ moment: null, range: '12w', show: 'differences', text: '' },
  });
});
