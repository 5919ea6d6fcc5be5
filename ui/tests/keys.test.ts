import { expect, test } from 'vitest';
import { chord, keyCaps, moveFocus } from '../src/lib/util/keys';

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
