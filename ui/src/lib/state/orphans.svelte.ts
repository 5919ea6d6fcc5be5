import type { OrphanUpload, OrphanUploads, OrphanUse, OrphansEnded, UiError, UploadName } from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';

/** Most uploads that are ended by one call. */
const AT_ONCE = 1000;

/** Unfinished uploads of a bucket: what they hold is counted only when it is asked for, since each count is a request. */
export class Orphans {
  found = $state.raw<OrphanUploads | null>(null);
  error = $state.raw<UiError | null>(null);
  uses = $state.raw<ReadonlyMap<string, OrphanUse>>(new Map());
  counting = $state.raw<ReadonlySet<string>>(new Set());
  ticked = $state.raw<ReadonlySet<string>>(new Set());
  ending = $state(false);
  ended = $state.raw<OrphansEnded | null>(null);

  constructor(
    private readonly backend: Backend,
    readonly connection: string,
    readonly bucket: string,
  ) {}

  get rows(): OrphanUpload[] {
    return this.found?.rows ?? [];
  }

  /** Those that can be ended here. */
  get free(): OrphanUpload[] {
    return this.rows.filter((row) => !row.in_use);
  }

  get chosen(): OrphanUpload[] {
    return this.rows.filter((row) => this.ticked.has(row.upload));
  }

  async read(): Promise<void> {
    const { connection, bucket } = this;
    this.error = null;
    try {
      this.found = await this.backend.call('orphan_uploads', { connection, bucket, prefix: '' });
      const there = new Set(this.free.map(({ upload }) => upload));
      this.ticked = new Set([...this.ticked].filter((each) => there.has(each)));
    } catch (thrown) {
      this.error = toUiError(thrown);
    }
  }

  tick(row: OrphanUpload): void {
    if (row.in_use) return;
    const next = new Set(this.ticked);
    if (!next.delete(row.upload)) next.add(row.upload);
    this.ticked = next;
  }

  /** All that can be ended, or none of them. */
  tickAll(): void {
    const { free } = this;
    this.ticked = this.ticked.size < free.length ? new Set(free.map(({ upload }) => upload)) : new Set();
  }

  /** Asks what some of them hold, one after the other. */
  async count(rows: OrphanUpload[]): Promise<void> {
    const wanted = rows.filter(({ upload }) => !this.uses.has(upload) && !this.counting.has(upload));
    this.counting = new Set([...this.counting, ...wanted.map(({ upload }) => upload)]);
    const { connection, bucket } = this;
    try {
      for (const row of wanted) {
        const use = await this.backend.call('count_orphan', { connection, bucket, upload: nameOf(row) });
        this.uses = new Map(this.uses).set(row.upload, use);
      }
    } catch (thrown) {
      this.error = toUiError(thrown);
    } finally {
      const left = new Set(this.counting);
      for (const { upload } of wanted) left.delete(upload);
      this.counting = left;
    }
  }

  /** Ends the chosen ones, and asks again for what is left. */
  async end(): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    this.ended = null;
    const { connection, bucket } = this;
    const all: OrphansEnded = { ended: 0, left: 0, problem: null };
    try {
      const uploads = this.chosen.map(nameOf);
      for (let at = 0; at < uploads.length; at += AT_ONCE) {
        const some = uploads.slice(at, at + AT_ONCE);
        const { ended, left, problem } = await this.backend.call('abort_orphans', {
          connection,
          bucket,
          uploads: some,
        });
        all.ended += ended;
        all.left += left;
        all.problem ??= problem;
      }
      this.ended = all;
      this.ticked = new Set();
    } catch (thrown) {
      this.error = toUiError(thrown);
    } finally {
      this.ending = false;
    }
    if (this.error === null) await this.read();
  }
}

function nameOf({ key, upload }: OrphanUpload): UploadName {
  return { key, upload };
}

/** What those that were counted hold together. */
export function sumOf(uses: Iterable<OrphanUse>): { bytes: number; amount: number; currency: string } {
  const sum = { bytes: 0, amount: 0, currency: '' };
  for (const { bytes, price } of uses) {
    sum.bytes += bytes;
    if (price.kind !== 'known') continue;
    sum.amount += price.amount;
    sum.currency = price.currency;
  }
  return sum;
}
