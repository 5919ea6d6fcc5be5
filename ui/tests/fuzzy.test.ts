import { expect, test } from 'vitest';
import { pieces, rank } from '../src/lib/util/fuzzy';

const items = ['Download', 'New tab', 'Next tab', 'bridges/A14-viaduct/', 'Show or hide transfers'].map((name) => ({
  name,
  sub: name === 'New tab' ? 'beside this one' : '',
}));
const names = (text: string): string[] => rank(text, items, 10).map(({ item }) => item.name);

test('letters in their order find, the better match first', () => {
  expect(names('tab')).toEqual(['New tab', 'Next tab']);
  expect(names('dwn')[0]).toBe('Download');
  expect(names('a14')).toEqual(['bridges/A14-viaduct/']);
  expect(names('viaduct bridges')).toEqual(['bridges/A14-viaduct/']);
  expect(names('zzz')).toEqual([]);
  expect(names('')).toHaveLength(items.length);
});

test('the second text is looked at too, without marks in the name', () => {
  const [found] = rank('beside', items, 10);
  expect(found).toEqual({ item: items[1], pieces: [{ text: 'New tab', hit: false }] });
});

test('the letters that matched are told apart', () => {
  expect(pieces('A14-viaduct', [0, 1, 2, 4])).toEqual([
    { text: 'A14', hit: true },
    { text: '-', hit: false },
    { text: 'v', hit: true },
    { text: 'iaduct', hit: false },
  ]);
  expect(pieces('', [0])).toEqual([]);
});
