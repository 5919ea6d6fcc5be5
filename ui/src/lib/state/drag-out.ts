import type { ObjectRow } from '../api/types';
import { t } from '../i18n';
import type { App } from './app.svelte';
import { isGone } from './deleted';
import { refusalOf } from './refusals.svelte';

/** More than this is not even looked through for a drag; the shell has its own limit, of bytes too. */
const MOST = 2000;

/** Whether rows can be dragged out of this window. */
export const canDragOut = (app: App): boolean => app.backend.native;

/** Drags a row out of the window; with it, where it is ticked, all that are. */
export async function dragOut(app: App, event: DragEvent, row: ObjectRow): Promise<void> {
  // The web view's own drag carries no files.
  event.preventDefault();
  const list = app.listing;
  const place = list.place;
  if (!place || app.draggingOut) return;
  const refused = refusalOf(app, 'download');
  if (refused) {
    // A drag cannot wait for an answer.
    app.dialog = { kind: 'refused', row: refused, run: () => app.toasts.show('info', t.browse.dragAgain) };
    return;
  }
  const { connection, bucket } = place;
  if (isGone(row)) {
    app.toasts.show('info', t.deleted.dragged);
    return;
  }
  const together = list.selection.has(row.key);
  if (together && list.selection.count(list.total) > MOST) {
    app.toasts.show('info', t.browse.dragTooMany(MOST));
    return;
  }
  app.draggingOut = true;
  try {
    const keys = together ? await list.selectedKeys() : [row.key];
    const taken = await app.backend.call('drag_out', { connection, bucket, keys });
    if (taken) app.toasts.show('ok', t.browse.draggedOut(keys.length));
  } catch (thrown) {
    app.fail(thrown);
  } finally {
    app.draggingOut = false;
  }
}
