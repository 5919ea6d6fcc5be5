import type { JobKind, JobProblem, JobRequest, JobRow, TransferFilter } from '../api/types';
import type { Backend, CallName } from '../backend';
import { Throttle } from '../util/throttle';
import type { Place } from './listing.svelte';

/** Objects that wait to be put somewhere. */
export interface Clip {
  kind: 'copy' | 'move';
  keys: string[];
  from: Place;
}

const GAP = 250;
const OVER = ['done', 'cancelled', 'failed'];

/** Copies, moves, edits and deletes on the server; reads at most four times a second. */
export class Jobs {
  rows = $state.raw<JobRow[]>([]);
  clip = $state.raw<Clip | null>(null);
  /** Called when a job that was seen at work is over. */
  onended: (row: JobRow) => void = () => undefined;
  #throttle = new Throttle(() => void this.read(), GAP);
  #open = new Set<string>();
  #busy = false;

  constructor(private readonly backend: Backend) {}

  changed(): void {
    this.#throttle.poke();
  }

  /** Jobs of a tab of the transfers panel. What was only planned is shown in its dialog. */
  shown(filter: TransferFilter): JobRow[] {
    return this.rows.filter((row) => tabs(row).includes(filter));
  }

  async read(): Promise<void> {
    if (this.#busy) return this.changed();
    this.#busy = true;
    try {
      const rows = await this.backend.call('jobs', {});
      this.rows = rows;
      const ended = rows.filter((row) => OVER.includes(row.state) && this.#open.has(row.id));
      this.#open = new Set(rows.filter((row) => isAtWork(row)).map((row) => row.id));
      for (const row of ended) this.onended(row);
    } catch {
      // The rows stay as they were; the next hint reads again.
    } finally {
      this.#busy = false;
    }
  }

  async plan(request: JobRequest): Promise<JobRow> {
    return this.backend.call('plan_job', { request });
  }

  async job(id: string): Promise<JobRow> {
    return this.backend.call('job', { id });
  }

  async problems(id: string): Promise<JobProblem[]> {
    return this.backend.call('job_problems', { id });
  }

  async start({ id, type_to_start: typed, type_date: date }: JobRow): Promise<void> {
    await this.backend.call('start_job', { id, typed, date });
    this.#open.add(id);
    this.changed();
  }

  async say(
    name: Extract<CallName, 'pause_job' | 'resume_job' | 'cancel_job' | 'remove_job'>,
    id: string,
  ): Promise<void> {
    await this.backend.call(name, { id });
    this.changed();
  }
}

function isAtWork(row: JobRow): boolean {
  return ['running', 'waiting', 'needs_sign_in', 'paused'].includes(row.state);
}

function tabs(row: JobRow): TransferFilter[] {
  switch (row.state) {
    case 'running':
      return ['open', 'active'];
    case 'waiting':
    case 'needs_sign_in':
    case 'paused':
      return ['open', 'waiting'];
    case 'failed':
      return ['open', 'failed'];
    case 'done':
    case 'cancelled':
      return row.left > 0 ? ['open', 'failed', 'done'] : ['done'];
    case 'planning':
    case 'ready':
      return [];
  }
}

/** Where each chosen thing goes below a prefix: under its own name. */
export function rootsBelow(keys: string[], prefix: string): JobRequest['roots'] {
  return keys.map((from) => ({ from, to: `${prefix}${lastName(from)}` }));
}

/** Last part of a key, with the slash of a folder. */
export function lastName(key: string): string {
  const body = key.endsWith('/') ? key.slice(0, -1) : key;
  return key.slice(body.lastIndexOf('/') + 1);
}

/** A request with everything that usually is not said. */
export function request(
  kind: JobKind,
  place: { connection: string; bucket: string },
  roots: JobRequest['roots'],
  more: Partial<JobRequest> = {},
): JobRequest {
  const { connection, bucket } = place;
  return {
    kind,
    connection,
    bucket,
    to_bucket: bucket,
    roots,
    if_taken: 'skip',
    edit: [],
    restore: null,
    lock: null,
    purge: null,
    purge_version: null,
    ...more,
  };
}
