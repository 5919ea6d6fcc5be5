import type { ListingSummary, ObjectRow, SortBy, UiError } from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';
import { Throttle } from '../util/throttle';
import { PAGE, Pages } from './pages.svelte';
import { Selection, type Picked } from './selection.svelte';

/** Place that is listed. */
export interface Place {
  connection: string;
  bucket: string;
  prefix: string;
}

/** How a list looks: what a history entry and a tab keep of it. */
export interface View {
  sort: SortBy;
  descending: boolean;
  filter: string;
  /** Key of the row with the focus, and where that row stood. */
  key: string | null;
  index: number;
  /** First row on the screen; a fraction when it is cut. `null`: wherever the focus is seen. */
  top: number | null;
  /** What was ticked in which list. */
  picked: (Picked & { id: string; total: number }) | null;
}

const CHUNK = 1000;
/** A row that moved is looked for this far around its old place, */
const NEAR = 100;
/** and in a list that is whole also among this many first rows. */
const SEARCH = 5 * CHUNK;

/** One listing: opens, follows, sorts, filters, selects. Old rows stay until new ones arrive. */
export class Listing {
  place = $state.raw<Place | null>(null);
  summary = $state.raw<ListingSummary | null>(null);
  error = $state.raw<UiError | null>(null);
  loading = $state(false);
  /** A person stopped it before its last page. */
  stopped = $state(false);
  sort = $state<SortBy>('name');
  descending = $state(false);
  filter = $state('');
  /** Whether deleted objects are listed as well, which costs more requests. It counts from the next opening on. */
  deleted = $state(false);
  /** Rows in the present filter. */
  total = $state(0);
  focus = $state(0);
  /** First row on the screen; the table says so when it scrolls. */
  top = 0;
  /** Where the table shall scroll to; the table takes it away. */
  jump = $state.raw<{ index: number; top: number | null } | null>(null);
  readonly selection = new Selection();
  readonly pages: Pages<ObjectRow>;
  #generation = 0;
  /** Lists that the core keeps open for this one: each opening is closed once. */
  #open: string[] = [];
  /** A refresh runs: what is shown stays until the new list has come as far. */
  #keep = false;
  #refresh: Throttle;
  /** The last list that was gone when it was read: opening again is tried once for each. */
  #replaced: string | null = null;
  /** A view that waits until enough rows are here. */
  #wanted: Partial<View> | null = null;

  constructor(private readonly backend: Backend) {
    this.pages = new Pages((offset, limit) => this.#read(offset, limit));
    this.#refresh = new Throttle(() => this.pages.stale(), 250);
  }

  /** Row with the focus, if it is loaded. */
  get focused(): ObjectRow | undefined {
    return this.pages.at(this.focus);
  }

  /** How the list looks now. */
  view(): View {
    const { sort, descending, filter, focus: index, top, total, selection, summary } = this;
    const ticked = summary !== null && selection.count(total) > 0;
    const picked = ticked ? { ...selection.save(), id: summary.id, total } : null;
    return { sort, descending, filter, key: this.focused?.key ?? null, index, top, picked };
  }

  /** The person moves by hand: a view that still waits for rows is given up. */
  stay(): void {
    this.#wanted = null;
  }

  /** Lists a place; with a view, as it looked then. */
  async open(
    { connection, bucket, prefix }: Place,
    refresh: boolean,
    view: Partial<View> | null = null,
  ): Promise<void> {
    const place = { connection, bucket, prefix };
    const same =
      view === null &&
      this.place !== null &&
      this.place.connection === place.connection &&
      this.place.bucket === place.bucket &&
      this.place.prefix === place.prefix;
    this.#generation += 1;
    const generation = this.#generation;
    const before = this.#open.splice(0);
    if (!same) {
      this.summary = null;
      this.total = 0;
      this.focus = 0;
      this.top = 0;
      this.jump = null;
      this.filter = view?.filter ?? '';
      this.sort = view?.sort ?? this.sort;
      this.descending = view?.descending ?? this.descending;
      this.selection.clear();
      this.pages.clear();
      this.#wanted = view;
    }
    this.#keep = same && refresh && this.total > 0;
    this.place = place;
    this.error = null;
    this.stopped = false;
    this.loading = true;
    try {
      const { summary, rows } = await this.#opened(place, refresh, same);
      if (generation !== this.#generation) {
        this.#close(summary.id);
        return;
      }
      this.#open.push(summary.id);
      this.#take(summary, this.filter === '' || rows !== null ? summary.count : this.total);
      if (rows === null) this.pages.stale();
      else {
        this.pages.begin(rows);
        void this.#seek().catch(() => this.stay());
      }
    } catch (thrown) {
      if (generation === this.#generation) this.error = toUiError(thrown);
    } finally {
      for (const id of before) this.#close(id);
      if (generation === this.#generation) this.loading = false;
    }
  }

  /** Opens a place; of another one than is shown, the first rows come along. */
  async #opened(
    place: Place,
    refresh: boolean,
    same: boolean,
  ): Promise<{ summary: ListingSummary; rows: ObjectRow[] | null }> {
    const ask = { ...place, refresh, deleted: this.deleted };
    if (same) return { summary: await this.backend.call('open_listing', ask), rows: null };
    return this.backend.call('open_list', { ...ask, limit: PAGE, ...this.#order() });
  }

  /** Asks for no more pages. Opening the place again goes on from here. */
  stop(): void {
    if (this.summary === null || this.summary.complete) return;
    this.stopped = true;
    for (const id of this.#open.splice(0)) this.#close(id);
  }

  /** Goes on with a list that was stopped. */
  goOn(): void {
    if (this.place !== null) void this.open(this.place, false);
  }

  /** A list that no view has open is not filled any further. */
  #close(id: string): void {
    void this.backend.call('close_listing', { id }).catch(() => null);
  }

  /** A hint from the core. */
  changed(id: string, revision: number): void {
    if (id === this.summary?.id && revision !== this.summary.revision) this.#refresh.poke();
  }

  reread(): void {
    this.#refresh.poke();
  }

  sortBy(sort: SortBy): void {
    if (this.sort === sort) this.descending = !this.descending;
    else {
      this.sort = sort;
      this.descending = sort === 'size' || sort === 'modified';
    }
    this.focus = 0;
    this.stay();
    this.pages.stale();
  }

  setFilter(text: string): void {
    this.stay();
    this.filter = text;
    this.#keep = false;
    this.focus = 0;
    this.selection.clear();
    this.pages.look(0, 1);
    this.pages.stale();
  }

  /** Ticks from the anchor to a row; rows that are not here are read in passing. */
  async extendTo(index: number): Promise<void> {
    const anchor = this.selection.anchor ?? this.focus;
    this.selection.anchor = anchor;
    const from = Math.min(anchor, index);
    const to = Math.max(anchor, index);
    const rows: ObjectRow[] = [];
    for (let i = from; i <= to; i += 1) {
      const row = this.pages.at(i);
      if (row) rows.push(row);
    }
    this.selection.only(rows.length === to - from + 1 ? rows : await this.#range(from, to + 1));
  }

  /** Keys that are ticked and not those of deleted objects, read from the core when "all" is ticked. */
  async selectedKeys(): Promise<string[]> {
    const { selection } = this;
    if (!selection.all) return selection.keys().filter((key) => !selection.isGone(key));
    return (await this.#ticked()).filter((row) => row.state !== 'deleted').map((row) => row.key);
  }

  /** Keys of deleted objects, and of folders, that are ticked. */
  async selectedGone(): Promise<string[]> {
    const { selection } = this;
    if (!selection.all) return selection.keys().filter((key) => selection.isGone(key) || key.endsWith('/'));
    return (await this.#ticked()).filter((row) => row.folder || row.state === 'deleted').map((row) => row.key);
  }

  async #ticked(): Promise<ObjectRow[]> {
    return (await this.#range(0, this.total)).filter((row) => this.selection.has(row.key));
  }

  /** Gives the focus, the scroll position and the ticks back once the rows they are about are here. */
  async #seek(): Promise<void> {
    const { summary, total } = this;
    const wanted = this.#wanted;
    if (wanted === null || summary === null) return;
    const { key = null, index = 0, top = null, picked = null } = wanted;
    if (!summary.complete && total <= index) return;
    const found = key === null ? null : await this.#indexOf(key, index, summary.complete);
    if (this.#wanted !== wanted) return;
    if (found === null && key !== null && !summary.complete) return;
    this.#wanted = null;
    this.focus = found ?? Math.min(index, Math.max(0, this.total - 1));
    this.jump = { index: this.focus, top };
    // Ticks are for the very list they were made in; in another one they could mean rows that nobody has seen.
    if (picked && picked.id === this.summary?.id && picked.total === this.total) this.selection.load(picked);
  }

  async #indexOf(key: string, near: number, whole: boolean): Promise<number | null> {
    const from = Math.max(0, near - NEAR);
    const at = (await this.#range(from, near + NEAR)).findIndex((row) => row.key === key);
    if (at >= 0) return from + at;
    if (!whole) return null;
    const first = (await this.#range(0, Math.min(this.total, SEARCH))).findIndex((row) => row.key === key);
    return first < 0 ? null : first;
  }

  async #range(from: number, end: number): Promise<ObjectRow[]> {
    const rows: ObjectRow[] = [];
    const id = this.summary?.id;
    if (id === undefined) return rows;
    for (let offset = from; offset < end; offset += CHUNK) {
      const limit = Math.min(CHUNK, end - offset);
      const answer = await this.backend.call('listing_window', { id, offset, limit, ...this.#order() });
      rows.push(...answer.rows);
      if (answer.rows.length < limit) break;
    }
    return rows;
  }

  #order(): { sort: SortBy; descending: boolean; filter: string } {
    return { sort: this.sort, descending: this.descending, filter: this.filter };
  }

  async #read(offset: number, limit: number): Promise<ObjectRow[] | null> {
    const id = this.summary?.id;
    if (id === undefined) return null;
    const generation = this.#generation;
    try {
      const answer = await this.backend.call('listing_window', { id, offset, limit, ...this.#order() });
      // While a list is opened anew, rows of the one before may still be asked for; their answer can come last.
      if (generation !== this.#generation || id !== this.summary?.id) return null;
      const short = answer.rows.length < Math.min(limit, this.total - offset);
      this.#take(answer.summary, answer.summary.count);
      // Where a row stands is a nicety: a list that cannot say so has shown its error already.
      void this.#seek().catch(() => this.stay());
      return this.#keep && short ? null : answer.rows;
    } catch (thrown) {
      if (generation === this.#generation) this.#failed(toUiError(thrown), id);
      return null;
    }
  }

  /** A read of list `id` failed. Where a newer list took its place, by a refresh here or in another window, that one is shown. */
  #failed(error: UiError, id: string): void {
    if (error.code !== 'not_found' || this.place === null || this.#replaced === id) {
      this.error = error;
    } else if (this.summary?.id === id) {
      this.#replaced = id;
      void this.open(this.place, false);
    } else {
      this.pages.stale();
    }
  }

  /** Takes what the core says of the list; `matching` rows fit the filter. */
  #take(summary: ListingSummary, matching: number): void {
    if (summary.complete) this.#keep = false;
    const old = this.#keep ? this.summary : null;
    this.summary = {
      ...summary,
      objects: Math.max(summary.objects, old?.objects ?? 0),
      bytes: Math.max(summary.bytes, old?.bytes ?? 0),
    };
    this.total = this.#keep ? Math.max(this.total, matching) : matching;
    if (this.focus >= this.total) this.focus = Math.max(0, this.total - 1);
  }
}
