import type { JobRequest, ObjectRow, RestoreTo } from '../api/types';
import { t } from '../i18n';
import type { App } from './app.svelte';
import { request } from './jobs.svelte';
import type { Place } from './listing.svelte';

const words = t.deleted;

/** Whether a row is that of something deleted: it can be brought back, and nothing else. */
export const isGone = (row: ObjectRow | undefined): boolean => row?.state === 'deleted';

/** Why nothing can be done with what is meant, where all of it is deleted. */
export function goneReason(app: App): string | null {
  const { selection, total, focused } = app.listing;
  const picked = selection.count(total);
  if (picked === 0) return isGone(focused) ? words.reason(1) : null;
  return selection.gone() === picked ? words.reason(picked) : null;
}

/** Why nothing of what is meant can be brought back, or `null`. */
export function undeleteBlocked(app: App): string | null {
  const { selection, total, focused, place } = app.listing;
  if (place && app.keeping.of(place.connection, place.bucket) === 'off') return words.noVersions;
  const picked = selection.count(total);
  if (picked === 0) return isGone(focused) || focused?.folder ? null : words.isThere;
  if (selection.all) return app.listing.deleted ? null : words.showFirst;
  return selection.gone() > 0 || selection.keys().some((key) => key.endsWith('/')) ? null : words.isThere;
}

/** Why deleted objects cannot be shown here, or `null`. */
export function showDeletedBlocked(app: App): string | null {
  const { place } = app.listing;
  return place && app.keeping.of(place.connection, place.bucket) === 'off' ? words.noVersions : null;
}

/** What brings deleted objects back as they were last, and all that was deleted in folders. */
export function undeleteOf(place: Pick<Place, 'connection' | 'bucket'>, keys: string[]): JobRequest {
  const restore: RestoreTo = {
    version: null,
    moment: null,
    undelete: 'copy',
    deleted: true,
    changed: false,
    added: 'keep',
    rewritten: false,
    but: [],
  };
  return request(
    'restore',
    place,
    keys.map((key) => ({ from: key, to: key })),
    { restore },
  );
}

/** Whether a job brings back what was deleted, and nothing else. */
export function isUndelete({ restore }: JobRequest): boolean {
  return restore !== null && restore.version === null && restore.moment === null;
}

/** Asks before what is meant is brought back, with its plan. */
export async function askUndelete(app: App): Promise<void> {
  const { listing } = app;
  const { place, focused, selection } = listing;
  if (!place) return;
  try {
    const ticked = selection.count(listing.total) > 0;
    const keys = ticked ? await listing.selectedGone() : focused ? [focused.key] : [];
    if (keys.length === 0) app.toasts.show('info', words.isThere);
    else app.dialog = { kind: 'job', request: undeleteOf(place, keys), id: null };
  } catch (thrown) {
    app.fail(thrown);
  }
}
