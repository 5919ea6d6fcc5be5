import type { JobRequest, ObjectRow, UiError, VersionRow } from '../api/types';
import type { Calls } from './index';

/** Does something and says what takes it back. */
export type Act = () => Act;

/** What restores are asked of. */
export interface Restorable {
  plan: (request: JobRequest) => { bytes: number; left: number; act: Act };
}

type Handlers = {
  object_versions: (args: Calls['object_versions']['args']) => Calls['object_versions']['result'];
};

const PAGE = 1000;
const LONG = 2500;
const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;

/** A version id made from a number, of the length that real ones have; the number itself is in it. */
function idOf(n: number): string {
  const letters = '3sL4kqtJcpXroDTmSdExb0';
  let seed = n;
  const rest = Array.from({ length: 20 }, () => {
    seed = (seed * 1103 + 12_345) % 65_521;
    return letters[seed % letters.length];
  });
  return `${rest.join('')}${n.toString(36).padStart(4, '0')}`;
}

function etagOf(n: number): string {
  return `"${((n * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0')}${'9b2c5a1ef04d7738c61e2b90'}"`;
}

/** Histories of the sample objects, newest first. What the names of the keys say is all that makes them differ. */
function historyOf(row: ObjectRow): VersionRow[] {
  const now = row.modified ?? 0;
  const one = (n: number, age: number, more: Partial<VersionRow> = {}): VersionRow => ({
    version: idOf(n),
    latest: false,
    marker: false,
    size: row.size,
    modified: now - age,
    etag: etagOf(n),
    class: 'STANDARD',
    archived: false,
    owner: 'inspector-07',
    ...more,
  });
  const top = one(1, 0, { etag: row.etag, class: row.class, archived: row.state === 'archived' });
  const marker = (n: number, age: number): VersionRow =>
    one(n, age, { marker: true, size: 0, etag: '', class: '', owner: 'key …7Q4D' });
  const unversioned = one(9, 40 * WEEK, { version: 'null', owner: null, size: row.size - 1_200_000 });
  switch (row.name) {
    case 'DJI_0412.JPG':
      return [
        top,
        one(2, 8 * 24 * HOUR, { size: row.size - 310_000, owner: 'ops-anna' }),
        one(3, 8 * 24 * HOUR + 9_000, { size: row.size - 310_000, etag: '"5f1d9be2a07c4e13d0aa71c2b8e6f904-3"' }),
        marker(4, 9 * 24 * HOUR),
        one(5, 14 * WEEK, { size: row.size - 640_000, class: 'GLACIER', archived: true }),
        unversioned,
      ];
    // It was deleted, twice, after the list was read.
    case 'DJI_0407.JPG':
      return [marker(1, -3 * HOUR), marker(2, -2 * HOUR), one(3, 0, { etag: row.etag }), unversioned];
    case 'DJI_0408.JPG':
      return [marker(1, -3 * HOUR), one(2, 0, { etag: row.etag }), unversioned];
    case 'scan_A14_P07_part1.e57':
      return [marker(2, -3 * HOUR), top];
    case 'flight-log_2026-11-20.csv':
      return Array.from({ length: LONG }, (_, i) =>
        i === 0 ? top : one(i + 1, i * 600_000, { size: row.size - i * 1000, owner: 'flight-recorder' }),
      );
    default:
      return [top];
  }
}

/** Versions of the mock: made when they are first asked for, and changed by restores. */
export function mockVersions(rowsOf: (bucket: string, prefix: string) => ObjectRow[]): Restorable & {
  handlers: Handlers;
  /** A row as it is after restores; `null` once they left it deleted. */
  shown: (bucket: string, row: ObjectRow) => ObjectRow | null;
} {
  const changed = new Map<string, VersionRow[]>();
  let made = LONG;

  const read = (bucket: string, key: string): VersionRow[] => {
    const kept = changed.get(`${bucket}:${key}`);
    const row = rowsOf(bucket, key.slice(0, key.lastIndexOf('/') + 1)).find((each) => each.key === key);
    const rows = kept ?? (row ? historyOf(row) : []);
    return rows.map((each, i) => ({ ...each, latest: i === 0 }));
  };

  /** Puts one history in the place of another, and knows the way back. */
  const turn = (at: string, from: VersionRow[], to: VersionRow[]): Act => {
    changed.set(at, to);
    return () => turn(at, to, from);
  };

  return {
    handlers: {
      object_versions: ({ bucket, key, after }) => {
        const rows = read(bucket, key);
        const from = after === null ? 0 : rows.findIndex((row) => row.version === after.version) + 1;
        if (after !== null && from === 0) {
          const gone: UiError = {
            code: 'not_found',
            message: 'This page is gone. Read the versions again.',
            detail: null,
          };
          throw gone;
        }
        const page = rows.slice(from, from + PAGE);
        const last = page.at(-1);
        const more = from + PAGE < rows.length && last !== undefined;
        return { rows: page, next: more ? { key, version: last.version } : null };
      },
    },
    plan({ bucket, roots, restore }) {
      const key = roots[0]?.from ?? '';
      const rows = read(bucket, key);
      const wanted = rows.find((row) => row.version === restore?.version);
      const away = restore?.undelete === 'remove_marker' && rows[0]?.marker === true && rows[1] === wanted;
      return {
        bytes: away ? 0 : (wanted?.size ?? 0),
        left: wanted?.archived && !away ? 1 : 0,
        act: () => {
          if (!wanted) return () => turn(`${bucket}:${key}`, rows, rows);
          made += 1;
          const copy = { ...wanted, version: idOf(made), modified: Date.now(), owner: 'field-upload' };
          const to = away ? rows.slice(rows.indexOf(wanted)) : [copy, ...rows];
          return turn(`${bucket}:${key}`, rows, to);
        },
      };
    },
    shown(bucket, row) {
      const top = changed.get(`${bucket}:${row.key}`)?.[0];
      if (!top) return row;
      if (top.marker) return null;
      return { ...row, size: top.size, modified: top.modified, etag: top.etag };
    },
  };
}
