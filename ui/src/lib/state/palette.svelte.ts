import type { ObjectRow, SearchLine } from '../api/types';
import { t } from '../i18n';
import { parentPrefix, placeName } from '../util/address';
import { size, storageClass } from '../util/format';
import { marked, rank, type Found } from '../util/fuzzy';
import { refusalOf, refusedWords } from './refusals.svelte';
import { capsOf, COMMANDS, runCommand, type CommandId } from './commands';
import type { App } from './app.svelte';
import type { Route } from './history';
import type { Place } from './listing.svelte';
import { routeOf, samePlace } from './places.svelte';

export type Section = keyof typeof t.palette.sections;

/** A line of the palette. */
export interface PaletteItem {
  id: string;
  kind: 'action' | 'search' | 'bookmark' | 'recent' | 'bucket' | 'sync' | 'address' | 'folder' | 'object';
  command?: CommandId;
  name: string;
  sub: string;
  caps: string[];
  /** Why it is impossible now. */
  blocked: string | null;
  run: () => void;
  /** The same in a new tab, where that makes sense. */
  inTab: (() => void) | null;
}

const NARROW: Record<string, Section | 'buckets'> = { '>': 'actions', '/': 'objects', '@': 'buckets' };
const MOST = 8;
/** With nothing typed the palette is a short list of what is likely. */
const MOST_AT_FIRST = 5;
const CANDIDATES = 100;
/** Lines asked for of what was listed elsewhere. */
const ELSEWHERE = 40;

/** What the palette offers for what is typed: actions, then places, then objects of the open list. */
export class Palette {
  text = $state('');
  /** Names of the open list that have the longest typed word, as the core found them. */
  #rows = $state.raw<ObjectRow[]>([]);
  /** What has all words and was listed anywhere in this connection. */
  #lines = $state.raw<SearchLine[]>([]);
  #generation = 0;
  narrow = $derived(NARROW[this.text.charAt(0)] ?? null);
  query = $derived((this.narrow === null ? this.text : this.text.slice(1)).trim());
  objectsFound = $state(0);
  readonly sections = $derived.by(() => this.#sections());

  constructor(private readonly app: App) {}

  /** Asks the core for objects of the open list; an old answer never replaces a newer one. */
  async look(): Promise<void> {
    void this.#search();
    const id = this.app.place ? this.app.listing.summary?.id : undefined;
    const wanted = this.narrow === null || this.narrow === 'objects';
    const generation = (this.#generation += 1);
    if (id === undefined || !wanted || (this.query === '' && this.narrow === null)) {
      this.#rows = [];
      return;
    }
    const filter = this.query.split(/\s+/).reduce((a, b) => (b.length > a.length ? b : a), '');
    try {
      const args = { id, offset: 0, limit: CANDIDATES, sort: 'name' as const, descending: false, filter };
      const { rows, summary } = await this.app.backend.call('listing_window', args);
      if (generation !== this.#generation) return;
      this.#rows = rows;
      this.objectsFound = summary.count;
    } catch {
      // The list shows its own error; actions and places are still here.
      if (generation === this.#generation) this.#rows = [];
    }
  }

  async #search(): Promise<void> {
    const text = this.query;
    const connection = this.app.connection;
    if (connection === null || text.length < 2 || (this.narrow !== null && this.narrow !== 'objects')) {
      this.#lines = [];
      return;
    }
    try {
      const scope = { connection, bucket: null, prefix: '' };
      const { lines } = await this.app.backend.call('search', { text, scope, offset: 0, limit: ELSEWHERE });
      if (text === this.query) this.#lines = lines;
    } catch {
      // A text that is no question of the search is still one of the palette.
      if (text === this.query) this.#lines = [];
    }
  }

  #sections(): { section: Section; found: Found<PaletteItem>[] }[] {
    const { narrow, query } = this;
    const atFirst = query === '' && narrow === null;
    const limit = atFirst ? MOST_AT_FIRST : narrow === null ? MOST : CANDIDATES;
    const of = (section: Section, items: PaletteItem[]) => ({ section, found: rank(query, items, limit) });
    const all = [];
    if (narrow === null || narrow === 'actions') {
      const actions = this.#actions();
      all.push(of('actions', atFirst ? actions.filter((item) => item.blocked === null) : actions));
    }
    if (narrow === null) {
      const places = of('places', this.#places());
      const address = this.#address();
      all.push(address ? { ...places, found: [...rank('', [address], 1), ...places.found] } : places);
    } else if (narrow === 'buckets') all.push(of('places', this.#buckets()));
    if (narrow === null || narrow === 'objects') all.push(of('objects', this.#objects()));
    const elsewhere = narrow === null || narrow === 'objects' ? this.#elsewhere() : [];
    all.push({ section: 'elsewhere' as const, found: elsewhere.map((item) => marked(query, item)) });
    return all.filter(({ found }) => found.length > 0);
  }

  #actions(): PaletteItem[] {
    return COMMANDS.filter(({ group, id }) => group !== 'list' && id !== 'palette').map((command) => {
      const blocked = command.blocked(this.app);
      return {
        id: `action ${command.id}`,
        kind: 'action' as const,
        command: command.id,
        name: t.commands.names[command.id],
        sub: blocked ?? (this.#refused(command.id) || (t.commands.hints[command.id] ?? '')),
        caps: capsOf(command.id),
        blocked,
        run: () => runCommand(this.app, command),
        inTab: null,
      };
    });
  }

  /** What was refused can be chosen all the same; then it asks whether to try again. */
  #refused(id: CommandId): string {
    const row = refusalOf(this.app, id);
    return row ? refusedWords(this.app, row) : '';
  }

  #goTo(id: string, kind: PaletteItem['kind'], name: string, sub: string, route: Route | null): PaletteItem {
    const { app } = this;
    return {
      ...{ id, kind, name, sub, caps: [], blocked: null },
      run: () => route && app.go(route),
      inTab: () => app.openTab(route),
    };
  }

  #places(): PaletteItem[] {
    const { places, folders } = this.app;
    const here = (place: Place): boolean => this.app.place !== null && samePlace(this.app.place, place);
    const name = ({ connection }: Place): string =>
      connection === this.app.connection ? '' : (this.app.connections.find((c) => c.id === connection)?.name ?? '');
    const route = ({ connection, bucket, prefix }: Place): Route => ({ kind: 'browse', connection, bucket, prefix });
    const key = (place: Place): string => `${place.connection} ${place.bucket}/${place.prefix}`;
    const parts = (...all: string[]): string => all.filter((part) => part !== '').join(', ');
    const marks = places.bookmarks.map((mark) =>
      this.#goTo(
        `mark ${key(mark)} ${mark.search?.text ?? ''}`,
        'bookmark',
        mark.name,
        parts(mark.search?.text ?? `${mark.bucket}/${mark.prefix}`, name(mark)),
        routeOf(mark),
      ),
    );
    const recent = places.recent
      .filter((place) => place.prefix !== '' && !here(place) && places.find(place) === null)
      .map((place) =>
        this.#goTo(`recent ${key(place)}`, 'recent', place.prefix, parts(place.bucket, name(place)), route(place)),
      );
    const sync = folders.list.map((folder) =>
      this.#goTo(`sync ${folder.id}`, 'sync', folder.name, t.palette.syncFolder, { kind: 'folder', id: folder.id }),
    );
    return [...marks, ...recent, ...this.#buckets(), ...sync];
  }

  #buckets(): PaletteItem[] {
    return this.app.buckets.map(({ name }) =>
      this.#goTo(`bucket ${name}`, 'bucket', name, t.palette.bucket, this.app.placeIn(name)),
    );
  }

  /** What is typed, when it is an address and not only a word. */
  #address(): PaletteItem | null {
    if (!/^[a-z0-9]+:/i.test(this.query)) return null;
    const address = this.app.readAddress(this.query);
    if (!address) return null;
    const { bucket, prefix, select } = address;
    const name = t.palette.address(`s3://${bucket}/${select ?? prefix}`);
    const item = this.#goTo('address', 'address', name, t.palette.addressSub, this.app.placeIn(bucket, prefix));
    return { ...item, run: () => this.app.address(this.query) };
  }

  #objects(): PaletteItem[] {
    const place = this.app.place;
    if (!place) return [];
    return this.#rows.map((row) => {
      const inFolder = row.folder ? this.app.placeIn(place.bucket, row.key) : null;
      const sub = row.folder ? t.browse.folder : [storageClass(row.class), size(row.size)].filter((p) => p).join(', ');
      const item = this.#goTo(`object ${row.key}`, row.folder ? 'folder' : 'object', row.name, sub, inFolder);
      return row.folder ? item : { ...item, run: () => this.app.go(place, { key: row.key }), inTab: null };
    });
  }

  #elsewhere(): PaletteItem[] {
    const { app, query } = this;
    if (query === '' || app.connection === null) return [];
    const here = app.place;
    const items = this.#lines.flatMap((line) => {
      if (line.type !== 'object') return [];
      const { connection, bucket, row } = line;
      const prefix = parentPrefix(row.key) ?? '';
      if (here && samePlace(here, { connection, bucket, prefix })) return [];
      const route: Route = { kind: 'browse', connection, bucket, prefix: row.folder ? row.key : prefix };
      const kind = row.folder ? 'folder' : 'object';
      const item = this.#goTo(`elsewhere ${bucket}/${row.key}`, kind, row.name, `${bucket}/${prefix}`, route);
      return [row.folder ? item : { ...item, run: () => app.go(route, { key: row.key }) }];
    });
    const most = this.narrow === null ? MOST_AT_FIRST : ELSEWHERE;
    const all = this.#goTo('search', 'search', t.palette.search(query), t.palette.searchSub, null);
    return [...items.slice(0, most), { ...all, run: () => app.openSearch(query), inTab: null }];
  }

  /** Name of the place that "here" means. */
  get here(): string {
    const place = this.app.place;
    return place ? placeName(place.bucket, place.prefix) : '';
  }
}
