import type { JobRequest, JobRow, RefusalRow, RestoreTo, UiError, VersionMark, VersionRow } from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';
import { t } from '../i18n';
import type { App } from './app.svelte';
import { isGone } from './deleted';
import { lastName, request } from './jobs.svelte';

/** One object. */
export interface Subject {
  connection: string;
  bucket: string;
  key: string;
}

/** What a restore is about, for the words of its dialog. */
export interface Restoring {
  name: string;
  /** The version that comes back. */
  row: VersionRow;
  /** Whether the object is deleted now. */
  deleted: boolean;
  /** Delete markers that lie on the version; `null` where taking them away would not bring it back. */
  markers: number | null;
}

/** What can be done with a version; `blocked` says why it cannot. */
export interface VersionAction {
  kind: 'restore' | 'undelete';
  blocked: string | null;
}

/** Versions of the object with the focus: read only when somebody asks, and only while the focus stays. */
export class Versions {
  tab = $state<'details' | 'versions'>('details');
  /** The same for deleted objects, whose versions are what one looks for. */
  goneTab = $state<'details' | 'versions'>('versions');
  /** Ids of the versions that are chosen to be compared; two at most. */
  chosen = $state.raw<string[]>([]);
  subject = $state.raw<Subject | null>(null);
  rows = $state.raw<VersionRow[]>([]);
  next = $state.raw<VersionMark | null>(null);
  /** Whether a first page was read. */
  read = $state(false);
  loading = $state(false);
  error = $state.raw<UiError | null>(null);
  /** The list shall take the focus once it is there; it takes this away. */
  jump = $state(false);
  /** Answers of earlier turns are not for what is shown now. */
  #turn = 0;

  constructor(private readonly backend: Backend) {}

  /** The focus is on another object: what was read of the one before is forgotten, and what still comes is not taken. */
  look(subject: Subject): void {
    if (this.subject !== null && same(this.subject, subject)) return;
    this.stop();
    this.subject = subject;
    this.rows = [];
    this.chosen = [];
    this.next = null;
    this.read = false;
    this.error = null;
    this.jump = false;
  }

  /** Chooses a version to be compared, or takes it out again. Of three the one that was chosen first goes. */
  choose(id: string): void {
    const { chosen } = this;
    this.chosen = chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id].slice(-2);
  }

  /** Reads the newest versions. Rows that are shown stay until the new ones are here. */
  async show(): Promise<void> {
    await this.#page(null);
  }

  /** Reads the next page of older ones. */
  async more(): Promise<void> {
    if (this.next !== null && !this.loading) await this.#page(this.next);
  }

  /** Waits no longer for an answer. */
  stop(): void {
    this.#turn += 1;
    this.loading = false;
  }

  /** A job is over: versions that are shown are read again if it was about their object. */
  ended(row: JobRow): void {
    const { subject } = this;
    if (subject === null || !this.read || row.connection !== subject.connection) return;
    const touched =
      (row.bucket === subject.bucket && subject.key.startsWith(row.from)) ||
      (row.to_bucket === subject.bucket && subject.key.startsWith(row.to));
    if (touched || row.chosen > 1) void this.show();
  }

  async #page(after: VersionMark | null): Promise<void> {
    const { subject } = this;
    if (subject === null) return;
    this.stop();
    const turn = this.#turn;
    this.loading = true;
    this.error = null;
    try {
      const page = await this.backend.call('object_versions', { ...subject, after });
      if (turn !== this.#turn) return;
      this.rows = after === null ? page.rows : [...this.rows, ...page.rows];
      const { rows } = this;
      this.chosen = this.chosen.filter((id) => rows.some((row) => row.version === id));
      this.next = page.next;
      this.read = true;
    } catch (thrown) {
      if (turn === this.#turn) this.error = toUiError(thrown);
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }
}

function same(a: Subject, b: Subject): boolean {
  return a.connection === b.connection && a.bucket === b.bucket && a.key === b.key;
}

/** Whether the object is deleted now, as far as the rows say. */
export function isDeleted(rows: VersionRow[]): boolean {
  return rows[0]?.marker === true;
}

/** What a row tells: the oldest of all was added, unless it is a marker. */
export function whatOf(rows: VersionRow[], index: number, whole: boolean): 'written' | 'added' | 'deleted' {
  if (rows[index]?.marker) return 'deleted';
  return whole && index === rows.length - 1 ? 'added' : 'written';
}

/** What can be done with the version of a row; `null` for the one on top and for markers. */
export function actionOf(rows: VersionRow[], index: number): VersionAction | null {
  const row = rows[index];
  if (!row || row.marker || row.latest) return null;
  const frozen = row.archived ? t.versions.frozen(row.modified) : null;
  const markers = markersOn(rows, index);
  if (markers === null) return { kind: 'restore', blocked: frozen };
  // Below a single marker, taking it away brings it back, thawed or not.
  return { kind: 'undelete', blocked: markers === 1 ? null : frozen };
}

/** How many markers lie on a version, with nothing else on it. */
export function markersOn(rows: VersionRow[], index: number): number | null {
  return index > 0 && rows.slice(0, index).every((row) => row.marker) ? index : null;
}

/** The row that an undelete brings back: the newest that is no marker, when a marker is on top. */
export function undeleted(rows: VersionRow[]): number | null {
  const index = isDeleted(rows) ? rows.findIndex((row) => !row.marker) : -1;
  return index < 0 ? null : index;
}

/** A restore of exactly one version. */
export function restoreOf(subject: Subject, row: VersionRow, undelete: RestoreTo['undelete']): JobRequest {
  const { key } = subject;
  const restore: RestoreTo = {
    version: row.version,
    moment: null,
    undelete,
    deleted: true,
    changed: true,
    added: 'keep',
    rewritten: true,
    but: [],
  };
  return request('restore', subject, [{ from: key, to: key }], { restore });
}

/** `"9b2cf5a1c0de-3"` → `9b2cf5a1…-3`: enough to tell versions apart, with the parts of a multipart upload. */
export function shortEtag(etag: string): string {
  const bare = etag.replace(/^"|"$/g, '');
  const [hash = '', parts] = bare.split('-');
  if (hash.length <= 10) return bare;
  return `${hash.slice(0, 8)}…${parts === undefined ? '' : `-${parts}`}`;
}

/** Asks before a version is restored, with its plan. */
export function askRestore(app: App, index: number): void {
  const { subject, rows } = app.versions;
  const row = rows[index];
  const action = actionOf(rows, index);
  if (!subject || !row || !action) return;
  if (action.blocked !== null) {
    app.toasts.show('info', action.blocked);
    return;
  }
  const restoring: Restoring = {
    name: lastName(subject.key),
    row,
    deleted: isDeleted(rows),
    markers: markersOn(rows, index),
  };
  // An archived version cannot be copied; without its markers it is back as it is.
  const undelete = action.kind === 'undelete' && row.archived ? 'remove_marker' : 'copy';
  const ask = (): void => {
    app.dialog = { kind: 'job', request: restoreOf(subject, row, undelete), id: null, restoring };
  };
  const refused = refusedOf(app, action);
  if (refused) app.dialog = { kind: 'refused', row: refused, run: ask };
  else ask();
}

/** What was refused here that an action needs. An undelete has two ways, which need different rights. */
export function refusedOf(app: App, action: VersionAction | null): RefusalRow | null {
  return action?.kind === 'restore' ? app.refusals.find(['write']) : null;
}

/** Shows the versions of the object with the focus in the inspector. */
export function showVersions(app: App): void {
  const { focused, place } = app.listing;
  if (!place || !focused || focused.folder) return;
  app.inspector = true;
  if (isGone(focused)) app.versions.goneTab = 'versions';
  else app.versions.tab = 'versions';
  app.versions.look({ connection: place.connection, bucket: place.bucket, key: focused.key });
  app.versions.jump = true;
  void app.versions.show();
}

/** Says how a restore of one object went; that of many is in the transfers. */
export function sayRestored(app: App, row: JobRow): void {
  if (row.kind !== 'restore' || row.objects !== 1 || row.state !== 'done') return;
  const name = lastName(row.from);
  if (row.left > 0) app.toasts.show('error', t.versions.left(name));
  else app.toasts.show('ok', row.undoes === null ? t.versions.restored(name) : t.versions.undone(name));
}

/** Title of the dialog of a restore. */
export function restoreTitle({ name, row, markers }: Restoring): string {
  return markers === null ? t.versions.restoreTitle(name, row.modified) : t.versions.undeleteTitle(name);
}

/** What a restore does, in plain words. */
export function restoreLead({ name, row, deleted, markers }: Restoring): string {
  if (markers !== null) return t.versions.undeleteLead(name, row.modified);
  return deleted ? t.versions.restoreDeletedLead(row.modified) : t.versions.restoreLead(row.modified);
}

/** The button that starts it. */
export function restoreStart({ markers }: Restoring): string {
  return markers === null ? t.versions.start : t.versions.startUndelete;
}
