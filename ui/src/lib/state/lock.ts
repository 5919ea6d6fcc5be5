import type { JobRow, LockRow, VersionRow } from '../api/types';
import { t } from '../i18n';
import { meantKeys } from './actions';
import type { App } from './app.svelte';
import { request } from './jobs.svelte';
import type { Place } from './listing.svelte';
import type { Subject } from './versions.svelte';

/** More keys than these are not asked about before a delete: what it leaves is in the job. */
const ASKED = 1000;

const words = t.lock;

/** Why nothing can be locked here, or `null`. */
export function lockBlocked(app: App): string | null {
  const { place } = app.listing;
  const lock = place && app.locks.bucket(place);
  if (!lock) return words.unknown;
  return lock.on ? null : words.isOff;
}

/** Why there is nothing to purge here, or `null`. */
export function purgeBlocked(app: App): string | null {
  const place = placeOf(app);
  if (!place) return t.commands.blocked.noPlace;
  return app.keeping.of(place.connection, place.bucket) === 'off' ? t.purge.none : null;
}

/** The lock of an object of the list that keeps it now, as far as it was asked for. Follows nothing where Object Lock is off. */
export function heldBy(app: App, place: Place, key: string): LockRow | null {
  if (key.endsWith('/') || !app.locks.isOn(place)) return null;
  const row = app.locks.of(place, key);
  return row?.holds ? row : null;
}

/** Why nothing of what is meant can be deleted: all of it is known to be locked. */
export function deleteBlocked(app: App, now = Date.now()): string | null {
  const { place, selection, total, focused } = app.listing;
  if (!place || !app.locks.isOn(place)) return null;
  const picked = selection.count(total);
  if (picked === 0) {
    const row = focused && heldBy(app, place, focused.key);
    return row ? words.reason(row, now) : null;
  }
  if (selection.all) return null;
  const rows = selection.keys().map((key) => heldBy(app, place, key));
  const held = rows.filter((row) => row !== null);
  return held.length === picked ? reasonOfAll(held, now) : null;
}

/** The reason of one, or the soonest day on which one of several is free. */
function reasonOfAll(rows: LockRow[], now: number): string {
  const [first] = rows;
  if (rows.length === 1 && first) return words.reason(first, now);
  const days = rows.flatMap((row) => (row.until !== null && !row.hold ? [row.until] : []));
  return words.reasonMany(rows.length, days.length === 0 ? null : Math.min(...days));
}

/** Keys without those of locked objects, which stay. Where all are locked it says why. */
export async function withoutLocked(app: App, keys: string[]): Promise<string[]> {
  const { place } = app.listing;
  const objects = keys.filter((key) => !key.endsWith('/'));
  if (!place || !app.locks.isOn(place) || objects.length === 0 || objects.length > ASKED) return keys;
  // Who may not read locks can delete all the same: the server leaves what is locked.
  const rows = await app.locks.read(place, objects).catch(() => []);
  const held = rows.filter((row) => row.holds);
  if (held.length === keys.length) app.toasts.show('info', reasonOfAll(held, Date.now()));
  const locked = new Set(held.map((row) => row.key));
  return keys.filter((key) => !locked.has(key));
}

/** Asks how what is meant, or a certain object, is locked. One object is shown with the lock that it has. */
export async function askLock(app: App, key: string | null = null): Promise<void> {
  const { place } = app.listing;
  if (!place) return;
  try {
    const keys = key === null ? await meantKeys(app) : [key];
    const [only] = keys;
    if (only === undefined) return;
    const one = keys.length === 1 && !only.endsWith('/');
    const [present = null] = one ? await app.locks.read(place, keys).catch(() => []) : [];
    app.dialog = { kind: 'lock', keys, present };
  } catch (thrown) {
    app.fail(thrown);
  }
}

/** Plans to take the legal hold off one object, and nothing else. */
export function askRelease(app: App, key: string): void {
  const { place } = app.listing;
  if (!place) return;
  const lock = { mode: null, until: null, hold: false };
  app.dialog = { kind: 'job', request: request('lock', place, [{ from: key, to: key }], { lock }), id: null };
}

/** Says how a lock or a purge of one thing went; that of many is in the transfers. */
export function sayLocked(app: App, row: JobRow): void {
  if (!['lock', 'purge'].includes(row.kind) || row.objects !== 1 || row.state !== 'done') return;
  app.toasts.show(row.left > 0 ? 'error' : 'ok', t.jobs.ended(row));
}

/** The place whose old versions could be purged: that of the list, or the one that is looked at in time. */
function placeOf(app: App): Place | null {
  const { route } = app;
  return route?.kind === 'browse' || route?.kind === 'time' ? route : null;
}

/** Asks which old versions are purged: of what is meant, of the place that is shown, or of its bucket. */
export async function askPurge(app: App): Promise<void> {
  const place = placeOf(app);
  if (!place) return;
  try {
    const { connection, bucket, prefix } = place;
    const keys = app.route?.kind === 'browse' ? await meantKeys(app) : [];
    app.dialog = { kind: 'purge', place: { connection, bucket, prefix }, keys };
  } catch (thrown) {
    app.fail(thrown);
  }
}

/** Why a version cannot be destroyed, as far as it is known; `null` when it can. */
export function destroyBlocked(app: App, subject: Subject, row: VersionRow, now = Date.now()): string | null {
  if (row.latest) return t.purge.isCurrent;
  const lock = app.locks.ofVersion(subject, subject.key, row.version);
  return lock?.holds ? words.reason(lock, now) : null;
}

/** Asks before one version is destroyed, with its plan, unless it is locked. */
export async function askDestroy(app: App, subject: Subject, row: VersionRow): Promise<void> {
  if (app.locks.isOn(subject)) await app.locks.readVersion(subject, subject.key, row.version);
  const blocked = destroyBlocked(app, subject, row);
  if (blocked !== null) {
    app.toasts.show('info', blocked);
    return;
  }
  const { key } = subject;
  const wanted = request('purge', subject, [{ from: key, to: key }], {
    purge: { days: 0, keep: 0, bytes: 0, markers: false },
    purge_version: row.version,
  });
  app.dialog = { kind: 'job', request: wanted, id: null };
}
