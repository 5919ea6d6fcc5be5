import type {
  JobRow,
  ObjectRow,
  Price,
  PriceLine,
  ThawFrom,
  ThawItem,
  ThawOffer,
  ThawRow,
  ThawSpeed,
  UiEvent,
} from '../api/types';
import { hasDays, isOver, isReadable, lingers, openOrder } from '../util/thaw';
import type { CallName, Calls } from './index';
import { sampleThaws } from './mock-thaw-data';

type ThawCalls = Extract<
  CallName,
  | 'thaws'
  | 'plan_thaw'
  | 'thaw_offers'
  | 'start_thaw'
  | 'stop_thaw'
  | 'faster_thaw'
  | 'extend_thaw'
  | 'set_thaw_then'
  | 'download_thaw'
  | 'drop_thaw'
  | 'thaw_items'
>;
type Handlers = { [N in ThawCalls]: (args: Calls[N]['args']) => Calls[N]['result'] };

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GB = 1e9;
const BEAT = 150;
const PLANNING = 400;
/** Hours until the first and until the last are back, and billionths a GB and a request: Flexible, then Deep Archive. */
const SPEEDS: Record<
  ThawSpeed,
  { warm: [number, number, number, number]; deep: [number, number, number, number] | null }
> = {
  expedited: { warm: [1 / 60, 5 / 60, 30_000_000, 10_000_000], deep: null },
  standard: { warm: [3, 5, 10_000_000, 50_000], deep: [0, 12, 20_000_000, 100_000] },
  bulk: { warm: [5, 12, 0, 0], deep: [0, 48, 2_500_000, 25_000] },
};
const STORING_A_DAY = 770_000;

/** Pages tell the clock to go on: `detail` is hours. */
const CLOCK = 'mock-thaw-hours';

/**
 * A thaw board that only looks as if. Its batches are asked for in a moment, but they thaw by a clock of their own: it stands until the
 * page gets the event `mock-thaw-hours`, or runs so many times faster than the real one as the page's address says (`?thawclock=7200`).
 */
export function mockThaw(
  emit: (event: UiEvent) => void,
  rowsOf: (bucket: string, prefix: string) => ObjectRow[],
  jobOf: (id: string) => JobRow,
): Handlers {
  const query = new URLSearchParams(typeof location === 'undefined' ? '' : location.search);
  const rows = new Map<string, ThawRow>(query.has('thaw') ? sampleThaws(Date.now()).map((row) => [row.id, row]) : []);
  const keys = new Map<string, { key: string; size: number }[]>();
  let made = 0;

  const find = (id: string): ThawRow => {
    const row = rows.get(id);
    if (!row) throw { code: 'not_found', message: 'This batch is no longer on the board.', detail: null };
    return row;
  };
  const set = (id: string, change: Partial<ThawRow>): null => {
    const row = rows.get(id);
    if (row) rows.set(id, { ...row, ...change });
    emit({ kind: 'thaws' });
    return null;
  };

  const found = (
    bucket: string,
    from: ThawFrom,
  ): { name: string; place: string; all: { key: string; size: number }[]; skipped: number } => {
    if (from.kind === 'job') {
      const job = jobOf(from.id);
      const all = Array.from({ length: job.left }, (_, i) => ({
        key: `${job.from}scan_A14_part${i + 1}.e57`,
        size: 9_600_000_000 + i * 650_000_000,
      }));
      return { name: `Left by a restore of ${job.from || bucket}`, place: job.from, all, skipped: 0 };
    }
    const all: { key: string; size: number }[] = [];
    let skipped = 0;
    for (const root of from.roots) {
      const level = root.replace(/[^/]*$/, '');
      const inside = rowsOf(bucket, level).filter((row) => !row.folder && (row.key === root || root.endsWith('/')));
      const cold = inside.filter((row) => row.state === 'archived');
      all.push(...cold.map(({ key, size }) => ({ key, size })));
      skipped += inside.length - cold.length;
    }
    const [only = ''] = from.roots;
    const parts = only.split('/').filter((each) => each !== '');
    const name = from.roots.length > 1 ? `${from.roots.length} items` : (parts.at(-1) ?? bucket);
    return { name, place: only.replace(/[^/]*$/, ''), all, skipped };
  };

  const priceOf = (row: ThawRow, speed: ThawSpeed, days: number): Price => {
    const deep = row.classes.includes('DEEP_ARCHIVE');
    const [, , gb, request] = (deep ? SPEEDS[speed].deep : SPEEDS[speed].warm) ?? [0, 0, 0, 0];
    const kind = deep ? 'DEEP_ARCHIVE' : 'GLACIER';
    const line = (part: PriceLine['part'], units: number, amount: number): PriceLine => ({
      part,
      class: kind,
      units,
      amount: Math.round(amount),
    });
    const lines = [
      line('retrieval', row.bytes, (row.bytes / GB) * gb),
      line('restores', row.objects, row.objects * request),
      { ...line('storing', row.bytes, (row.bytes / GB) * STORING_A_DAY * days), class: 'STANDARD' },
    ];
    return {
      ...{ kind: 'known', why: '', currency: 'USD', date: '2026-11-01', region: 'eu-central-1', early: [] },
      amount: lines.reduce((sum, each) => sum + each.amount, 0),
      lines,
    };
  };
  const spanOf = (row: ThawRow, speed: ThawSpeed): [number, number] | null => {
    const deep = row.classes.includes('DEEP_ARCHIVE');
    const found = deep ? SPEEDS[speed].deep : SPEEDS[speed].warm;
    return found && [found[0] * HOUR, found[1] * HOUR];
  };

  function ask(id: string): void {
    const row = rows.get(id);
    if (row?.state !== 'asking') return;
    const asked = Math.min(row.objects, row.asked + Math.ceil(row.objects / 4));
    set(id, { asked, state: asked < row.objects ? 'asking' : 'thawing', look_at: Date.now() + HOUR });
    if (asked < row.objects) setTimeout(() => ask(id), BEAT);
  }

  function fetch(id: string): void {
    const row = rows.get(id);
    if (row?.state !== 'downloading') return;
    const downloaded = Math.min(row.ready, row.downloaded + Math.ceil(row.ready / 6));
    const all = downloaded >= row.ready;
    // All was done that was wanted: it is over, though the copies last on.
    set(id, { downloaded, ...(all ? { ...OVER, state: 'past' } : {}) });
    if (downloaded < row.ready) setTimeout(() => fetch(id), BEAT);
  }

  /** So much time passes for all batches. */
  function pass(ms: number): void {
    const now = Date.now();
    for (const row of [...rows.values()].filter((each) => !isOver(each) || lingers(each, now))) {
      const back = (at: number | null): number | null => (at === null ? null : at - ms);
      const next: ThawRow = {
        ...row,
        asked_at: back(row.asked_at),
        due_at: back(row.due_at),
        ready_at: back(row.ready_at),
        ends_at: back(row.ends_at),
      };
      rows.set(row.id, next);
      if (next.state === 'thawing' && next.due_at !== null && next.due_at <= now) warm(next, now);
      else if (isReadable(next) && next.ends_at !== null && next.ends_at <= now)
        rows.set(row.id, { ...next, ...OVER, state: 'past' });
    }
    emit({ kind: 'thaws' });
  }

  const OVER = { can_extend: false, can_hurry: false, waiting: false } as const;

  function warm(row: ThawRow, now: number): void {
    const ends_at = row.days === null ? null : now + row.days * DAY;
    const downloads = row.then.kind === 'download';
    rows.set(row.id, {
      ...row,
      state: downloads ? 'downloading' : 'ready',
      ready: row.asked - row.failed,
      ready_at: now,
      ends_at,
      can_hurry: false,
      can_extend: ends_at !== null,
      folder: row.then.kind === 'download' ? row.then.to : null,
      restored_by: row.then.kind === 'restore' ? 'j-again' : null,
    });
    emit({ kind: 'thawed', id: row.id, name: row.name, objects: row.asked - row.failed, ends_at });
    if (downloads) setTimeout(() => fetch(row.id), BEAT);
  }

  if (typeof window !== 'undefined') {
    window.addEventListener(CLOCK, (event) => pass(Number((event as CustomEvent<number>).detail) * HOUR));
    const speed = Number(query.get('thawclock') ?? 0);
    if (speed > 0) setInterval(() => pass(BEAT * speed), BEAT);
  }

  const itemsOf = (row: ThawRow): ThawItem[] =>
    Array.from({ length: row.objects }, (_, i): ThawItem => {
      const own = keys.get(row.id)?.[i];
      const key = own?.key ?? `${row.place}DJI_${String(i + 401).padStart(4, '0')}.MP4`;
      const failed = i < row.failed;
      const here = i - row.failed < row.downloaded;
      const ended = row.state === 'past' && row.ends_at !== null && row.ends_at <= Date.now();
      const readable = isReadable(row) || lingers(row, Date.now());
      const warm = readable ? (here ? 'downloaded' : 'ready') : i - row.failed < row.ready ? 'ready' : 'thawing';
      return {
        seq: i + 1,
        key,
        name: key.slice(row.place.length),
        version: row.job === null ? null : `v${i + 1}`,
        size: own?.size ?? Math.round(row.bytes / Math.max(1, row.objects)),
        class: row.classes.at(-1) ?? 'GLACIER',
        state: failed ? 'failed' : ended ? 'ended' : i - row.failed < row.asked ? warm : 'planned',
        ends_at: !failed && (readable || ended) ? row.ends_at : null,
        why: failed ? 'It was deleted while it was being thawed.' : '',
      };
    });

  return {
    thaws: () => {
      const all = [...rows.values()];
      const known = all.filter((row) => row.price !== null);
      const start = new Date();
      start.setUTCDate(1);
      start.setUTCHours(0, 0, 0, 0);
      const month = known
        .filter((row) => row.created >= start.getTime())
        .reduce((sum, row) => sum + (row.price?.amount ?? 0), 0);
      return {
        open: all.filter((row) => !isOver(row)).sort(openOrder),
        past: all.filter(isOver).sort((a, b) => b.created - a.created),
        month,
        currency: 'USD',
      };
    },
    plan_thaw: ({ connection, bucket, from }) => {
      const { name, place, all, skipped } = found(bucket, from);
      made += 1;
      const id = `w${made}`;
      keys.set(id, all);
      const row: ThawRow = {
        ...{ id, name, connection, bucket, place, skipped: 0, classes: [], speed: null, days: null, price: null },
        ...{ state: 'planning', waiting: false, objects: 0, bytes: 0, then: { kind: 'tell' } },
        ...{
          asked: 0,
          ready: 0,
          failed: 0,
          downloaded: 0,
          asked_at: null,
          due_at: null,
          ready_at: null,
          ends_at: null,
        },
        ...{ look_at: null, restored_by: null, folder: null, can_hurry: false, can_extend: false, error: null },
        job: from.kind === 'job' ? from.id : null,
        created: Date.now(),
      };
      rows.set(id, row);
      setTimeout(() => {
        if (rows.get(id)?.state !== 'planning') return;
        const bytes = all.reduce((sum, each) => sum + each.size, 0);
        const flexible = query.get('thaw') === 'flexible';
        set(id, {
          state: 'planned',
          objects: all.length,
          bytes,
          skipped,
          classes: [flexible ? 'GLACIER' : 'DEEP_ARCHIVE'],
        });
      }, PLANNING);
      emit({ kind: 'thaws' });
      return row;
    },
    thaw_offers: ({ id, days }) => {
      const row = find(id);
      return (['expedited', 'standard', 'bulk'] as const).map((speed): ThawOffer => {
        const span = spanOf(row, speed);
        const now = row.speed === null ? -1 : ['bulk', 'standard', 'expedited'].indexOf(row.speed);
        const slower = row.state === 'thawing' && ['bulk', 'standard', 'expedited'].indexOf(speed) <= now;
        return {
          speed,
          refused: !span
            ? 'Not possible: nothing comes back from Deep Archive in minutes.'
            : slower
              ? 'It was asked for at least this quickly.'
              : '',
          least_seconds: (span?.[0] ?? 0) / 1000,
          most_seconds: (span?.[1] ?? 0) / 1000,
          price: priceOf(row, speed, days),
        };
      });
    },
    start_thaw: ({ id, speed, days, then }) => {
      const row = find(id);
      const span = spanOf(row, speed);
      if (!span || row.state !== 'planned')
        throw { code: 'conflict', message: 'This batch cannot be asked for like this.', detail: null };
      const lasts = hasDays(row.classes) ? days : null;
      const asked_at = Date.now();
      set(id, {
        state: 'asking',
        speed,
        days: lasts,
        then,
        price: priceOf(row, speed, days),
        asked_at,
        due_at: asked_at + span[1],
        can_hurry: speed === 'bulk',
      });
      setTimeout(() => ask(id), BEAT);
      return null;
    },
    stop_thaw: ({ id }) => set(id, { ...OVER, state: 'stopped' }),
    faster_thaw: ({ id, speed }) => {
      const row = find(id);
      const span = spanOf(row, speed) ?? [0, HOUR];
      return set(id, {
        speed,
        due_at: Date.now() + span[1],
        asked_at: Date.now(),
        can_hurry: false,
        price: priceOf(row, speed, row.days ?? 0),
      });
    },
    extend_thaw: ({ id, days }) => set(id, { days, ends_at: Date.now() + days * DAY }),
    set_thaw_then: ({ id, then }) => set(id, { then }),
    download_thaw: ({ id, to }) => {
      set(id, { state: 'downloading', folder: to });
      setTimeout(() => fetch(id), BEAT);
      return null;
    },
    drop_thaw: ({ id }) => {
      const row = find(id);
      if (row.state !== 'planned' && !isOver(row))
        throw { code: 'conflict', message: 'Stop this batch before you remove it.', detail: null };
      rows.delete(id);
      emit({ kind: 'thaws' });
      return null;
    },
    thaw_items: ({ id, offset, limit }) => {
      const all = itemsOf(find(id));
      return { rows: all.slice(offset, offset + limit), total: all.length };
    },
  };
}
