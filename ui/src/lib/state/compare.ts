import type { DiffLine, VersionRow, VersionSide } from '../api/types';
import { t } from '../i18n';
import type { App } from './app.svelte';

/** Two versions of one object, the older one first. */
export interface Pair {
  older: VersionRow;
  newer: VersionRow;
}

/** Why a row cannot be looked into, or `null`. */
export function lookBlocked(row: VersionRow): string | null {
  if (row.marker) return t.compare.isMarker;
  return row.archived ? t.versions.frozen(row.modified) : null;
}

/** Why two rows cannot be compared, or `null`; a row that is not there has its reason already. */
export function compareBlocked(a: VersionRow, b: VersionRow | undefined, none: string): string | null {
  return b === undefined ? none : (lookBlocked(a) ?? lookBlocked(b));
}

/** The next older version below a row; markers hold nothing. */
export function before(rows: VersionRow[], index: number): VersionRow | undefined {
  return rows.slice(index + 1).find((row) => !row.marker);
}

/** The version on top, unless the object is deleted or this is it. */
export function currentBut(rows: VersionRow[], index: number): VersionRow | undefined {
  return index > 0 && rows[0]?.marker === false ? rows[0] : undefined;
}

/** Two rows by their ids: what stands further down is the older one. `null` when they are not two. */
export function pairOf(rows: VersionRow[], ids: string[]): Pair | null {
  const [newer, older] = rows.filter((row) => ids.includes(row.version));
  return newer && older ? { newer, older } : null;
}

/** What the core is told of a version. */
export function sideOf({ version, etag, size }: VersionRow): VersionSide {
  return { version, etag, size };
}

/** Opens the comparison of two versions of the object whose versions are shown. */
export function askCompare(app: App, a: VersionRow, b: VersionRow): void {
  const { subject, rows } = app.versions;
  const pair = pairOf(rows, [a.version, b.version]);
  if (!subject || !pair) return;
  const blocked = compareBlocked(a, b, '');
  if (blocked !== null) app.toasts.show('info', blocked);
  else app.dialog = { kind: 'compare', subject, ...pair };
}

/** How many lines a gap leaves out; `null` at the end, which has no number behind it. */
export function skipped(lines: DiffLine[], index: number): number | null {
  const next = lines.slice(index + 1).find((line) => line.old !== null)?.old;
  if (next === undefined || next === null) return null;
  const last = lines.slice(0, index).findLast((line) => line.old !== null)?.old ?? 0;
  return next - last - 1;
}

/** Columns that the longest line needs; a tab is four. */
export function widest(lines: DiffLine[]): number {
  return lines.reduce((most, { text }) => Math.max(most, text.length + 3 * (text.split('\t').length - 1)), 0);
}

/** Asks for a folder, then puts a version there as a file of its own name. */
export function saveVersion(app: App, row: VersionRow): void {
  const { subject } = app.versions;
  if (!subject) return;
  const blocked = lookBlocked(row);
  if (blocked !== null) {
    app.toasts.show('info', blocked);
    return;
  }
  const { version, modified } = row;
  void app.intoFolder(t.compare.saveTitle(modified), async (to) => {
    await app.backend.call('download_version', { ...subject, version, modified, to });
    app.toasts.show('ok', t.compare.saving(modified, to));
  });
}
