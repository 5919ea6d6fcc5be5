import type { JobItemRow, JobProblem, JobRequest, LockChange, LockRow, ObjectRow, VersionRow } from '../api/types';
import { isoDay, spanEnd } from '../util/lock';
import type { Calls } from './index';
import type { Act } from './mock-versions';

type Handlers = {
  [N in 'bucket_lock' | 'object_locks' | 'version_lock']: (args: Calls[N]['args']) => Calls[N]['result'];
};

/** What a lock or a purge comes to. */
export interface LockPlan {
  items: JobItemRow[];
  bytes: number;
  act: Act;
  problems: JobProblem[];
  typeToStart: number | null;
  typeDate: string | null;
}

export interface MockLock {
  handlers: Handlers;
  /** The plan of a lock or a purge; `null` for other requests. */
  plan: (request: JobRequest) => LockPlan | null;
}

/** What the mock of versions tells and lets be done. */
export interface Past {
  history: (bucket: string, key: string) => VersionRow[];
  destroy: (bucket: string, key: string, versions: string[]) => void;
}

const DAY = 86_400_000;
type Held = Pick<LockRow, 'mode' | 'until' | 'hold'>;
const FREE: Held = { mode: null, until: null, hold: false };

const rank = (mode: Held['mode']): number => (mode === 'compliance' ? 2 : mode === null ? 0 : 1);

/** Locks of the sample bucket: what the names of the keys say. */
function sample(key: string, now: number): Held {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const number = Number(/DJI_(\d+)/.exec(name)?.[1] ?? 0);
  if (name === 'site-notes.pdf') return { ...FREE, hold: true };
  if (name.startsWith('scan_')) return { mode: 'compliance', until: spanEnd({ years: 7 }, now), hold: true };
  if (number > 0 && number % 6 === 3) return { mode: 'compliance', until: spanEnd({ days: 461 }, now), hold: false };
  if (number > 0 && number % 6 === 4) return { mode: 'governance', until: spanEnd({ days: 83 }, now), hold: false };
  return FREE;
}

const holds = ({ mode, until, hold }: Held, now: number): boolean => hold || (mode !== null && (until ?? 0) > now);

function why(held: Held, now: number): string {
  if (!holds(held, now)) return '';
  if (held.mode === null || held.until === null) return 'A legal hold is on it.';
  return `Kept until ${isoDay(held.until)} (${held.mode}).${held.hold ? ' A legal hold is on it as well.' : ''}`;
}

function problemOf(code: string, title: string, advice: string, items: JobItemRow[]): JobProblem[] {
  const left = items.filter((item) => item.state === 'left' && item.why.startsWith(title));
  const keys = [...new Set(left.map((item) => item.key))];
  return left.length === 0 ? [] : [{ code, title, advice, objects: left.length, keys: keys.slice(0, 3) }];
}

/** Object Lock of one bucket in memory; it is off without `on`. */
export function mockLock(on: boolean, rowsOf: (bucket: string, prefix: string) => ObjectRow[], past: Past): MockLock {
  const changed = new Map<string, Held>();
  const at = (bucket: string, key: string): string => `${bucket}:${key}`;
  const isOn = (bucket: string): boolean => on && bucket === 'inspections-prod';

  const heldBy = (bucket: string, key: string): Held =>
    changed.get(at(bucket, key)) ?? (isOn(bucket) ? sample(key, Date.now()) : FREE);
  // The version below the top of a photo that was written again keeps a lock of its own.
  const heldOf = (bucket: string, key: string, rows: VersionRow[], version: string): Held => {
    const index = rows.findIndex((row) => row.version === version);
    if (index === 0 || !isOn(bucket)) return heldBy(bucket, key);
    return index === 1 && key.endsWith('DJI_0412.JPG')
      ? { mode: 'governance', until: spanEnd({ days: 40 }, Date.now()), hold: false }
      : FREE;
  };
  const told = (key: string, version: string | null, held: Held): LockRow => {
    const now = Date.now();
    return { key, version, ...held, holds: holds(held, now), why: why(held, now) };
  };
  const item = (key: string, more: Partial<JobItemRow> & Pick<JobItemRow, 'call'>): JobItemRow => ({
    seq: 0,
    key,
    name: key,
    version: null,
    size: 0,
    expects: null,
    state: 'planned',
    why: '',
    ...more,
  });
  const numbered = (items: JobItemRow[]): JobItemRow[] => items.map((each, i) => ({ ...each, seq: i + 1 }));

  /** Objects of one level: what lies deeper looks the same here. */
  const below = (bucket: string, root: string): ObjectRow[] => {
    if (root !== '' && !root.endsWith('/')) {
      const level = root.slice(0, root.lastIndexOf('/') + 1);
      return rowsOf(bucket, level).filter((row) => row.key === root);
    }
    const prefix = root === '' ? 'bridges/' : root;
    return rowsOf(bucket, prefix).filter((row) => !row.folder);
  };

  function planLock({ bucket, roots }: JobRequest, change: LockChange): LockPlan {
    const rows = roots.flatMap(({ from }) => below(bucket, from));
    const longer = 'It is kept longer or more firmly already';
    const items = rows.map(({ key, size }) => {
      const held = heldBy(bucket, key);
      const stays =
        change.mode !== null &&
        change.hold === null &&
        holds({ ...held, hold: false }, Date.now()) &&
        ((held.until ?? 0) >= (change.until ?? 0) || rank(held.mode) > rank(change.mode));
      return item(key, { call: 'lock', size, ...(stays ? { state: 'left', why: longer } : {}) });
    });
    const put = (states: [string, Held][]): Act => {
      const before = states.map(([key]): [string, Held] => [key, heldBy(bucket, key)]);
      for (const [key, held] of states) changed.set(at(bucket, key), held);
      return () => put(before);
    };
    return {
      items: numbered(items),
      bytes: items.reduce((sum, each) => sum + (each.state === 'left' ? 0 : each.size), 0),
      problems: problemOf(
        'kept_firmer',
        longer,
        'Its lock was left as it is, because a lock is never weakened here.',
        items,
      ),
      typeToStart: null,
      typeDate: change.mode === 'compliance' && change.until !== null ? isoDay(change.until) : null,
      act: () =>
        put(
          items
            .filter(({ state }) => state !== 'left')
            .map(({ key }): [string, Held] => {
              const held = heldBy(bucket, key);
              const { mode, until } = change.mode === null ? held : change;
              return [key, { mode, until, hold: change.hold ?? held.hold }];
            }),
        ),
    };
  }

  function planPurge({ bucket, roots, purge, purge_version: only }: JobRequest): LockPlan {
    const now = Date.now();
    const locked = 'It is locked';
    const items = roots
      .flatMap(({ from }) => below(bucket, from))
      .flatMap(({ key }) => {
        const rows = past.history(bucket, key);
        let kept = 0;
        return rows.flatMap((row, index) => {
          if (index === 0 || (only !== null && row.version !== only)) return [];
          if (only === null && purge) {
            if (row.marker && !purge.markers) return [];
            if (!row.marker && (kept += 1) <= purge.keep) return [];
            const covered = rows[index - 1]?.modified ?? now;
            if (now - covered < purge.days * DAY || (!row.marker && row.size < purge.bytes)) return [];
          }
          const held = told(key, row.version, heldOf(bucket, key, rows, row.version));
          const { version, size } = row;
          const stays = held.holds ? ({ state: 'left', why: locked } as const) : {};
          return [item(key, { call: 'destroy', version, size, ...stays })];
        });
      });
    const gone = items.filter(({ state }) => state !== 'left');
    return {
      items: numbered(items),
      bytes: gone.reduce((sum, each) => sum + each.size, 0),
      problems: problemOf(
        'protected',
        locked,
        'A retention or a legal hold keeps it, so it was not destroyed. It can go once the retention is over and the hold is taken away.',
        items,
      ),
      typeToStart: gone.length,
      typeDate: null,
      act: () => {
        for (const key of new Set(gone.map((each) => each.key))) {
          const ids = gone.flatMap((each) => (each.key === key && each.version !== null ? [each.version] : []));
          past.destroy(bucket, key, ids);
        }
        const none: Act = () => none;
        return none;
      },
    };
  }

  return {
    handlers: {
      bucket_lock: ({ bucket }) => ({
        on: isOn(bucket),
        default: isOn(bucket) ? { mode: 'governance', days: 30, years: null } : null,
      }),
      object_locks: ({ bucket, keys }) => keys.map((key) => told(key, null, heldBy(bucket, key))),
      version_lock: ({ bucket, key, version }) =>
        told(key, version, heldOf(bucket, key, past.history(bucket, key), version)),
    },
    plan: (request) => {
      if (request.kind === 'lock' && request.lock) return planLock(request, request.lock);
      return request.kind === 'purge' ? planPurge(request) : null;
    },
  };
}
