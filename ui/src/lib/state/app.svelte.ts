import type {
  BucketRow,
  ConnectionRow,
  DownloadPrice,
  JobRequest,
  LockRow,
  RefusalRow,
  ThawFrom,
  UiError,
  UiEvent,
  VersionRow,
} from '../api/types';
import type { AppInfo, Backend, DroppedFile, UploadTarget } from '../backend';
import { errorTitle, toUiError } from '../errors';
import { t } from '../i18n';
import { parseAddress, placeName, type Address } from '../util/address';
import { Throttle } from '../util/throttle';
import { Connect } from './connect.svelte';
import { Folders } from './folders.svelte';
import type { Route, SearchRoute } from './history';
import { readRoute } from './tabs.svelte';
import { onKept } from './stored';
import { Indexes } from './indexes.svelte';
import { Jobs } from './jobs.svelte';
import { Keeping } from './keeping.svelte';
import { sayLocked } from './lock';
import { Locks } from './locks.svelte';
import type { RulesStart } from './lifecycle-place';
import { LifecycleView } from './lifecycle.svelte';
import { Listing, type View, type Place } from './listing.svelte';
import { Navigation } from './navigation.svelte';
import { Places, type Bookmark } from './places.svelte';
import { Refusals } from './refusals.svelte';
import { Search } from './search.svelte';
import { Prices } from './prices.svelte';
import { Previews } from './previews.svelte';
import { Sync } from './sync.svelte';
import { TableLayout } from './table-layout.svelte';
import { Theme } from './theme.svelte';
import { Thaw } from './thaw.svelte';
import { sayThawed } from './thaw-actions';
import { TimeTravel } from './time.svelte';
import { Toasts } from './toasts.svelte';
import { Transfers } from './transfers.svelte';
import { sayRestored, Versions, type Restoring, type Subject } from './versions.svelte';

/** Words of a plan, where what it is for says more than what it does. */
export interface JobWords {
  title: (objects: number) => string;
  lead: string;
  start: (objects: number) => string;
}

/** A dialog that is open. */
export type Dialog =
  | { kind: 'delete'; keys: string[]; folders: number; names: string[]; locked: number }
  | { kind: 'lock'; keys: string[]; present: LockRow | null }
  | { kind: 'lock-about'; connection: string; bucket: string }
  | { kind: 'purge'; place: Place; keys: string[] }
  | { kind: 'rename'; key: string }
  | { kind: 'carry'; action: 'copy' | 'move'; keys: string[] }
  | { kind: 'edit-objects'; keys: string[] }
  | {
      kind: 'job';
      request: JobRequest | null;
      id: string | null;
      restoring?: Restoring;
      locked?: number;
      says?: JobWords;
    }
  | { kind: 'look' }
  | { kind: 'look-version'; index: number }
  | { kind: 'compare'; subject: Subject; older: VersionRow; newer: VersionRow }
  | { kind: 'keeping'; connection: string; bucket: string; asking?: boolean }
  | { kind: 'restore'; request: JobRequest; known: number; review: boolean }
  | { kind: 'thaw'; connection: string; bucket: string; from: ThawFrom | null; restore?: JobRequest; id: string | null }
  | { kind: 'thaw-more' }
  | { kind: 'thaw-items'; id: string }
  | { kind: 'thaw-change'; id: string; change: 'extend' | 'faster' | 'then' }
  | { kind: 'thaw-stop'; id: string; name: string }
  | { kind: 'rules'; connection: string; bucket: string; start: RulesStart }
  | { kind: 'orphans'; connection: string; bucket: string }
  | { kind: 'new-folder' }
  | { kind: 'new-bucket' }
  | { kind: 'delete-bucket'; connection: string; bucket: string }
  | { kind: 'download'; title: string; run: (to: string) => Promise<void> }
  | { kind: 'price'; keys: string[]; told: DownloadPrice }
  | { kind: 'add-folder'; bucket: string; prefix: string }
  | { kind: 'remove-folder'; id: string; name: string }
  | { kind: 'plan' }
  | { kind: 'conflicts'; first: string | null }
  | { kind: 'brake' }
  | { kind: 'folder-options' }
  | { kind: 'remove-connection'; id: string; name: string }
  | { kind: 'capabilities'; connection: string; bucket: string }
  | { kind: 'bookmark'; bookmark: Bookmark }
  | { kind: 'refused'; row: RefusalRow; run: () => void; place?: Place | undefined }
  | { kind: 'palette' }
  | { kind: 'shortcuts' }
  | { kind: 'cancel-all' };

const SLOW_BEAT = 5000;
const UPLOADS_AT_ONCE = 3;
/** A list up to this long is read again by itself when transfers end; a longer one when the person asks. */
const RELIST_UP_TO = 5000;
const RELIST_GAP = 3000;
const MAX_LINK_SHOWN = 200;

/** The whole state of the window: where we are and who follows what. */
export class App extends Navigation {
  ready = $state(false);
  fatal = $state.raw<UiError | null>(null);
  info = $state.raw<AppInfo | null>(null);
  connections = $state.raw<ConnectionRow[]>([]);
  connection = $state<string | null>(null);
  buckets = $state.raw<BucketRow[]>([]);
  bucketsError = $state.raw<UiError | null>(null);
  bucketsLoading = $state(false);
  firstRun = $state(false);
  dialog = $state.raw<Dialog | null>(null);
  inspector = $state(true);
  /** The inspector lies over the list when the window is narrow; then it opens only when asked for. */
  #narrow = window.matchMedia('(max-width: 1080px)');
  /** Whether objects are being dragged out: the window must not take them for files that come in. */
  draggingOut = $state(false);
  handing = $state.raw<{ done: number; all: number } | null>(null);
  readonly toasts = new Toasts();
  readonly theme = new Theme();
  readonly places = new Places();
  readonly layout = new TableLayout();
  readonly listing: Listing;
  readonly transfers: Transfers;
  readonly jobs: Jobs;
  readonly folders: Folders;
  readonly sync: Sync;
  readonly connect: Connect;
  readonly search: Search;
  readonly indexes: Indexes;
  readonly previews: Previews;
  readonly prices: Prices;
  readonly refusals: Refusals;
  readonly versions: Versions;
  readonly keeping: Keeping;
  readonly locks: Locks;
  readonly time: TimeTravel;
  readonly thaw: Thaw;
  readonly lifecycle: LifecycleView;
  current = $derived(this.connections.find((c) => c.id === this.connection) ?? null);
  #stops: (() => void)[] = [];
  #relist = new Throttle(() => this.#listAgain(), RELIST_GAP);

  constructor(readonly backend: Backend) {
    super();
    this.listing = new Listing(backend);
    this.transfers = new Transfers(backend);
    this.jobs = new Jobs(backend);
    this.versions = new Versions(backend);
    this.keeping = new Keeping(backend);
    this.locks = new Locks(backend);
    this.thaw = new Thaw(backend);
    this.time = new TimeTravel(backend);
    this.time.onroute = (route) => this.note(route);
    this.lifecycle = new LifecycleView(backend);
    this.lifecycle.onroute = (route) => this.note(route);
    this.keeping.onturned = (connection, bucket) => this.time.turned(connection, bucket);
    this.jobs.onended = (row) => {
      this.#relist.poke();
      this.versions.ended(row);
      this.time.ended(row);
      this.locks.ended(row);
      this.lifecycle.ended(row);
      sayRestored(this, row);
      sayLocked(this, row);
    };
    this.folders = new Folders(backend);
    this.sync = new Sync(backend);
    this.connect = new Connect(backend);
    this.search = new Search(backend);
    this.indexes = new Indexes(backend);
    this.previews = new Previews(backend);
    this.prices = new Prices(backend);
    this.refusals = new Refusals(backend);
    this.transfers.ondone = () => this.#relist.poke();
    this.inspector = !this.#narrow.matches;
    this.#narrow.addEventListener('change', (event) => (this.inspector = !event.matches));
  }

  async start(): Promise<void> {
    this.fatal = null;
    try {
      [this.info, this.connections] = await Promise.all([
        this.backend.call('app_info', {}),
        this.backend.call('connections', {}),
      ]);
      this.#stops.push(this.backend.subscribe((events) => this.#events(events)));
      const beat = setInterval(() => this.transfers.changed(), SLOW_BEAT);
      this.#stops.push(() => clearInterval(beat));
      const leave = (): void => this.leave();
      window.addEventListener('pagehide', leave);
      this.#stops.push(() => window.removeEventListener('pagehide', leave));
      await Promise.all([
        this.transfers.read(),
        this.folders.read(),
        this.indexes.read(),
        this.jobs.read(),
        this.thaw.read(),
      ]);
      const opened = await this.backend.opened();
      this.#stops.push(this.backend.onLinks(() => void this.#followLinks()));
      this.#stops.push(onKept(() => this.#readKept()));
      const asked = readRoute(opened.route);
      this.tabs.remembered = opened.first;
      if (opened.first) this.tabs.restore((route) => this.#isThere(route));
      else if (asked && this.#isThere(asked)) this.tabs.show(this.tabs.open(asked));
      const first = this.connections[0];
      if (this.info.first_run || !first) {
        this.firstRun = true;
        // A keychain may take its time to answer; the ways in are shown meanwhile.
        void this.connect.load();
      } else if (this.route) {
        this.connection = 'connection' in this.route ? this.route.connection : first.id;
        this.arrive();
        await this.loadBuckets();
      } else await this.enter(first);
      this.ready = true;
      for (const link of opened.links) this.#follow(link);
    } catch (thrown) {
      this.fatal = toUiError(thrown);
    }
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Opens a connection where it starts. */
  async enter(row: ConnectionRow): Promise<void> {
    if (!this.connections.some((c) => c.id === row.id)) this.connections = [...this.connections, row];
    this.firstRun = false;
    this.connection = row.id;
    this.previews.forget();
    const start = parseAddress(row.start_in);
    if (start) this.go({ kind: 'browse', connection: row.id, bucket: start.bucket, prefix: start.prefix });
    const shown = this.tabs.current?.history.now.route;
    await this.loadBuckets();
    if (this.connection !== row.id || start) return;
    // Whoever went somewhere while a slow server told its buckets stays there.
    if (this.tabs.current?.history.now.route !== shown) return;
    const only = this.buckets.length === 1 || row.source === 'practice' ? this.buckets[0] : undefined;
    if (only) this.go({ kind: 'browse', connection: row.id, bucket: only.name, prefix: '' });
    else this.go({ kind: 'buckets', connection: row.id });
  }

  async loadBuckets(): Promise<void> {
    const connection = this.connection;
    if (connection === null) return;
    this.bucketsLoading = true;
    try {
      const buckets = await this.backend.call('buckets', { connection });
      if (connection !== this.connection) return;
      this.buckets = buckets;
      this.bucketsError = null;
    } catch (thrown) {
      if (connection !== this.connection) return;
      this.bucketsError = toUiError(thrown);
      this.buckets = [];
    } finally {
      if (connection === this.connection) this.bucketsLoading = false;
    }
  }

  async addConnection(): Promise<void> {
    this.firstRun = true;
    await this.connect.load();
  }

  /** What was removed leaves the tabs and their histories; with a bucket goes every place in it. */
  dropGone(bucket: { connection: string; bucket: string } | null = null): void {
    const shown = this.tabs.current?.history.now;
    const inIt = (at: { connection: string; bucket: string }): boolean =>
      at.connection === bucket?.connection && at.bucket === bucket.bucket;
    this.tabs.drop((route) => !this.#isThere(route) || ('bucket' in route && inIt(route)));
    this.places.drop((place) => inIt(place) || !this.connections.some((each) => each.id === place.connection));
    if (bucket) {
      this.keeping.forget(bucket.connection, bucket.bucket);
      this.locks.forgetBucket(bucket);
    }
    if (shown !== this.tabs.current?.history.now) this.arrive();
  }

  #isThere(route: Route): boolean {
    if (route.kind === 'thaw') return true;
    if (route.kind === 'folder') return this.folders.list.some((folder) => folder.id === route.id);
    return this.connections.some((connection) => connection.id === route.connection);
  }

  /** A place in a bucket of the present connection. */
  placeIn(bucket: string, prefix = ''): Route | null {
    const connection = this.connection;
    return connection === null ? null : { kind: 'browse', connection, bucket, prefix };
  }

  browse(bucket: string, prefix: string): void {
    const route = this.placeIn(bucket, prefix);
    if (route) this.go(route);
  }

  /** The place that a typed or pasted address means, if it is one. */
  readAddress(text: string): Address | null {
    return parseAddress(text, this.current?.endpoint);
  }

  /** Goes to typed text; `false` when it is no address. */
  address(text: string): boolean {
    const address = this.readAddress(text);
    if (!address) return false;
    const connection = this.connection;
    if (connection === null) return false;
    const { bucket, prefix, select } = address;
    this.go({ kind: 'browse', connection, bucket, prefix }, select === null ? null : { key: select });
    return true;
  }

  /** Another window with what is shown here, or with a route of its own. */
  openWindow(route: Route | null = this.route): void {
    if (!route) return;
    this.backend.openWindow($state.snapshot(route)).catch((thrown: unknown) => this.fail(thrown));
  }

  /** Links come from other programs: none does more than to show a list. */
  async #followLinks(): Promise<void> {
    try {
      for (const link of (await this.backend.opened()).links) this.#follow(link);
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  #follow(link: string): void {
    const address = /^windlass:/i.test(link) ? this.readAddress(link) : null;
    if (!address) {
      this.toasts.show('error', t.tabs.badLink, link.slice(0, MAX_LINK_SHOWN));
      return;
    }
    const { bucket, prefix, select } = address;
    const connection = this.#connectionOf(bucket);
    if (connection === null || this.firstRun) {
      this.toasts.show('info', t.tabs.linkNeedsConnection(bucket));
      return;
    }
    this.openTab({ kind: 'browse', connection, bucket, prefix }, select === null ? null : { key: select });
  }

  /** A link names no connection: the present one when it has the bucket, else one that was seen with it. */
  #connectionOf(bucket: string): string | null {
    if (this.buckets.some(({ name }) => name === bucket)) return this.connection;
    const known = [...this.places.bookmarks, ...this.places.recent].find((place) => place.bucket === bucket);
    return known?.connection ?? this.connection;
  }

  /** Another window changed what is remembered. */
  #readKept(): void {
    this.places.read();
    this.layout.read();
    this.theme.read();
  }

  /** Bookmarks the place that is shown, or takes its bookmark away. */
  toggleBookmark(): void {
    const place = this.place;
    if (!place) return;
    const known = this.places.find(place);
    const name = known?.name ?? placeName(place.bucket, place.prefix).replace(/\/$/, '');
    if (known) this.places.remove(known);
    else this.places.add(place, name);
    this.toasts.show('info', known ? t.places.removed(name) : t.places.added(name));
  }

  /** Opens the search, from the place that is shown. */
  openSearch(text = ''): void {
    const connection = this.connection;
    if (connection === null) return;
    const { bucket = '', prefix = '' } = this.place ?? {};
    const within = bucket === '' ? 'all' : prefix === '' ? 'bucket' : 'folder';
    if (this.route?.kind === 'search') document.getElementById('search')?.focus();
    else this.go({ kind: 'search', connection, bucket, prefix, within, text });
  }

  /** Bookmarks the search that is shown, or takes its bookmark away. */
  toggleSearchMark(route: SearchRoute): void {
    const known = this.places.findSearch(route);
    const name = known?.name ?? route.text;
    if (known) this.places.remove(known);
    else this.places.addSearch(route, name);
    this.toasts.show('info', known ? t.places.removed(name) : t.search.saved(name));
  }

  /** Lists what is shown with deleted objects or without, in this tab until it is said otherwise. */
  showDeleted(deleted: boolean): void {
    const { listing, route } = this;
    if (route?.kind !== 'browse' || deleted === listing.deleted) return;
    this.tabs.showDeleted(deleted);
    listing.deleted = deleted;
    // Ticks of rows that are no longer shown would be a surprise.
    void listing.open(route, false, { ...listing.view(), picked: null });
  }

  refresh(): void {
    const route = this.route;
    // Locks change without a trace in the list.
    this.locks.forget();
    if (route?.kind === 'browse') void this.listing.open(route, true);
    else if (route?.kind === 'folder') void this.command('rescan_folder');
    else if (route?.kind === 'search') this.search.changed();
    else if (route?.kind === 'time') this.time.reload();
    else if (route?.kind === 'thaw') void this.thaw.read();
    else if (route?.kind === 'lifecycle') this.lifecycle.reload();
    else void this.loadBuckets();
  }

  fail(thrown: unknown): void {
    const error = toUiError(thrown);
    this.toasts.show('error', error.message || errorTitle(error), error.detail);
  }

  async command(name: 'pause_folder' | 'resume_folder' | 'rescan_folder' | 'merge_folder'): Promise<void> {
    const error = await this.folders.command(name);
    if (error) this.fail(error);
  }

  /** Runs something that answers with an error or nothing. */
  async attempt(work: Promise<UiError | null>): Promise<void> {
    const error = await work;
    if (error) this.fail(error);
  }

  /** Hands over files by path. */
  async uploadPaths(paths: string[], target: UploadTarget | null = this.place): Promise<void> {
    if (!target || paths.length === 0) return;
    try {
      const { connection, bucket, prefix } = target;
      const { files } = await this.backend.call('upload_paths', { connection, bucket, prefix, paths });
      this.toasts.show('ok', t.browse.uploadStarted(files, placeName(bucket, prefix)));
      this.transfers.show(true);
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Hands over files that only the browser can read, a few at once. */
  async uploadFiles(files: DroppedFile[], place: UploadTarget | null = this.place): Promise<void> {
    if (!place || files.length === 0) return;
    const target = { connection: place.connection, bucket: place.bucket, prefix: place.prefix };
    const queue = [...files];
    let failed = 0;
    let done = 0;
    this.handing = { done, all: files.length };
    this.transfers.show(true);
    const worker = async (): Promise<void> => {
      for (let file = queue.shift(); file; file = queue.shift()) {
        try {
          await this.backend.uploadFile(target, file);
        } catch (thrown) {
          failed += 1;
          if (failed === 1) this.fail(thrown);
        }
        done += 1;
        this.handing = { done, all: files.length };
      }
    };
    await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
    this.handing = null;
    const ok = files.length - failed;
    if (failed > 0) this.toasts.show('info', t.browse.uploadSome(ok, failed));
    else this.toasts.show('ok', t.browse.uploadStarted(ok, placeName(target.bucket, target.prefix)));
  }

  /** Tells what it costs where it is large, asks where to, then downloads. */
  async download(keys: string[]): Promise<void> {
    const place = this.place;
    if (keys.length === 0) return;
    const told = place && (await this.prices.download(place, keys));
    if (told?.ask) this.dialog = { kind: 'price', keys, told };
    else await this.fetch(keys);
  }

  /** Asks where to, then downloads. */
  async fetch(keys: string[]): Promise<void> {
    await this.intoFolder(t.dialogs.downloadTitle(keys.length), (to) => this.downloadTo(keys, to));
  }

  /** Asks for a folder of this computer, then runs something with it. */
  async intoFolder(title: string, run: (to: string) => Promise<void>): Promise<void> {
    try {
      const to = await this.backend.call('pick_folder', {});
      if (to !== null) await run(to);
      else if (!this.backend.native) this.dialog = { kind: 'download', title, run };
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  async downloadTo(keys: string[], to: string): Promise<void> {
    const place = this.place;
    if (!place) return;
    await this.backend.call('download', { connection: place.connection, bucket: place.bucket, keys, to });
    this.toasts.show('ok', t.browse.downloadStarted(keys.length));
    this.transfers.show(true);
  }

  /** What was sent belongs in the list that is shown. */
  #listAgain(): void {
    const list = this.listing;
    if (this.route?.kind !== 'browse' || list.loading || !list.summary?.complete) return;
    if (list.summary.objects <= RELIST_UP_TO) void list.open(this.route, true);
  }

  protected override view(): View {
    return this.listing.view();
  }

  protected override show(route: Route, view: Partial<View> | null): void {
    if ('connection' in route && route.connection !== this.connection) {
      this.connection = route.connection;
      void this.loadBuckets();
    }
    this.folders.show(route.kind === 'folder' ? route.id : null);
    this.sync.show(route.kind === 'folder' ? route.id : null);
    this.search.show(route.kind === 'search' ? route : null);
    this.time.open(route.kind === 'time' ? route : null, this.tabs.current?.id ?? 0);
    this.lifecycle.open(route.kind === 'lifecycle' ? route : null);
    const { bucket, prefix } = 'prefix' in route && route.kind !== 'search' ? route : { bucket: '', prefix: '' };
    void this.refusals.show(this.connection, bucket, prefix);
    this.thaw.show(route.kind === 'browse' ? route : null);
    if (route.kind === 'browse') {
      const { connection } = route;
      this.places.visit(route);
      this.listing.deleted = this.tabs.current?.deleted ?? false;
      void this.listing.open({ connection, bucket, prefix }, false, view);
    }
  }

  #events(events: UiEvent[]): void {
    for (const event of events) {
      switch (event.kind) {
        case 'listing':
          this.listing.changed(event.id, event.revision);
          break;
        case 'transfers':
          this.transfers.changed();
          break;
        case 'folders':
          this.folders.changed();
          this.sync.changed();
          break;
        case 'indexes':
          this.indexes.changed();
          this.search.changed();
          break;
        case 'histories':
          this.time.changed();
          this.lifecycle.changed();
          break;
        case 'thaws':
          this.thaw.changed();
          break;
        case 'thawed':
          void sayThawed(this, event);
          break;
        case 'jobs':
          this.jobs.changed();
          break;
        case 'test_step':
          this.connect.event(event);
          break;
        case 'connections':
          void this.#readConnections();
          break;
        case 'missed':
          this.listing.reread();
          this.transfers.changed();
          this.jobs.changed();
          this.thaw.changed();
          this.time.changed();
          this.lifecycle.changed();
          this.folders.changed();
          this.sync.changed();
          this.indexes.changed();
          this.search.changed();
          void this.#readConnections();
          break;
      }
    }
  }

  async #readConnections(): Promise<void> {
    try {
      void this.refusals.read();
      this.connections = await this.backend.call('connections', {});
    } catch (thrown) {
      this.fail(thrown);
    }
  }
}
