import type { RefusalRow, RefusedRight } from '../api/types';
import type { Backend } from '../backend';
import { t } from '../i18n';
import type { App } from './app.svelte';
import type { CommandId } from './commands';
import type { Place } from './listing.svelte';

/** What a command asks of the server first; without it nothing of it can be done. */
const NEEDS: Partial<Record<CommandId, RefusedRight[]>> = {
  upload: ['write'],
  'new-folder': ['write'],
  'paste-objects': ['write'],
  download: ['read'],
  'copy-to': ['read'],
  rename: ['write', 'delete'],
  'move-to': ['delete'],
  'cut-objects': ['delete'],
  properties: ['write'],
  delete: ['delete'],
  'new-bucket': ['make_buckets'],
  'delete-bucket': ['delete_bucket'],
};

/** What the server refused in the place that is shown. It is a memory, never a rule: whoever wants to tries again. */
export class Refusals {
  rows = $state.raw<RefusalRow[]>([]);
  #at: Place = { connection: '', bucket: '', prefix: '' };
  #turn = 0;

  constructor(private readonly backend: Backend) {}

  /** Reads them for a place; of none, those about buckets alone. */
  async show(connection: string | null, bucket: string, prefix: string): Promise<void> {
    this.#at = { connection: connection ?? '', bucket, prefix };
    await this.read();
  }

  async read(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    try {
      const rows = this.#at.connection === '' ? [] : await this.backend.call('refusals', { ...this.#at });
      if (turn === this.#turn) this.rows = rows;
    } catch {
      // Without the memory everything can be tried.
      if (turn === this.#turn) this.rows = [];
    }
  }

  find(rights: RefusedRight[]): RefusalRow | null {
    return this.rows.find(({ right }) => rights.includes(right)) ?? null;
  }

  /** What was refused at any place. Without the memory everything can be tried. */
  async at(place: Place): Promise<RefusalRow[]> {
    return this.backend.call('refusals', place).catch(() => []);
  }

  async forget(right: RefusedRight, place: Place = this.#at): Promise<void> {
    await this.backend.call('forget_refusal', { ...place, right });
    await this.read();
  }
}

/** What was refused that a command needs here, if anything was. */
export function refusalOf(app: App, id: CommandId): RefusalRow | null {
  const needs = NEEDS[id];
  return needs ? app.refusals.find(needs) : null;
}

/** A refusal in words, for a place; by default the one that is shown. */
export function refusedWords(app: App, { right, prefix, at }: RefusalRow, here: Place | null = app.place): string {
  return t.refusals.reason(right, prefix, at, here?.prefix ?? '');
}

/** Why a control for a command says that it was refused, as attributes; otherwise its own title. */
export function gate(
  app: App,
  id: CommandId,
  title?: string,
): { 'aria-disabled': true | undefined; title: string | undefined } {
  const row = refusalOf(app, id);
  return { 'aria-disabled': row ? true : undefined, title: row ? refusedWords(app, row) : title };
}

/** Runs something, or asks whether to try it again where it was refused before. */
export function attempt(app: App, id: CommandId, run: () => void): void {
  const row = refusalOf(app, id);
  if (row) app.dialog = { kind: 'refused', row, run };
  else run();
}

/** Runs something that needs a right at any place, or asks whether to try it again where it was refused before. */
export async function attemptAt(app: App, place: Place, right: RefusedRight, run: () => void): Promise<void> {
  const row = (await app.refusals.at(place)).find((each) => each.right === right);
  if (row) app.dialog = { kind: 'refused', row, run, place };
  else run();
}
