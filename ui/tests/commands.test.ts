import { expect, test } from 'vitest';
import { t } from '../src/lib/i18n';
import { capsOf, commandFor, COMMANDS, tip } from '../src/lib/state/commands';

test('no two commands have the same keys, and every name belongs to one command', () => {
  const keys = COMMANDS.flatMap((command) => command.keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(COMMANDS.map((command) => command.id).sort()).toEqual(Object.keys(t.commands.names).sort());
});

test.each([
  ['ctrl+k', 'palette'],
  ['ctrl+l', 'path'],
  ['/', 'filter'],
  ['alt+arrowleft', 'back'],
  ['alt+arrowright', 'forward'],
  ['alt+arrowup', 'up'],
  ['ctrl+a', 'select-all'],
  ['ctrl+i', 'inspector'],
  ['ctrl+j', 'transfers'],
  ['ctrl+u', 'upload'],
  ['ctrl+d', 'download'],
  ['ctrl+shift+c', 'copy-address'],
  ['ctrl+shift+p', 'pause-all'],
  ['delete', 'delete'],
  ['f6', 'next-region'],
  ['shift+f6', 'previous-region'],
  ['escape', 'escape'],
  ['ctrl+1', 'list-view'],
  ['ctrl+2', 'gallery-view'],
  ['ctrl+y', 'look'],
  ['ctrl+shift+t', 'time'],
  ['ctrl+shift+r', 'restore-moment'],
  ['ctrl+shift+a', 'thaw-board'],
])('%s is the key of %s, as the specification has it', (keys, id) => {
  expect(commandFor(keys, false)?.id).toBe(id);
});

test('keys that belong to text are left to a field', () => {
  for (const keys of ['/', '?', 'ctrl+a', 'delete', 'escape']) expect(commandFor(keys, true)).toBeNull();
  expect(commandFor('ctrl+k', true)?.id).toBe('palette');
  expect(commandFor('alt+arrowleft', true, false)?.id).toBe('back');
  expect(commandFor('alt+arrowleft', true, true)).toBeNull();
});

test('keys that the list itself follows are listed, not run', () => {
  expect(commandFor('enter', false)).toBeNull();
  expect(capsOf('toggle')).toEqual(['Space']);
});

test('tooltips name the keys', () => {
  expect(tip('transfers', 'Show transfers')).toBe('Show transfers (Ctrl+J)');
  expect(tip('new-folder')).toBe('New folder…');
});
