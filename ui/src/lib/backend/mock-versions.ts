import type { JobRequest, ObjectRow, UiError, VersionRow } from '../api/types';
import { GONE_FOLDER, goneRows } from './mock-data';
import { mockCompare } from './mock-compare';
import type { Calls } from './index';

/** Does something and says what takes it back. */
export type Act = () => Act;

/** What restores are asked of. */
export interface Restorable {
  plan: (request: JobRequest) => { objects: number; bytes: number; left: number; act: Act };
}

type Handlers = ReturnType<typeof mockCompare> & {
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
  if (row.deleted_at !== null) {
    const last = { modified: now, etag: row.etag, class: row.class, archived: row.class === 'DEEP_ARCHIVE' };
    const top = { ...marker(1, 0), modified: row.deleted_at };
    return [top, one(2, 0, last), one(3, 6 * HOUR, { size: row.size - 400 })];
  }
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
    // Film, settings, notes, and a photo that was written again with the same bytes.
    case 'DJI_0414.MP4':
      return [top, one(2, 4 * HOUR, { size: row.size - 90_000_000, owner: 'ops-anna' })];
    case 'what?.json':
      return [
        top,
        one(2, 26 * HOUR, { size: row.size - 900, owner: 'ops-anna' }),
        one(3, WEEK, { size: row.size - 700 }),
      ];
    case 'site-notes.pdf':
      return [top, one(2, WEEK, { size: row.size - 12_000 })];
    case 'DJI_0415.JPG':
      return [top, one(2, 2 * HOUR, { etag: row.etag, owner: 'field-upload' })];
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
  /** A row as it is after deletes and restores; `null` while it is deleted and that is not to be seen. */
  shown: (bucket: string, row: ObjectRow, deleted: boolean) => ObjectRow | null;
  /** Puts a marker on an object, if it is one of those that have versions here. */
  remove: (bucket: string, key: string) => void;
  /** Versions and markers of an object, newest first. */
  history: (bucket: string, key: string) => VersionRow[];
  /** Takes versions out for good. */
  destroy: (bucket: string, key: string, versions: string[]) => void;
} {
  const changed = new Map<string, VersionRow[]>();
  let made = LONG;

  const read = (bucket: string, key: string): VersionRow[] => {
    const kept = changed.get(`${bucket}:${key}`);
    const prefix = key.slice(0, key.lastIndexOf('/') + 1);
    const row = [...rowsOf(bucket, prefix), ...goneRows(prefix)].find((each) => each.key === key);
    const rows = kept ?? (row ? historyOf(row) : []);
    return rows.map((each, i) => ({ ...each, latest: i === 0 }));
  };

  /** Puts one history in the place of another, and knows the way back. */
  const turn = (at: string, from: VersionRow[], to: VersionRow[]): Act => {
    changed.set(at, to);
    return () => turn(at, to, from);
  };

  /** Keys that a root means which are deleted now. */
  const goneBelow = (bucket: string, root: string): string[] => {
    const level = root.slice(0, root.lastIndexOf('/') + 1);
    const rows = [...rowsOf(bucket, level), ...goneRows(level)].filter((row) => !row.folder);
    return rows
      .map((row) => row.key)
      .filter((key) => (root.endsWith('/') ? key.startsWith(root) : key === root) && read(bucket, key)[0]?.marker);
  };

  /** Brings back what is deleted of some roots. */
  const undelete = ({ bucket, roots, restore }: JobRequest): ReturnType<Restorable['plan']> => {
    const keys = roots.flatMap(({ from }) => goneBelow(bucket, from));
    const away = restore?.undelete === 'remove_marker';
    const lastOf = (key: string): VersionRow | undefined => read(bucket, key).find((row) => !row.marker);
    // An archived version cannot be copied, and of stacked markers none is taken away.
    const can = keys.filter((key) => (away ? read(bucket, key)[1]?.marker === false : lastOf(key)?.archived === false));
    return {
      objects: keys.length,
      bytes: away ? 0 : can.reduce((sum, key) => sum + (lastOf(key)?.size ?? 0), 0),
      left: keys.length - can.length,
      act: () => {
        const backs = can.map((key) => {
          const rows = read(bucket, key);
          const last = lastOf(key);
          made += 1;
          const copy = last && { ...last, version: idOf(made), modified: Date.now(), owner: 'field-upload' };
          return turn(`${bucket}:${key}`, rows, away || !copy ? rows.slice(1) : [copy, ...rows]);
        });
        const all = (acts: Act[]): Act => {
          const next = acts.map((act) => act());
          return () => all(next);
        };
        return () => all(backs);
      },
    };
  };

  const find = (bucket: string, key: string, version: string): [VersionRow, number] => {
    const rows = read(bucket, key);
    const at = rows.findIndex((row) => row.version === version);
    const row = rows[at];
    // What has the same ETag has the same bytes.
    if (row) return [row, rows.findIndex((each) => each.etag === row.etag)];
    const gone: UiError = {
      code: 'not_found',
      message: 'This version is gone. Read the versions again.',
      detail: null,
    };
    throw gone;
  };

  return {
    handlers: {
      ...mockCompare(find),
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
    plan(request) {
      const { bucket, roots, restore } = request;
      if (restore?.version === null && restore.moment === null) return undelete(request);
      const key = roots[0]?.from ?? '';
      const rows = read(bucket, key);
      const wanted = rows.find((row) => row.version === restore?.version);
      const away = restore?.undelete === 'remove_marker' && rows[0]?.marker === true && rows[1] === wanted;
      return {
        objects: 1,
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
    shown(bucket, row, deleted) {
      const rows = changed.get(`${bucket}:${row.key}`);
      const top = rows?.[0];
      if (row.folder && row.key.endsWith(GONE_FOLDER)) {
        const left = goneBelow(bucket, row.key).length === goneRows(row.key).length;
        return left && !deleted ? null : row;
      }
      if (!top) return row.deleted_at === null || deleted ? row : null;
      if (!top.marker) {
        const state = row.deleted_at === null ? row.state : 'stored';
        return { ...row, state, deleted_at: null, size: top.size, modified: top.modified, etag: top.etag };
      }
      const last = rows?.find((each) => !each.marker);
      if (!deleted || !last) return null;
      return { ...row, state: 'deleted', deleted_at: top.modified, size: last.size, etag: last.etag };
    },
    history: read,
    destroy(bucket, key, versions) {
      changed.set(
        `${bucket}:${key}`,
        read(bucket, key).filter((row) => !versions.includes(row.version)),
      );
    },
    remove(bucket, key) {
      const rows = read(bucket, key);
      const top = rows[0];
      if (!top) return;
      made += 1;
      const marker = { ...top, version: idOf(made), marker: true, size: 0, etag: '', class: '', modified: Date.now() };
      changed.set(`${bucket}:${key}`, [marker, ...rows]);
    },
  };
}
