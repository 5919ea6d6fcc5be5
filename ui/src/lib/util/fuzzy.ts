import fuzzysort from 'fuzzysort';

/** A piece of a name; `hit` where it has what was typed. */
export interface Piece {
  text: string;
  hit: boolean;
}

/** Something found: the name in pieces. */
export interface Found<T> {
  item: T;
  pieces: Piece[];
}

/**
 * Items whose name, or failing that whose second text, has the typed letters in their order, best first. Fuzzysort ranks
 * as editors do (starts of words, runs of letters), takes words in any order, and says which letters matched.
 */
export function rank<T extends { name: string; sub: string }>(text: string, items: T[], limit: number): Found<T>[] {
  if (text === '') return items.slice(0, limit).map((item) => ({ item, pieces: pieces(item.name, []) }));
  const found = fuzzysort.go(text, items, { keys: [(i) => i.name, (i) => i.sub], limit, threshold: 0.2 });
  return found.map((result) => ({ item: result.obj, pieces: pieces(result.obj.name, result[0]?.indexes ?? []) }));
}

/** Something that was found already, with the words in its name that it was found by. */
export function marked<T extends { name: string }>(words: string, item: T): Found<T> {
  const name = item.name.toLowerCase();
  const hits = words
    .toLowerCase()
    .split(/\s+/)
    .flatMap((word) => {
      const at = word === '' ? -1 : name.indexOf(word);
      return at < 0 ? [] : Array.from(word, (_, i) => at + i);
    });
  return { item, pieces: pieces(item.name, hits) };
}

/** A name cut where hits begin and end. */
export function pieces(name: string, hits: readonly number[]): Piece[] {
  const on = new Set(hits);
  const all: Piece[] = [];
  for (let i = 0; i < name.length; i += 1) {
    const last = all[all.length - 1];
    if (last && last.hit === on.has(i)) last.text += name.charAt(i);
    else all.push({ text: name.charAt(i), hit: on.has(i) });
  }
  return all;
}
