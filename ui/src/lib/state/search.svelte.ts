import type { SearchLine, SearchScope, SearchWindow, UiError } from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';
import { Throttle } from '../util/throttle';
import { sameSearch, type SearchRoute } from './history';
import { Pages } from './pages.svelte';

/** Where a search looks. */
export function scopeOf({ connection, bucket, prefix, within }: SearchRoute): SearchScope {
  if (within === 'all') return { connection: null, bucket: null, prefix: '' };
  return { connection, bucket, prefix: within === 'folder' ? prefix : '' };
}

/** One search: asks, follows what is still read into memory. Old lines stay until new ones arrive. */
export class Search {
  route = $state.raw<SearchRoute | null>(null);
  summary = $state.raw<Omit<SearchWindow, 'lines'> | null>(null);
  error = $state.raw<UiError | null>(null);
  total = $state(0);
  readonly pages: Pages<SearchLine>;
  #generation = 0;
  #again = new Throttle(() => this.pages.stale(), 250);

  constructor(private readonly backend: Backend) {
    this.pages = new Pages((offset, limit) => this.#read(offset, limit));
  }

  /** Shows a search; `null` when another place is shown. */
  show(route: SearchRoute | null): void {
    const before = this.route;
    if (route === before || (route && before && sameSearch(route, before))) return;
    this.route = route;
    this.#generation += 1;
    this.error = null;
    if (route === null) {
      this.summary = null;
      this.total = 0;
      this.pages.clear();
      return;
    }
    this.pages.look(0, 1);
    this.pages.stale();
  }

  /** A hint: more may be searched now. */
  changed(): void {
    if (this.route) this.#again.poke();
  }

  async #read(offset: number, limit: number): Promise<SearchLine[] | null> {
    const route = this.route;
    if (route === null) return null;
    const generation = this.#generation;
    try {
      const args = { text: route.text, scope: scopeOf(route), offset, limit };
      const { lines, ...summary } = await this.backend.call('search', args);
      if (generation !== this.#generation) return null;
      this.summary = summary;
      this.total = summary.total;
      this.error = null;
      return lines;
    } catch (thrown) {
      if (generation === this.#generation) this.error = toUiError(thrown);
      return null;
    }
  }
}
