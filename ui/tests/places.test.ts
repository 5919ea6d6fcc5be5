import { beforeEach, expect, test } from 'vitest';
import { MAX_RECENT, Places, routeOf } from '../src/lib/state/places.svelte';

const at = (prefix: string, connection = 'c1') => ({ connection, bucket: 'b', prefix });
const names = (places: Places): string[] => places.bookmarks.map((bookmark) => bookmark.name);

beforeEach(() => localStorage.clear());

function three(): Places {
  const places = new Places();
  for (const name of ['one', 'two', 'three']) places.add(at(`${name}/`), name);
  return places;
}

test('a place has one bookmark, with a name that can be changed', () => {
  const places = three();
  places.add(at('one/'), 'again');
  expect(names(places)).toEqual(['one', 'two', 'three']);
  const two = places.find(at('two/'));
  if (two) places.rename(two, '  zwei ');
  if (two) places.rename(two, '   ');
  expect(names(places)).toEqual(['one', 'zwei', 'three']);
  places.remove({ ...at('one/'), name: 'one', search: null });
  expect(names(new Places())).toEqual(['zwei', 'three']);
});

test('bookmarks are put in order', () => {
  const places = three();
  const three_ = places.find(at('three/'));
  if (three_) places.moveTo(three_, 0);
  expect(names(places)).toEqual(['three', 'one', 'two']);
  if (three_) places.moveTo(three_, 3);
  if (three_) places.moveTo(three_, -1);
  expect(names(new Places())).toEqual(['three', 'one', 'two']);
});

test('the last places: the newest first, each once, 20 at most', () => {
  const places = new Places();
  for (let i = 0; i < 30; i += 1) places.visit(at(`${i}/`));
  places.visit(at('15/'));
  const prefixes = new Places().recent.map((place) => place.prefix);
  expect(prefixes).toHaveLength(MAX_RECENT);
  expect(prefixes.slice(0, 3)).toEqual(['15/', '29/', '28/']);
  expect(new Set(prefixes).size).toBe(MAX_RECENT);
});

test('places of a connection that is gone are forgotten', () => {
  const places = three();
  places.add(at('x/', 'c2'), 'x');
  places.visit(at('x/', 'c2'));
  places.drop((place) => place.connection === 'c2');
  expect(names(new Places())).toEqual(['one', 'two', 'three']);
  expect(new Places().recent).toEqual([]);
});

test('what has not the form of a bookmark is left out', () => {
  const good = { ...at('a/'), name: 'a' };
  localStorage.setItem(
    'windlass.bookmarks',
    JSON.stringify({ version: 1, value: [null, 3, { ...good, name: 7 }, { ...good, bucket: {} }, good] }),
  );
  expect(new Places().bookmarks).toEqual([{ ...good, search: null }]);
});

test('a saved search is a bookmark of its own beside that of its place', () => {
  const places = three();
  const search = { kind: 'search' as const, ...at('one/'), within: 'bucket' as const, text: 'size:>1gb' };
  places.addSearch(search, 'Big ones');
  places.addSearch(search, 'twice');
  expect(names(places)).toEqual(['one', 'two', 'three', 'Big ones']);
  expect(places.find(at('one/'))?.name).toBe('one');
  const kept = new Places().findSearch(search);
  expect(kept && routeOf(kept)).toEqual(search);
  expect(places.findSearch({ ...search, within: 'all' })).toBeNull();
  if (kept) places.rename(kept, 'Huge');
  expect(names(places)).toEqual(['one', 'two', 'three', 'Huge']);
  const one = places.find(at('one/'));
  if (one) places.remove(one);
  expect(names(places)).toEqual(['two', 'three', 'Huge']);
});

test('two windows keep the bookmarks of both', () => {
  const here = new Places();
  const there = new Places();
  here.add(at('one/'), 'one');
  there.add(at('two/'), 'two');
  there.visit(at('two/'));
  here.visit(at('one/'));
  here.read();
  expect(names(here)).toEqual(['one', 'two']);
  const one = here.find(at('one/'));
  if (one) there.remove(one);
  here.add(at('three/'), 'three');
  expect(names(new Places())).toEqual(['two', 'three']);
  expect(new Places().recent.map((place) => place.prefix)).toEqual(['one/', 'two/']);
});
