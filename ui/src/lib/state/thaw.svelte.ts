import { SvelteMap } from 'svelte/reactivity';
import type { ThawBoard, ThawFrom, ThawItem, ThawRow, UiError } from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';
import { isReadable, itemReadable, lingers, openOrder, type Standing } from '../util/thaw';
import { Throttle } from '../util/throttle';
import type { Place } from './listing.svelte';

const GAP = 250;
const PAGE = 200;
/** So many objects of a batch are known in the list; of a larger one the board tells. */
const MOST_ITEMS = 1000;

/** What was asked back from archives; reads at most four times a second. */
export class Thaw {
  board = $state.raw<ThawBoard | null>(null);
  error = $state.raw<UiError | null>(null);
  tab = $state<'open' | 'past'>('open');
  /** Batch that is to have the focus when the board shows it. */
  wanted = $state<string | null>(null);
  /** Batch that a dialog is about: a plan that nobody decided on is none of the board's. */
  deciding = $state<string | null>(null);
  readonly open = $derived((this.board?.open ?? []).filter((row) => row.id !== this.deciding).sort(openOrder));
  readonly past = $derived(this.board?.past ?? []);
  readonly ready = $derived(this.open.filter(isReadable).length);
  readonly thawing = $derived(this.open.filter(({ state }) => state === 'asking' || state === 'thawing').length);
  #throttle = new Throttle(() => void this.read(), GAP);
  #standing = new SvelteMap<string, Standing>();
  #place: Place | null = null;
  #stamp = '';
  #turn = 0;
  #busy = false;

  constructor(private readonly backend: Backend) {}

  changed(): void {
    this.#throttle.poke();
  }

  async read(): Promise<void> {
    if (this.#busy) return this.changed();
    this.#busy = true;
    try {
      this.board = await this.backend.call('thaws', {});
      this.error = null;
      void this.#readStanding();
    } catch (thrown) {
      this.error = toUiError(thrown);
    } finally {
      this.#busy = false;
    }
  }

  row(id: string): ThawRow | null {
    const all = [...(this.board?.open ?? []), ...this.past];
    return all.find((row) => row.id === id) ?? null;
  }

  plan(connection: string, bucket: string, from: ThawFrom): Promise<ThawRow> {
    return this.backend.call('plan_thaw', { connection, bucket, from });
  }

  /** Forgets a plan that nobody started; one that is gone already is as good. */
  async drop(id: string): Promise<void> {
    // What still counts is ended first.
    if (this.row(id)?.state !== 'planned') await this.backend.call('stop_thaw', { id }).catch(() => null);
    await this.backend.call('drop_thaw', { id }).catch(() => null);
    this.changed();
  }

  /** The list shows this place now. */
  show(place: Place | null): void {
    this.#place = place;
    void this.#readStanding();
  }

  /** How an archived object of the shown list stands on the board; `null` when it is not on it. */
  standing(place: Place, key: string): Standing | null {
    const found = this.#standing.get(`${place.connection} ${place.bucket} ${key}`);
    // Of what is over nobody tells when its copies end.
    if (!found || (found.readable && found.ends !== null && found.ends <= Date.now())) return null;
    return found;
  }

  async #readStanding(): Promise<void> {
    const place = this.#place;
    if (!place) return;
    const now = Date.now();
    // What is open comes last: it was asked for later, and counts where both have an object.
    const rows = [...this.past.filter((row) => lingers(row, now)), ...this.open].filter(
      (row) =>
        row.connection === place.connection &&
        row.bucket === place.bucket &&
        (row.state === 'asking' || row.state === 'thawing' || row.state === 'past' || isReadable(row)) &&
        (row.place.startsWith(place.prefix) || place.prefix.startsWith(row.place)),
    );
    const marks = rows.map((row) => [row.id, row.state, row.ready, row.failed, row.ends_at, row.due_at]);
    const stamp = JSON.stringify([place, marks]);
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#turn += 1;
    const turn = this.#turn;
    const found = new Map<string, Standing>();
    try {
      for (const row of rows) {
        for (const item of await this.#items(row.id)) {
          if (item.state === 'failed' || item.state === 'ended' || item.version !== null) continue;
          const readable = itemReadable(item.state);
          found.set(`${row.connection} ${row.bucket} ${item.key}`, { readable, due: row.due_at, ends: item.ends_at });
        }
      }
    } catch {
      // The next change of the board reads them again.
      this.#stamp = '';
      return;
    }
    if (turn !== this.#turn) return;
    for (const key of this.#standing.keys()) if (!found.has(key)) this.#standing.delete(key);
    for (const [key, standing] of found) this.#standing.set(key, standing);
  }

  async #items(id: string): Promise<ThawItem[]> {
    const all: ThawItem[] = [];
    let total = 1;
    while (all.length < Math.min(total, MOST_ITEMS)) {
      const page = await this.backend.call('thaw_items', { id, offset: all.length, limit: PAGE });
      all.push(...page.rows);
      total = page.total;
      if (page.rows.length === 0) break;
    }
    return all;
  }
}
