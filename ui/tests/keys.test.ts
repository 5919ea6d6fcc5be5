import { expect, test } from 'vitest';
import { chord, keyCaps, moveFocus, moveInGrid } from '../src/lib/util/keys';

test.each([
  ['ArrowDown', 0, 1],
  ['ArrowDown', 9, 9],
  ['ArrowUp', 0, 0],
  ['PageDown', 2, 6],
  ['PageDown', 8, 9],
  ['PageUp', 2, 0],
  ['Home', 5, 0],
  ['End', 5, 9],
  ['x', 5, null],
])('%s from %i goes to %s', (key, at, to) => {
  expect(moveFocus(key, at, 10, 4)).toBe(to);
});

test('nothing moves in an empty list', () => {
  expect(moveFocus('End', 0, 0, 4)).toBeNull();
});

type Mods = Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>>;
const press = (key: string, mods: Mods = {}, mac = false) =>
  chord({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...mods }, mac);

test('chords have one name each', () => {
  expect(press('l', { ctrlKey: true })).toBe('ctrl+l');
  expect(press('l', { metaKey: true })).toBe('meta+l');
  expect(press('l', { metaKey: true }, true)).toBe('ctrl+l');
  expect(press('Tab', { ctrlKey: true, shiftKey: true }, true)).toBe('control+shift+tab');
  expect(press(' ')).toBe('space');
  expect(press('C', { ctrlKey: true, shiftKey: true })).toBe('ctrl+shift+c');
  expect(press('F6', { shiftKey: true })).toBe('shift+f6');
  expect(press('ArrowLeft', { altKey: true })).toBe('alt+arrowleft');
  expect(press('/')).toBe('/');
  expect(press('/', { shiftKey: true })).toBe('/');
});

test('key caps', () => {
  expect(keyCaps('ctrl+shift+c', false)).toEqual(['Ctrl', 'Shift', 'C']);
  expect(keyCaps('ctrl+shift+c', true)).toEqual(['⌘', '⇧', 'C']);
  expect(keyCaps('alt+arrowleft', false)).toEqual(['Alt', '←']);
  expect(keyCaps('f5', false)).toEqual(['F5']);
});

test('in a grid of tiles the arrows go to the tile beside and to the one below', () => {
  // 0 1 2 3
  // 4 5 6 7
  // 8 9
  const to = (key: string, at: number): number | null => moveInGrid(key, at, 10, 4, 8);
  expect([to('ArrowRight', 3), to('ArrowLeft', 4), to('ArrowRight', 9), to('ArrowLeft', 0)]).toEqual([4, 3, 9, 0]);
  expect([to('ArrowDown', 1), to('ArrowDown', 5), to('ArrowDown', 7), to('ArrowDown', 8)]).toEqual([5, 9, 9, 8]);
  expect([to('ArrowUp', 9), to('ArrowUp', 4), to('ArrowUp', 2)]).toEqual([5, 0, 2]);
  expect([to('Home', 7), to('End', 1), to('PageDown', 0), to('a', 3)]).toEqual([0, 9, 8, null]);
  expect(moveInGrid('ArrowDown', 0, 0, 4, 8)).toBeNull();
});
