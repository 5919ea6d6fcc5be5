import type { Forecast, ForecastEvent, HistoryRow, JobRow, Lifecycle, UiError } from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';
import { Throttle } from '../util/throttle';
import type { LifecycleRoute, Reach } from './history';

const BEAT = 300;

/** The rules of one bucket, and what they will do by its index. */
export class LifecycleView {
  at = $state.raw<LifecycleRoute | null>(null);
  rules = $state.raw<Lifecycle | null>(null);
  forecast = $state.raw<Forecast | null>(null);
  /** Why the rules could not be read; then there is nothing to show. */
  error = $state.raw<UiError | null>(null);
  forecastError = $state.raw<UiError | null>(null);
  loading = $state(false);
  now = $state(Date.now());
  /** An event whose objects are being looked for, to be held. */
  holding = $state.raw<ForecastEvent | null>(null);
  /** The route says something else now: whoever keeps it takes note. */
  onroute: (route: LifecycleRoute) => void = () => undefined;
  #turn = 0;
  #loads = 0;
  #beat = new Throttle(() => void this.#runAgain(), BEAT);

  constructor(private readonly backend: Backend) {}

  /** Shows the rules of a bucket, or nothing. What is shown already is read again only when it is another bucket. */
  open(route: LifecycleRoute | null): void {
    const same = route !== null && this.at?.bucket === route.bucket && this.at.connection === route.connection;
    const days = this.at?.days;
    this.at = route;
    if (route === null) {
      this.#turn += 1;
      this.#loads += 1;
      this.rules = null;
      this.forecast = null;
      return;
    }
    if (!same) {
      this.rules = null;
      this.forecast = null;
      this.reload();
    } else if (days !== route.days) void this.#run();
  }

  /** Reads the rules and runs them over the index again. */
  reload(): void {
    void this.#load();
  }

  /** Shows the forecast over another time. */
  reach(days: Reach): void {
    if (!this.at || this.at.days === days) return;
    this.at = { ...this.at, days };
    this.onroute(this.at);
    void this.#run();
  }

  /** Something about the indexes changed. */
  changed(): void {
    if (this.at && this.rules) this.#beat.poke();
  }

  /** A job is over; what it tagged is known to the forecast. */
  ended(row: JobRow): void {
    if (row.bucket === this.at?.bucket && row.connection === this.at.connection) this.changed();
  }

  /** The rules of a bucket were saved. */
  saved(connection: string, bucket: string, rules: Lifecycle): void {
    if (this.at?.bucket !== bucket || this.at.connection !== connection) return;
    this.rules = rules;
    void this.#run();
  }

  get filling(): HistoryRow | null {
    return this.forecast?.filling ?? null;
  }

  /** Reads the index of the whole bucket, or goes on with it. */
  async start(): Promise<void> {
    if (!this.at) return;
    const { connection, bucket } = this.at;
    await this.backend.call('start_history', { connection, bucket, prefix: '' });
    await this.#run();
  }

  async stop(id: string): Promise<void> {
    await this.backend.call('stop_history', { id });
    await this.#run();
  }

  async drop(id: string): Promise<void> {
    await this.backend.call('drop_history', { id });
    await this.#run();
  }

  /** Plans a job that adds the tag of a hold to the objects of an event; nothing is started. */
  async hold(event: ForecastEvent): Promise<JobRow | null> {
    if (!this.at || !this.rules || this.holding) return null;
    const { connection, bucket, days } = this.at;
    this.holding = event;
    try {
      return await this.backend.call('hold_objects', { connection, bucket, event, mark: this.rules.mark, days });
    } finally {
      this.holding = null;
    }
  }

  async #load(): Promise<void> {
    if (!this.at) return;
    const { connection, bucket } = this.at;
    const mine = (this.#loads += 1);
    this.loading = true;
    this.error = null;
    try {
      const rules = await this.backend.call('lifecycle', { connection, bucket });
      if (mine !== this.#loads) return;
      this.rules = rules;
      await this.#run();
    } catch (thrown) {
      if (mine === this.#loads) this.error = toUiError(thrown);
    } finally {
      if (mine === this.#loads) this.loading = false;
    }
  }

  /** Runs again what hints asked for; a newer question goes first. */
  async #runAgain(): Promise<void> {
    if (this.at && this.rules) await this.#run();
  }

  async #run(): Promise<void> {
    const { at, rules } = this;
    if (!at || !rules) return;
    const { connection, bucket, days } = at;
    const mine = (this.#turn += 1);
    try {
      const forecast = await this.backend.call('forecast', { connection, bucket, days, mark: rules.mark, edit: null });
      if (mine !== this.#turn) return;
      this.now = Date.now();
      this.forecast = forecast;
      this.forecastError = forecast.error;
    } catch (thrown) {
      if (mine === this.#turn) this.forecastError = toUiError(thrown);
    }
  }
}
