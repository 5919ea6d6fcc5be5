import type { TimeChange, TimeChoice, TimeCounts, TimeRow, TimeShow } from '../api/types';

/** Keys that are treated the other way than their kind, with what became of them. */
export type Ticks = ReadonlyMap<string, TimeChange>;

export type Tri = 'true' | 'false' | 'mixed';

/** What a plan does with a row, or why it does nothing. */
export type Fate =
  | 'undelete'
  | 'unmark'
  | 'roll_back'
  | 'thaw_undelete'
  | 'thaw_roll_back'
  | 'hide'
  | 'keep'
  | 'left'
  | 'same_bytes'
  | 'same';

/** Whether a kind takes part, before single keys are looked at. */
export function takesPart(choice: TimeChoice, change: TimeChange): boolean {
  switch (change) {
    case 'deleted':
      return choice.deleted;
    case 'changed':
      return choice.changed;
    case 'rewritten':
      return choice.rewritten;
    case 'added':
      return choice.added === 'hide';
    case 'same':
      return false;
  }
}

/** Whether a row takes part. */
export function isIn(choice: TimeChoice, ticks: Ticks, row: Pick<TimeRow, 'key' | 'change'>): boolean {
  return takesPart(choice, row.change) !== ticks.has(row.key);
}

/** The ticks with one key the other way. What is the same has nothing to be ticked for. */
export function toggleKey(ticks: Ticks, row: Pick<TimeRow, 'key' | 'change'>): Map<string, TimeChange> {
  const next = new Map(ticks);
  if (!next.delete(row.key) && row.change !== 'same') next.set(row.key, row.change);
  return next;
}

/** Kinds that a tab shows and that can take part. */
export function kindsOf(show: TimeShow): TimeChange[] {
  switch (show) {
    case 'deleted':
      return ['deleted'];
    case 'changed':
      return ['changed', 'rewritten'];
    case 'added':
      return ['added'];
    case 'differences':
      return ['deleted', 'changed', 'rewritten', 'added'];
    case 'then':
      return ['deleted', 'changed', 'rewritten'];
  }
}

/** How many keys of a kind there are. */
export function countOf(counts: TimeCounts, change: TimeChange): number {
  switch (change) {
    case 'deleted':
      return counts.deleted.objects;
    case 'changed':
      return counts.changed.objects;
    case 'added':
      return counts.added.objects;
    case 'rewritten':
      return counts.rewritten;
    case 'same':
      return counts.same;
  }
}

/** The tick of all keys of some kinds: `mixed` when some of them take part. Kinds of which there is none say nothing. */
export function triOf(choice: TimeChoice, ticks: Ticks, counts: TimeCounts, kinds: TimeChange[]): Tri {
  let all = 0;
  let inside = 0;
  for (const kind of kinds) {
    const total = countOf(counts, kind);
    let other = 0;
    for (const each of ticks.values()) if (each === kind) other += 1;
    all += total;
    inside += takesPart(choice, kind) ? total - Math.min(total, other) : Math.min(total, other);
  }
  return inside === 0 ? 'false' : inside >= all ? 'true' : 'mixed';
}

/**
 * The choice after a click on the tick of a tab. Over all differences it means what was deleted and changed: hiding what was added
 * is asked for on its own, never by the way.
 */
export function toggleAll(
  choice: TimeChoice,
  ticks: Ticks,
  counts: TimeCounts,
  show: TimeShow,
): { choice: TimeChoice; ticks: Map<string, TimeChange> } {
  const meant = kindsOf(show).filter((kind) => show === 'added' || (kind !== 'added' && kind !== 'rewritten'));
  const kinds = kindsOf(show).filter((kind) => show === 'added' || kind !== 'added');
  const on = triOf(choice, ticks, counts, meant) !== 'true';
  const next = { ...choice };
  if (meant.includes('deleted')) next.deleted = on;
  if (meant.includes('changed')) next.changed = on;
  if (show === 'added') next.added = on ? 'hide' : 'keep';
  else if (!on && kinds.includes('rewritten')) next.rewritten = false;
  return { choice: next, ticks: without(ticks, kinds) };
}

/** Ticks without those of some kinds: their kind was just decided as a whole. */
export function without(ticks: Ticks, kinds: TimeChange[]): Map<string, TimeChange> {
  return new Map([...ticks].filter(([, change]) => !kinds.includes(change)));
}

/** What a plan does with a row. The core decides; this says the same of what is on the screen. */
export function fateOf(choice: TimeChoice, ticks: Ticks, row: TimeRow): Fate {
  if (row.change === 'same') return 'same';
  if (!isIn(choice, ticks, row)) {
    if (row.change === 'added') return 'keep';
    return row.change === 'rewritten' ? 'same_bytes' : 'left';
  }
  if (row.change === 'added') return 'hide';
  const frozen = row.then?.archived === true;
  if (row.change !== 'deleted') return frozen ? 'thaw_roll_back' : 'roll_back';
  if (choice.undelete === 'remove_marker' && row.lone_marker) return 'unmark';
  return frozen ? 'thaw_undelete' : 'undelete';
}
