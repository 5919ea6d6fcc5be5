import { expect, test } from 'vitest';
import { KINDS, linesOf, split, type Kind } from '../src/lib/util/kinds';

test('kinds are lines in front of a person’s own, and come back from them', () => {
  const own = ['*.tmp', '', '# mine'];
  for (const kinds of [[], ['photos'], ['photos', 'videos'], Object.keys(KINDS) as Kind[]] as Kind[][]) {
    expect(split([...linesOf(kinds), ...own])).toEqual({ kinds, own });
  }
  expect(linesOf([])).toEqual([]);
  // Order and repetition do not matter.
  expect(linesOf(['videos', 'photos', 'videos'])).toEqual(linesOf(['photos', 'videos']));
});

test('the lines are those that the core is tested with', () => {
  // `domain ignore::s4_only_some_kinds_of_files` reads the same ones.
  expect(linesOf(['audio'])).toEqual([
    '# Only these kinds: audio',
    '*',
    '!*/',
    '!*.[wW][aA][vV]',
    '!*.[mM][pP]3',
    '!*.[mM]4[aA]',
    '!*.[fF][lL][aA][cC]',
    '!*.[aA][aA][cC]',
    '!*.[oO][gG][gG]',
    '# End of kinds',
  ]);
});

test('lines that somebody changed are a person’s', () => {
  const lines = linesOf(['photos']);
  for (const odd of [lines.slice(0, -1), lines.filter((line) => line !== '*'), ['x', ...lines]]) {
    expect(split(odd)).toEqual({ kinds: [], own: odd });
  }
  expect(split([])).toEqual({ kinds: [], own: [] });
});
