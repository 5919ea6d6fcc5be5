import type { ObjectRow } from '../api/types';
import type { App } from './app.svelte';
import { isGone } from './deleted';
import type { Listing } from './listing.svelte';
import { showVersions } from './versions.svelte';

/** What a click on a row or tile ticks, once the focus is on it. */
export async function pick(list: Listing, event: MouseEvent, index: number, row: ObjectRow): Promise<void> {
  if (event.shiftKey) await list.extendTo(index);
  else {
    if (event.ctrlKey || event.metaKey) list.selection.toggle(row);
    list.selection.anchor = index;
  }
}

/** What a click on a tick box does. */
export async function tickBox(list: Listing, event: MouseEvent, index: number, row: ObjectRow): Promise<void> {
  event.stopPropagation();
  if (event.shiftKey) await list.extendTo(index);
  else {
    list.selection.toggle(row);
    list.selection.anchor = index;
  }
  list.focus = index;
}

/** Opens a folder, or shows an object larger; of a deleted one its versions. */
export function openRow(app: App, row: ObjectRow): void {
  if (row.folder) app.browse(app.listing.place?.bucket ?? '', row.key);
  else if (isGone(row)) showVersions(app);
  else app.dialog = { kind: 'look' };
}

/** Opens a folder in a tab of its own. */
export function openInTab(app: App, row: ObjectRow): void {
  const at = app.listing.place;
  if (at && row.folder) app.openTab({ kind: 'browse', ...at, prefix: row.key });
}

/** Keys that mean the row with the focus, in the list and in the gallery; whether this was one. */
export function rowKey(app: App, event: KeyboardEvent): boolean {
  const list = app.listing;
  const row = list.focused;
  if (event.key === ' ' && row && !event.shiftKey) {
    list.selection.toggle(row);
    list.selection.anchor = list.focus;
  } else if (event.key === 'Enter' && row) {
    if (event.ctrlKey || event.metaKey) openInTab(app, row);
    else openRow(app, row);
  } else if (event.key === 'Backspace') app.up();
  else return false;
  event.preventDefault();
  return true;
}
