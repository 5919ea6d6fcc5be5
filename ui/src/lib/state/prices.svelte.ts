import type { DownloadPrice, Price, PriceSettings } from '../api/types';
import type { Backend } from '../backend';
import type { Place } from './listing.svelte';
import type { Selection } from './selection.svelte';

const REST = 150;
/** So many rows of a filtered list are named one by one for a price; for more of them there is no hint. */
const NAMED = 2000;

/** What things cost, by the core's price list. A price that cannot be had is no error of what is done. */
export class Prices {
  /** Price of what is ticked. */
  hint = $state.raw<DownloadPrice | null>(null);
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly backend: Backend) {}

  /** Looks up what is ticked, once it rests for a moment. */
  follow(
    place: Place | null,
    selection: Selection,
    filtered: boolean,
    total: number,
    keys: () => Promise<string[]>,
  ): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    const turn = this.#turn;
    if (place === null || selection.count(total) === 0) {
      this.hint = null;
      return;
    }
    const { connection, bucket, prefix } = place;
    const all = selection.all && !filtered;
    const named = (): Promise<string[]> => (all ? Promise.resolve(selection.except()) : keys());
    this.#timer = setTimeout(() => {
      if (selection.all && filtered && total > NAMED) this.hint = null;
      else
        void named()
          .then((these) => {
            if (!all && these.length === 0) return null;
            const choice = { prefix, all, keys: these, look: false };
            return this.backend.call('price_download', { connection, bucket, choice });
          })
          .catch(() => null)
          .then((price) => {
            if (turn === this.#turn) this.hint = price;
          });
    }, REST);
  }

  /** What a download is and costs, with all that its folders hold; `null` when that cannot be found out. */
  async download(place: Place, keys: string[]): Promise<DownloadPrice | null> {
    const { connection, bucket, prefix } = place;
    const choice = { prefix, all: false, keys, look: true };
    return this.backend.call('price_download', { connection, bucket, choice }).catch(() => null);
  }

  async lists(connection: string, bucket: string, requests: number): Promise<Price | null> {
    return this.backend.call('price_listing', { connection, bucket, requests }).catch(() => null);
  }

  async job(id: string): Promise<Price | null> {
    return this.backend.call('price_job', { id }).catch(() => null);
  }

  settings(): Promise<PriceSettings> {
    return this.backend.call('price_settings', {});
  }

  async askFrom(bytes: number | null): Promise<void> {
    await this.backend.call('set_price_ask', { bytes });
  }
}
