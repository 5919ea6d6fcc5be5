import { asksForTab } from '../util/keys';
import type { App } from './app.svelte';
import { isGone } from './deleted';
import type { Route } from './history';
import { request } from './jobs.svelte';
import { withoutLocked } from './lock';

/** More objects than these are deleted as a job, which goes on after an interruption. */
const FEW = 50;

/** Keys that a command means: the ticked rows, else the row with the focus. What is deleted is never meant. */
export async function meantKeys(app: App): Promise<string[]> {
  const list = app.listing;
  if (list.selection.count(list.total) > 0) return list.selectedKeys();
  const row = list.focused;
  return row && !isGone(row) ? [row.key] : [];
}

/** Opens the delete dialog for what is meant. */
export async function askDelete(app: App, _place: string): Promise<void> {
  try {
    const meant = await meantKeys(app);
    const at = app.listing.place;
    const keys = await withoutLocked(app, meant);
    if (keys.length === 0) return;
    const locked = meant.length - keys.length;
    const folders = keys.filter((key) => key.endsWith('/')).length;
    if (at && (folders > 0 || keys.length > FEW)) {
      // What is inside is counted first: the plan is read before anything goes.
      const roots = keys.map((key) => ({ from: key, to: key }));
      app.dialog = { kind: 'job', request: request('delete', at, roots), id: null, locked };
      return;
    }
    const prefix = app.listing.place?.prefix ?? '';
    const names = keys.slice(0, 5).map((key) => key.slice(prefix.length));
    app.dialog = { kind: 'delete', keys, folders, names, locked };
  } catch (thrown) {
    app.fail(thrown);
  }
}

/** Handlers of a control that leads somewhere: a plain click goes there, the middle button or Ctrl opens a tab. */
export function leadsTo(
  app: App,
  route: () => Route | null,
): Record<'onclick' | 'onauxclick', (e: MouseEvent) => void> {
  const follow = (event: MouseEvent): void => {
    const to = route();
    if (!to || event.button > 1) return;
    event.preventDefault();
    if (asksForTab(event)) app.openTab(to);
    else app.go(to);
  };
  return { onclick: follow, onauxclick: follow };
}
