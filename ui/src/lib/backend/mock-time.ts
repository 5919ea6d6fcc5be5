import type {
  BucketVersions,
  HistoryRow,
  JobItemRow,
  JobRequest,
  ObjectAmount,
  Price,
  TimeChange,
  TimeChoice,
  TimeCounts,
  TimePlace,
  TimeRow,
  TimeShow,
  TimeVersion,
  UiError,
  UiEvent,
} from '../api/types';
import type { Calls } from './index';
import { sampleHistory, type Histories, type Past } from './mock-history';
import type { Act } from './mock-versions';

type TimeCalls =
  | 'histories'
  | 'start_history'
  | 'stop_history'
  | 'drop_history'
  | 'open_time'
  | 'time_bars'
  | 'time_counts'
  | 'time_window'
  | 'time_plan'
  | 'time_samples';
type Handlers = { [N in TimeCalls]: (args: Calls[N]['args']) => Calls[N]['result'] };

/** What a restore of a moment comes to: its calls, and what doing them changes. */
export interface Planned {
  items: JobItemRow[];
  bytes: number;
  act: Act;
}

export interface MockTime {
  handlers: Handlers;
  /** The plan of a restore to a moment, made of what is there now and not of what an index knows. */
  plan: (request: JobRequest) => Planned | null;
}

interface Index {
  row: HistoryRow;
  past: Histories;
}

interface Seen {
  key: string;
  change: TimeChange;
  then: Past | null;
  now: Past | null;
  when: number;
  lone: boolean;
}

const HOUR = 3_600_000;
const BEATS = 8;
/** Of a bucket that is not read yet: so many versions are told while it is. */
const MANY = 412_000;

const gone: UiError = { code: 'not_found', message: 'This index is gone. Open the place again.', detail: null };
const cut: UiError = {
  code: 'offline',
  message: 'The server does not answer. Go on when it does again.',
  detail: null,
};

function topAt(versions: Past[], moment: number): Past | null {
  let top: Past | null = null;
  for (const each of versions) if (each.at <= moment) top = each;
  return top;
}

const whole = (past: Past | null): Past | null => (past === null || past.marker ? null : past);

function changeOf(then: Past | null, now: Past | null): TimeChange | null {
  if (then === null) return now === null ? null : 'added';
  if (now === null) return 'deleted';
  if (then.version === now.version) return 'same';
  return then.etag === now.etag ? 'rewritten' : 'changed';
}

function look(past: Histories, prefix: string, moment: number): Seen[] {
  const rows: Seen[] = [];
  for (const [key, versions] of past) {
    if (!key.startsWith(prefix)) continue;
    const then = whole(topAt(versions, moment));
    const top = versions.at(-1) ?? null;
    const change = changeOf(then, whole(top));
    if (change === null || top === null) continue;
    const lone = change === 'deleted' && versions.at(-2)?.version === then?.version;
    rows.push({ key, change, then, now: whole(top), when: top.at, lone });
  }
  return rows;
}

const shows = (show: TimeShow, { change }: Seen): boolean => {
  switch (show) {
    case 'differences':
      return change !== 'same';
    case 'deleted':
      return change === 'deleted';
    case 'changed':
      return change === 'changed' || change === 'rewritten';
    case 'added':
      return change === 'added';
    case 'then':
      return change !== 'added';
  }
};

function told(past: Past | null): TimeVersion | null {
  if (past === null) return null;
  const { version, size, at, storage } = past;
  return { version, size, modified: at, class: storage, archived: storage === 'DEEP_ARCHIVE' };
}

function amount(rows: Seen[], of: (row: Seen) => Past | null): ObjectAmount {
  return { objects: rows.length, bytes: rows.reduce((sum, row) => sum + (of(row)?.size ?? 0), 0) };
}

type Step = 'undelete' | 'unmark' | 'roll_back' | 'hide' | null;

function stepOf(row: Seen, choice: TimeChoice): Step {
  const other = choice.but.includes(row.key);
  const takes = {
    same: false,
    deleted: choice.deleted !== other,
    changed: choice.changed !== other,
    rewritten: choice.rewritten !== other,
    added: (choice.added === 'hide') !== other,
  }[row.change];
  if (!takes || row.change === 'same') return null;
  if (row.change === 'added') return 'hide';
  if (row.change !== 'deleted') return 'roll_back';
  return choice.undelete === 'remove_marker' && row.lone ? 'unmark' : 'undelete';
}

function priceOf(objects: number, bytes: number): Price {
  const puts = { part: 'puts' as const, class: 'STANDARD', units: objects, amount: objects * 5400 };
  const storing = {
    part: 'storing' as const,
    class: 'STANDARD',
    units: bytes,
    amount: Math.ceil(bytes / 1e9) * 24_500_000,
  };
  const lines = objects === 0 ? [] : [puts, storing];
  return {
    kind: 'known',
    amount: lines.reduce((sum, line) => sum + line.amount, 0),
    why: '',
    currency: 'USD',
    date: '2026-11-01',
    region: 'eu-central-1',
    lines,
    early: [],
  };
}

/** The time slider in memory: a year of one bucket, deterministic but for the day it ends on. */
export function mockTime(
  emit: (event: UiEvent) => void,
  made: Set<string>,
  stateOf: (bucket: string) => BucketVersions,
  fast: boolean,
): MockTime {
  const query = new URLSearchParams(typeof location === 'undefined' ? '' : location.search);
  let trouble = query.has('trouble');
  const readAt = Date.now() - 3 * HOUR;
  const truth = new Map<string, Histories>();
  let indexes: Index[] = [];
  let count = 0;

  const pastOf = (bucket: string): Histories => {
    const known = truth.get(bucket);
    if (known) return known;
    const past = bucket === 'drone-raw-eu' || made.has(bucket) ? new Map<string, Past[]>() : sampleHistory(Date.now());
    truth.set(bucket, past);
    return past;
  };
  const row = (
    more: Partial<HistoryRow> & Pick<HistoryRow, 'id' | 'bucket' | 'prefix' | 'connection'>,
  ): HistoryRow => ({
    keys: 0,
    versions: 0,
    bytes: 0,
    requests: 0,
    complete: true,
    running: false,
    rate: null,
    expected: null,
    began_at: readAt,
    ended_at: readAt + 4000,
    error: null,
    ...more,
  });
  const sums = (past: Histories): Pick<HistoryRow, 'keys' | 'versions' | 'bytes' | 'requests'> => {
    const all = [...past.values()].flat();
    const bytes = all.reduce((sum, each) => sum + each.size, 0);
    return { keys: past.size, versions: all.length, bytes, requests: Math.ceil(all.length / 1000) };
  };
  const within = (past: Histories, prefix: string, until = Infinity): Histories =>
    new Map(
      [...past].flatMap(([key, versions]) => {
        const seen = versions.filter(({ at }) => at <= until);
        return key.startsWith(prefix) && seen.length > 0 ? [[key, seen] as const] : [];
      }),
    );
  const put = (index: Index): void => {
    indexes = [...indexes.filter((each) => each.row.id !== index.row.id), index];
    emit({ kind: 'histories' });
  };
  const begin = (connection: string, bucket: string): void => {
    const past = within(pastOf(bucket), '', readAt);
    count += 1;
    indexes.push({ row: row({ id: `h${count}`, connection, bucket, prefix: '', ...sums(past) }), past });
  };
  const find = (id: string): Index => {
    const index = indexes.find((each) => each.row.id === id);
    if (!index) throw gone;
    return index;
  };

  /** A beat of the filling: told in parts, so that it can be watched. */
  function fill(id: string, beat: number): void {
    const index = indexes.find((each) => each.row.id === id);
    if (!index?.row.running) return;
    const versions = Math.round((MANY / BEATS) * beat);
    if (trouble && beat > BEATS / 2) {
      trouble = false;
      put({ ...index, row: { ...index.row, running: false, rate: null, error: cut } });
      return;
    }
    if (beat >= BEATS) {
      const { connection, bucket, prefix } = index.row;
      const past = within(pastOf(bucket), prefix);
      indexes = indexes.filter(({ row: each }) => !(each.complete && each.bucket === bucket && each.prefix === prefix));
      const done = row({
        id,
        connection,
        bucket,
        prefix,
        ...sums(past),
        began_at: index.row.began_at,
        ended_at: Date.now(),
      });
      put({ row: done, past });
      return;
    }
    const part = {
      keys: versions - 31_000,
      versions,
      bytes: versions * 24_000_000,
      requests: Math.ceil(versions / 1000),
    };
    put({ ...index, row: { ...index.row, ...part, keys: Math.max(0, part.keys), rate: 21_400 } });
    setTimeout(() => fill(id, beat + 1), fast ? 120 : 600);
  }

  const handlers: Handlers = {
    histories: () => indexes.map((each) => each.row),
    start_history: ({ connection, bucket, prefix }) => {
      const here = indexes.filter(({ row: each }) => each.bucket === bucket && each.prefix === prefix);
      const open = here.find((each) => !each.row.complete);
      const before = here.find((each) => each.row.complete);
      count += 1;
      const expected = before ? before.row.versions : null;
      const fresh = row({
        id: `h${count}`,
        connection,
        bucket,
        prefix,
        complete: false,
        expected,
        began_at: Date.now(),
        ended_at: null,
      });
      const started = { ...(open?.row ?? fresh), running: true, rate: 21_400, error: null };
      put({ row: started, past: new Map() });
      const beat = Math.round((started.versions / MANY) * BEATS);
      setTimeout(() => fill(started.id, beat + 1), fast ? 120 : 600);
      return started;
    },
    stop_history: ({ id }) => {
      const index = find(id);
      put({ ...index, row: { ...index.row, running: false, rate: null } });
      return null;
    },
    drop_history: ({ id }) => {
      indexes = indexes.filter((each) => each.row.id !== id);
      emit({ kind: 'histories' });
      return null;
    },
    open_time: ({ connection, bucket, prefix }): TimePlace => {
      if (bucket === 'public-reports') {
        const refused: UiError = {
          code: 'no_permission',
          message: 'You may not list the versions of this bucket. Ask for s3:ListBucketVersions on it.',
          detail: 'AccessDenied · request 7QF2…9KD',
        };
        throw refused;
      }
      if (bucket === 'inspections-prod' && count === 0 && !query.has('unread')) begin(connection, bucket);
      const here = indexes.filter(({ row: each }) => each.bucket === bucket && prefix.startsWith(each.prefix));
      const newest = here.filter((each) => each.row.complete).sort((a, b) => b.row.began_at - a.row.began_at)[0];
      const times = newest ? [...within(newest.past, prefix).values()].flat().map(({ at }) => at) : [];
      return {
        versions: stateOf(bucket),
        index: newest?.row ?? null,
        filling: here.find((each) => !each.row.complete && each.row.prefix === prefix)?.row ?? null,
        first: times.length === 0 ? null : Math.min(...times),
        last: times.length === 0 ? null : Math.max(...times),
      };
    },
    time_bars: ({ id, prefix, from, to, bars }) => {
      const found = Array.from({ length: bars }, () => ({ written: 0, deleted: 0 }));
      for (const [key, versions] of find(id).past) {
        if (!key.startsWith(prefix)) continue;
        for (const { at, marker } of versions) {
          const bar = at < from || at >= to ? undefined : found[Math.floor(((at - from) * bars) / (to - from))];
          if (bar) bar[marker ? 'deleted' : 'written'] += 1;
        }
      }
      return found;
    },
    time_counts: ({ id, prefix, moment }): TimeCounts => {
      const { past } = find(id);
      const rows = look(past, prefix, moment);
      const of = (change: TimeChange): Seen[] => rows.filter((each) => each.change === change);
      let earlier: number | null = null;
      let later: number | null = null;
      for (const [key, versions] of past) {
        if (!key.startsWith(prefix)) continue;
        for (const { at } of versions) {
          if (at < moment && (earlier === null || at > earlier)) earlier = at;
          if (at > moment && (later === null || at < later)) later = at;
        }
      }
      const then = (each: Seen): Past | null => each.then;
      const now = (each: Seen): Past | null => each.now;
      return {
        then: amount(
          rows.filter((each) => each.then !== null),
          then,
        ),
        now: amount(
          rows.filter((each) => each.now !== null),
          now,
        ),
        same: of('same').length,
        rewritten: of('rewritten').length,
        changed: amount(of('changed'), then),
        deleted: amount(of('deleted'), then),
        added: amount(of('added'), now),
        earlier,
        later,
      };
    },
    time_window: ({ id, prefix, moment, show, text, offset, limit }) => {
      const words = text.toLowerCase();
      const rows = look(find(id).past, prefix, moment)
        .filter((each) => shows(show, each) && each.key.toLowerCase().includes(words))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      const window = rows.slice(offset, offset + limit);
      return {
        total: rows.length,
        rows: window.map(({ key, change, then, now, when, lone }): TimeRow => ({
          key,
          name: key.slice(prefix.length),
          change,
          then: told(then),
          now: told(now),
          when,
          lone_marker: lone,
        })),
      };
    },
    time_plan: ({ id, prefix, moment, choice }) => {
      const rows = look(find(id).past, prefix, moment);
      const of = (step: Step): Seen[] => rows.filter((each) => stepOf(each, choice) === step);
      const then = (each: Seen): Past | null => each.then;
      const copied = [...of('undelete'), ...of('roll_back')];
      const frozen = copied.filter((each) => each.then?.storage === 'DEEP_ARCHIVE');
      const warm = amount(
        copied.filter((each) => !frozen.includes(each)),
        then,
      );
      return {
        undelete: amount(of('undelete'), then),
        unmark: amount(of('unmark'), then),
        roll_back: amount(of('roll_back'), then),
        thaw: amount(frozen, then),
        hide: of('hide').length,
        left: of(null).filter((each) => each.change !== 'same').length,
        price: priceOf(warm.objects, warm.bytes),
      };
    },
    time_samples: ({ id, prefix, moment, choice }) => {
      const plan = handlers.time_plan({ id, prefix, moment, choice });
      const copied = plan.undelete.objects + plan.roll_back.objects - plan.thaw.objects;
      const problem: UiError = {
        code: 'no_permission',
        message: 'Old versions may not be read with this sign-in. Ask for s3:GetObjectVersion.',
        detail: null,
      };
      const asked = Math.min(5, copied);
      const unread = query.has('unreadable');
      return {
        asked,
        readable: unread ? 0 : asked,
        seconds: copied === 0 ? null : Math.max(1, Math.round(copied * 0.85)),
        problem: unread ? problem : null,
      };
    },
  };

  function plan({ bucket, roots, restore }: JobRequest): Planned | null {
    const moment = restore?.moment ?? null;
    if (restore === null || moment === null) return null;
    if (stateOf(bucket) === 'suspended') {
      const refused: UiError = {
        code: 'conflict',
        message: 'The bucket does not keep versions now, so a restore could not be undone. Turn versions on first.',
        detail: null,
      };
      throw refused;
    }
    const past = pastOf(bucket);
    const items: JobItemRow[] = [];
    const puts: [string, Past[]][] = [];
    let bytes = 0;
    const at = Date.now();
    for (const seen of look(past, roots[0]?.from ?? '', moment).sort((a, b) => (a.key < b.key ? -1 : 1))) {
      const step = stepOf(seen, restore);
      const versions = past.get(seen.key) ?? [];
      if (step === null) continue;
      const frozen = step !== 'unmark' && step !== 'hide' && seen.then?.storage === 'DEEP_ARCHIVE';
      const away = step === 'unmark';
      items.push({
        seq: items.length + 1,
        key: seen.key,
        name: seen.key,
        call: away ? 'remove_marker' : step === 'hide' ? 'delete' : 'copy_back',
        version: (away ? versions.at(-1)?.version : step === 'hide' ? null : seen.then?.version) ?? null,
        size: (step === 'hide' ? seen.now?.size : seen.then?.size) ?? 0,
        expects: seen.now?.etag ?? null,
        state: frozen ? 'left' : 'planned',
        why: frozen ? 'It is archived: it has to be thawed before it can be copied.' : '',
      });
      if (frozen) continue;
      if (step === 'undelete' || step === 'roll_back') bytes += seen.then?.size ?? 0;
      const base: Past = seen.then ?? { version: '', at, size: 0, etag: '', storage: '', marker: true };
      const top: Past = { ...base, version: `r${at}${items.length}`, at, marker: step === 'hide' };
      puts.push([seen.key, away ? versions.slice(0, -1) : [...versions, top]]);
    }
    const turn = (changes: [string, Past[]][]): Act => {
      const back = changes.map(([key]): [string, Past[]] => [key, past.get(key) ?? []]);
      for (const [key, versions] of changes) past.set(key, versions);
      return () => turn(back);
    };
    return { items, bytes, act: () => turn(puts) };
  }

  return { handlers, plan };
}
