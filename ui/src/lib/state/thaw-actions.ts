import type { JobRow, ObjectRow, ThawRow, UiEvent } from '../api/types';
import { t } from '../i18n';
import type { ThawAction } from '../util/thaw';
import { meantKeys } from './actions';
import type { App } from './app.svelte';
import type { Place } from './listing.svelte';

/** Opens the board, with the focus on a batch of it if one is meant. */
export function openBoard(app: App, id: string | null = null): void {
  if (id !== null) {
    app.thaw.tab = app.thaw.past.some((row) => row.id === id) ? 'past' : 'open';
    app.thaw.wanted = id;
  }
  app.go({ kind: 'thaw' });
}

/** Whether a row of the list is worth a plan: what is in a folder shows only when it is counted. */
export function canThaw(row: ObjectRow | undefined): boolean {
  return row !== undefined && (row.folder || row.state === 'archived');
}

/** Why nothing of what is meant can be thawed, or `null`. Of several ticked rows the plan itself tells. */
export function thawBlocked(app: App): string | null {
  const list = app.listing;
  const ticked = list.selection.count(list.total) > 0;
  return ticked || canThaw(list.focused) ? null : t.thaw.blocked;
}

/** Plans the thaw of what is meant in the list. */
export async function askThaw(app: App): Promise<void> {
  try {
    const roots = await meantKeys(app);
    const at = app.listing.place;
    if (at && roots.length > 0) thawKeys(app, at, roots);
  } catch (thrown) {
    app.fail(thrown);
  }
}

/** Of these keys, those that the list knows to be archived and that were not thawed. */
function frozenOf(app: App, at: Place, keys: string[]): string[] {
  const meant = new Set(keys);
  const frozen: string[] = [];
  for (const row of app.listing.pages.here()) {
    if (row.state === 'archived' && meant.has(row.key) && app.thaw.standing(at, row.key)?.readable !== true) {
      frozen.push(row.key);
    }
  }
  return frozen;
}

/**
 * Downloads what is meant in the list. What is archived is told, with the way to thaw it, and not asked for in vain; of what lies in
 * folders the download itself tells.
 */
export async function downloadMeant(app: App): Promise<void> {
  try {
    const keys = await meantKeys(app);
    const at = app.listing.place;
    const frozen = at ? frozenOf(app, at, keys) : [];
    if (at && frozen.length > 0) {
      const thaw = { label: t.thaw.fromPlan, run: () => thawKeys(app, at, frozen) };
      app.toasts.show('info', t.thaw.archived(frozen.length, keys.length), null, thaw);
    }
    const rest = new Set(frozen);
    await app.download(keys.filter((key) => !rest.has(key)));
  } catch (thrown) {
    app.fail(thrown);
  }
}

/** Plans the thaw of these keys and prefixes. */
export function thawKeys(app: App, at: { connection: string; bucket: string }, roots: string[]): void {
  const { connection, bucket } = at;
  app.dialog = { kind: 'thaw', connection, bucket, from: { kind: 'roots', roots }, id: null };
}

/** Plans the thaw of the versions that a restore left. */
export function thawJob(app: App, { connection, bucket, id }: JobRow): void {
  app.dialog = { kind: 'thaw', connection, bucket, from: { kind: 'job', id }, id: null };
}

/** Asks where to, then downloads what can be read of a batch. */
export async function downloadThaw(app: App, row: ThawRow): Promise<void> {
  await app.intoFolder(t.thaw.notice.title(row), async (to) => {
    await app.backend.call('download_thaw', { id: row.id, to });
    app.toasts.show('ok', t.thaw.notice.downloads(row.ready));
    app.thaw.changed();
    app.transfers.show(true);
  });
}

/** Does what a button or a menu item of a batch says. */
export function doThaw(app: App, action: ThawAction, row: ThawRow): void {
  const { id, connection, bucket, place } = row;
  switch (action) {
    case 'choose':
      app.dialog = { kind: 'thaw', connection, bucket, from: null, id };
      break;
    case 'download':
      void downloadThaw(app, row);
      break;
    case 'extend':
    case 'faster':
    case 'then':
      app.dialog = { kind: 'thaw-change', id, change: action };
      break;
    case 'files':
    case 'objects':
      app.dialog = { kind: 'thaw-items', id };
      break;
    case 'place':
      app.go({ kind: 'browse', connection, bucket, prefix: place.slice(0, place.lastIndexOf('/') + 1) });
      break;
    case 'job':
      app.transfers.pick(isListedAsOpen(app, row) ? 'open' : 'done');
      app.transfers.show(true);
      break;
    case 'stop':
      app.dialog = { kind: 'thaw-stop', id, name: row.name };
      break;
    case 'drop':
      void say(app, 'drop_thaw', id);
      break;
  }
}

/** The restore of a batch is among the open ones as long as it works, or has left something. */
function isListedAsOpen(app: App, row: ThawRow): boolean {
  const job = app.jobs.rows.find(({ id }) => id === (row.restored_by ?? row.job));
  return job !== undefined && (job.left > 0 || job.state !== 'done');
}

export async function say(app: App, name: 'stop_thaw' | 'drop_thaw', id: string): Promise<void> {
  try {
    await app.backend.call(name, { id });
    app.thaw.changed();
  } catch (thrown) {
    app.fail(thrown);
  }
}

/** A batch became ready: a notice that leads on. What is downloaded or restored by itself needs no more than to be shown. */
export async function sayThawed(app: App, event: Extract<UiEvent, { kind: 'thawed' }>): Promise<void> {
  const { id, name, objects, ends_at } = event;
  await app.thaw.read();
  const row = app.thaw.row(id);
  const words = t.thaw.notice;
  const action =
    row?.then.kind === 'tell'
      ? { label: words.download, run: () => void downloadThaw(app, row) }
      : { label: words.show, run: () => openBoard(app, id) };
  app.toasts.show('ok', words.ready(name, objects, ends_at, Date.now()), null, action);
}
