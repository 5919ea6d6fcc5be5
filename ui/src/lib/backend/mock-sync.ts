import type {
  BrakeRow,
  ChangeRow,
  ConflictRow,
  FileFilter,
  FolderFiles,
  FolderOptions,
  PlanCount,
  PlanKind,
  PlanNode,
  SyncFolderRow,
  UiEvent,
} from '../api/types';
import { picture } from './mock-data';
import type { CallName, Calls } from './index';

type SyncCall =
  | 'set_folder_options'
  | 'set_folder_mode'
  | 'plan_folder'
  | 'plan_window'
  | 'start_folder'
  | 'answer_brake'
  | 'merge_folder'
  | 'folder_conflicts'
  | 'conflict_details'
  | 'resolve_conflicts'
  | 'folder_changes'
  | 'undo_change';

type Handlers<N extends CallName> = { [K in N]: (args: Calls[K]['args']) => Calls[K]['result'] };

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 23, 14, 30);

/** Options of a new folder. */
export const OPTIONS: FolderOptions = {
  ignore: [],
  largest: null,
  limits: {
    percent: 20,
    files_an_hour: 200,
    bytes_an_hour: 10_737_418_240,
    files_a_week: 2000,
    overwrite_percent: 50,
  },
};

/** What a row of a folder has beside its counts when it only adds files. */
export const INGEST = {
  mode: 'ingest',
  conflicts: 0,
  brake: null,
  options: OPTIONS,
  nameless: 0,
  nameless_sample: [] as string[],
  merge_need: null,
  merged: null,
  silent_since: null,
} as const;

interface Step {
  path: string;
  kind: PlanKind;
  bytes: number;
  to?: string;
}

function steps(): Step[] {
  const list: Step[] = [];
  for (let i = 1; i <= 36; i += 1) {
    list.push({
      path: `2026/mill-road/DJI_${String(400 + i).padStart(4, '0')}.JPG`,
      kind: 'upload',
      bytes: 24_800_000,
    });
  }
  for (let i = 1; i <= 12; i += 1) {
    list.push({ path: `2026/ford-lane/report-${i}.pdf`, kind: 'download', bytes: 1_400_000 });
  }
  list.push({ path: '2026/ford-lane/summary.pdf', kind: 'replace_here', bytes: 2_100_000 });
  list.push({ path: '2026/ford-lane/old-sketch.png', kind: 'delete_there', bytes: 800_000 });
  list.push({
    path: '2026/notes.txt',
    kind: 'keep_both',
    bytes: 12_000,
    to: '2026/notes (conflict, field-laptop, 23 Nov).txt',
  });
  list.push({ path: '2025/overview.pdf', kind: 'rename_there', bytes: 3_000_000, to: '2025/overview-final.pdf' });
  list.push({ path: 'index.csv', kind: 'compare', bytes: 90_000 });
  return list;
}

const RISKY: PlanKind[] = ['replace_there', 'replace_here', 'delete_there', 'trash_here'];
const ORDER: PlanKind[] = [
  'upload',
  'download',
  'replace_there',
  'replace_here',
  'rename_there',
  'rename_here',
  'keep_both',
  'delete_there',
  'trash_here',
  'compare',
  'show',
];

function tree(list: Step[], open: string[], risky: boolean): PlanNode[] {
  const nodes: PlanNode[] = [];
  const inside = (folder: string, depth: number): void => {
    const seen = new Set<string>();
    for (const step of list) {
      if (!step.path.startsWith(folder) || (risky && !RISKY.includes(step.kind))) continue;
      const rest = step.path.slice(folder.length);
      const slash = rest.indexOf('/');
      const name = slash < 0 ? rest : rest.slice(0, slash);
      if (seen.has(name)) continue;
      seen.add(name);
      const path = folder + name;
      const held = list.filter((s) => s.path === path || s.path.startsWith(`${path}/`));
      nodes.push({
        path,
        name,
        depth,
        kind: slash < 0 ? step.kind : null,
        to: step.to ?? null,
        files: held.length,
        risky: held.filter((s) => RISKY.includes(s.kind)).length,
        bytes: held.reduce((sum, s) => sum + s.bytes, 0),
      });
      if (slash >= 0 && open.includes(path)) inside(`${path}/`, depth + 1);
    }
  };
  inside('', 0);
  return nodes;
}

function counts(list: Step[]): PlanCount[] {
  return ORDER.map((kind) => {
    const held = list.filter((step) => step.kind === kind);
    return { kind, files: held.length, bytes: held.reduce((sum, step) => sum + step.bytes, 0) };
  }).filter((count) => count.files > 0);
}

const NAMES = ['DJI_0412.JPG', 'DJI_0407.JPG', 'DJI_0413.JPG', 'site-notes.txt', 'span-3.e57'];

function conflictRows(): ConflictRow[] {
  return NAMES.map((name, i) => ({
    id: `k${i}`,
    path: `2026/mill-road/${name}`,
    kept_as: `2026/mill-road/${name.replace('.', ' (conflict, field-laptop, 23 Nov).')}`,
    key: `reports/2026/mill-road/${name}`,
    mine: { size: 24_800_000 - i * 310_000, modified: START - i * MINUTE, by: null },
    theirs: { size: i === 2 ? 0 : 24_800_000 - i * 900_000, modified: null, by: null },
    at: START + i * MINUTE,
  }));
}

function changeRows(): ChangeRow[] {
  const row = (i: number, kind: ChangeRow['kind'], path: string, rest: Partial<ChangeRow> = {}): ChangeRow => ({
    id: `u${i}`,
    kind,
    path,
    to: null,
    size: 2_400_000,
    cause: 'You deleted it on the other side',
    at: START - i * 7 * MINUTE,
    end: 'done',
    no_undo: null,
    ...rest,
  });
  return [
    row(1, 'deleted_there', '2026/ford-lane/old-sketch.png', { cause: 'It was deleted on this computer' }),
    row(2, 'trashed_here', '2026/ford-lane/draft-2.docx', { cause: 'It was deleted in the bucket' }),
    row(3, 'renamed_there', '2025/overview.pdf', {
      to: '2025/overview-final.pdf',
      cause: 'It was renamed on this computer',
      no_undo: 'Rename it back where you renamed it; the other side follows.',
    }),
    row(4, 'kept_both', '2026/mill-road/DJI_0412.JPG', {
      to: '2026/mill-road/DJI_0412 (conflict, field-laptop, 23 Nov).JPG',
      cause: 'It was changed on both sides',
      no_undo: 'Choose under Conflicts which side keeps the name.',
    }),
    row(5, 'trashed_here', '2026/ford-lane/draft-1.docx', {
      cause: 'It was deleted in the bucket',
      end: 'undone',
      no_undo: 'It was taken back already.',
    }),
    row(6, 'deleted_there', '2026/ford-lane/list.csv', {
      cause: 'It was deleted on this computer',
      end: 'refused',
      no_undo: 'Nothing was changed, so there is nothing to take back.',
    }),
  ];
}

function brakeRow(): BrakeRow {
  return {
    id: '16045690984833335023',
    why: 'everything',
    trash_here: 0,
    delete_there: 2110,
    overwrite: 0,
    bytes: 46_300_000_000,
    of: 2110,
    sample: Array.from({ length: 20 }, (_, i) => `2026/bridge-${String(i + 1).padStart(2, '0')}/model.e57`),
    since: START,
    answer: null,
  };
}

/** One folder for every state that a person may meet; shown with `?states`. */
function stateRows(): SyncFolderRow[] {
  const counts = {
    total: 320,
    safe: 288,
    checking: 0,
    uploading: 0,
    waiting: 32,
    failed: 0,
    bytes_total: 2_400_000_000,
    bytes_safe: 2_100_000_000,
  };
  const row = (id: string, name: string, rest: Partial<SyncFolderRow>): SyncFolderRow => ({
    ...INGEST,
    id,
    name,
    local: `/home/field/${name}`,
    remote: `inspections-prod/${name.toLowerCase().replaceAll(' ', '-')}/`,
    connection: 'c1',
    state: 'watching',
    state_text: '',
    counts,
    last_scan: Date.now() - 3 * MINUTE,
    rate: 0,
    mode: 'two_way',
    ...rest,
  });
  return [
    row('t1', 'Field notes', {
      local: '/media/PHOTOS-SSD/notes',
      state: 'offline',
      state_text: 'The folder is not there. Nothing was changed. Plug the drive in and it goes on.',
      last_scan: Date.now() - 130 * MINUTE,
    }),
    row('t2', 'Office share', {
      state: 'waiting',
      state_text: 'The sign-in has ended. Sign in again; what is under way goes on where it was.',
    }),
    row('t3', 'Old server', {
      connection: 'c2',
      mode: 'mirror_up',
      state: 'syncing',
      state_text: 'Bringing both sides in step',
    }),
    row('t4', 'Public reports', {
      mode: 'mirror_down',
      nameless: 3,
      nameless_sample: ['2026//summary.pdf', '../outside.txt', 'a/./b.csv'],
      counts: { ...counts, safe: 320, waiting: 0, bytes_safe: 2_400_000_000 },
    }),
    row('t5', 'Survey plans', {
      state: 'stopped',
      state_text: 'The folder could not be read: Permission denied. Give yourself the right to read it.',
    }),
    row('t7', 'Cleaned up', {
      state: 'offline',
      state_text:
        'The folder is there, but its marker file .windlass/root.json is missing. Nothing was changed. If it is the right folder, merge again; if not, plug in the right drive.',
      merge_need: 'file',
    }),
    row('t8', 'Restored', {
      merged: { at: Date.now() - 130 * MINUTE, why: 'other_folder' },
      silent_since: Date.now() - 20 * MINUTE,
    }),
    row('t6', 'Answered', {
      state: 'syncing',
      state_text: 'Bringing both sides in step',
      brake: { ...brakeRow(), why: 'share', delete_there: 0, trash_here: 32, of: 320, answer: 'restore' },
    }),
  ];
}

/** Sync folders that go both ways, in memory. */
export function mockSync(
  emit: (event: UiEvent) => void,
  states = false,
): {
  rows: () => SyncFolderRow[];
  add: (row: SyncFolderRow) => void;
  pause: (id: string, paused: boolean) => boolean;
  files: (id: string, filter: FileFilter, offset: number, limit: number) => FolderFiles | null;
  handlers: Handlers<SyncCall>;
} {
  const empty = { checking: 0, uploading: 0, waiting: 0, failed: 0 };
  let conflicts = conflictRows();
  let changes = changeRows();
  let list = steps();
  let plans = 0;
  let folders: SyncFolderRow[] = [
    {
      id: 's1',
      name: 'Reports',
      local: '/home/field/Reports',
      remote: 'inspections-prod/reports/',
      connection: 'c1',
      state: 'watching',
      state_text: '',
      counts: { ...empty, total: 1284, safe: 1284, bytes_total: 9_600_000_000, bytes_safe: 9_600_000_000 },
      last_scan: Date.now() - 2 * MINUTE,
      rate: 0,
      mode: 'two_way',
      conflicts: 0,
      brake: null,
      options: { ...OPTIONS, ignore: ['*.tmp', '/drafts/'] },
      nameless: 0,
      nameless_sample: [],
      merge_need: null,
      merged: null,
      silent_since: null,
    },
    {
      id: 's2',
      name: 'Bridge models',
      local: '/media/PHOTOS-SSD/models',
      remote: 'inspections-prod/models/2026/',
      connection: 'c1',
      state: 'asking',
      state_text: 'Stopped before it deleted or replaced a lot.',
      counts: { ...empty, total: 2110, safe: 0, waiting: 2110, bytes_total: 46_300_000_000, bytes_safe: 0 },
      last_scan: Date.now() - 5 * MINUTE,
      rate: 0,
      mode: 'mirror_up',
      conflicts: 0,
      brake: brakeRow(),
      options: OPTIONS,
      nameless: 0,
      nameless_sample: [],
      merge_need: null,
      merged: null,
      silent_since: null,
    },
  ];
  if (states) folders = [...folders, ...stateRows()];

  const find = (id: string): SyncFolderRow => {
    const row = folders.find((folder) => folder.id === id);
    if (!row) throw { code: 'not_found', message: 'There is no such sync folder any more.', detail: null };
    return row;
  };
  const change = (id: string, next: Partial<SyncFolderRow>): SyncFolderRow => {
    folders = folders.map((row) => (row.id === id ? { ...row, ...next } : row));
    emit({ kind: 'folders' });
    return find(id);
  };

  return {
    rows: () => folders.map((row) => (row.id === 's1' ? { ...row, conflicts: conflicts.length } : row)),
    add: (row) => {
      folders = [...folders, row];
    },
    pause: (id, paused) => {
      if (!folders.some((row) => row.id === id)) return false;
      change(id, { state: paused ? 'paused' : 'watching' });
      return true;
    },
    files: (id, filter, offset, limit) => {
      const folder = folders.find((row) => row.id === id);
      if (!folder) return null;
      const held = folder.brake?.answer === null;
      const c = folder.counts;
      const total =
        filter === 'todo' ? c.total - c.safe : filter === 'verified' ? c.safe : filter === 'all' ? c.total : 0;
      const rows = Array.from({ length: Math.max(0, Math.min(total - offset, limit)) }, (_, i) => {
        const path = `2026/bridge-${String(((offset + i) % 12) + 1).padStart(2, '0')}/file_${offset + i}.jpg`;
        const state = held
          ? ('held' as const)
          : folder.state === 'syncing'
            ? ('downloading' as const)
            : filter === 'todo'
              ? ('waiting' as const)
              : ('safe' as const);
        return { path, key: `reports/${path}`, size: 7_400_000, state, note: '', sent: 0 };
      });
      return { rows, total };
    },
    handlers: {
      set_folder_options: ({ id, options }) => change(id, { options }),
      set_folder_mode: ({ id, mode }) => change(id, { mode, state: 'paused', last_scan: null }),
      plan_folder: ({ id }) => {
        plans += 1;
        const row = folders.find((folder) => folder.id === id) ?? null;
        const [asks, adds] = [(row?.brake ?? null) !== null, row === null || row.mode === 'ingest'];
        if (adds) list = steps().filter((step) => step.kind === 'upload');
        else if (asks) {
          list = Array.from({ length: 2110 }, (_, i) => ({
            path: `2026/bridge-${String((i % 12) + 1).padStart(2, '0')}/scan_${String(i).padStart(4, '0')}.e57`,
            kind: 'delete_there' as const,
            bytes: 21_900_000,
          }));
        } else list = steps();
        const text = asks
          ? 'Deletes 2,110 objects in the bucket (46.3 GB).'
          : adds
            ? 'Upload 36 files (892.8 MB), delete nothing.'
            : 'Uploads 36 new files (893 MB), downloads 12, replaces 1 here, renames 1, keeps both for 1 and deletes 1 in the bucket.';
        return {
          plan: `p${plans}`,
          sentence: text,
          counts: counts(list),
          same: asks ? 0 : 1231,
          waiting: 0,
          made: Date.now(),
        };
      },
      plan_window: ({ open, filter, offset, limit }) => {
        const rows = tree(list, open, filter === 'risky');
        return { rows: rows.slice(offset, offset + limit), total: rows.length };
      },
      start_folder: ({ id, leave_out }) => {
        const row = find(id);
        const options = { ...row.options, ignore: [...row.options.ignore, ...leave_out.map((path) => `/${path}`)] };
        change(id, { state: 'syncing', state_text: 'Bringing both sides in step', last_scan: Date.now(), options });
        return null;
      },
      answer_brake: ({ id, brake, answer }) => {
        const row = find(id);
        if (row.brake?.id !== brake) {
          throw { code: 'conflict', message: 'What was asked has changed meanwhile.', detail: null };
        }
        change(id, { brake: { ...row.brake, answer }, state: 'syncing', state_text: 'Bringing both sides in step' });
        return null;
      },
      merge_folder: ({ id }) => {
        find(id);
        change(id, {
          merge_need: null,
          merged: { at: Date.now(), why: 'asked' },
          state: 'syncing',
          state_text: 'Bringing both sides in step',
        });
        return null;
      },
      folder_conflicts: ({ id, offset, limit }) => {
        const rows = id === 's1' ? conflicts : [];
        return { rows: rows.slice(offset, offset + limit), total: rows.length };
      },
      conflict_details: ({ id }) => {
        const row = conflicts.find((conflict) => conflict.id === id);
        if (!row) throw { code: 'not_found', message: 'This conflict is resolved already.', detail: null };
        const photo = row.path.endsWith('.JPG');
        return {
          row: { ...row, theirs: { ...row.theirs, modified: START + 43_000, by: 'device 7f3a91c2' } },
          mine_picture: photo ? picture(row.path) : null,
          theirs_picture: photo ? picture(row.kept_as) : null,
        };
      },
      resolve_conflicts: ({ choices }) => {
        const ids = new Set(choices.map((choice) => choice.id));
        const before = conflicts.length;
        conflicts = conflicts.filter((row) => !ids.has(row.id));
        emit({ kind: 'folders' });
        return { resolved: before - conflicts.length, kept: [] };
      },
      folder_changes: ({ id, offset, limit }) => {
        const rows = id === 's1' ? changes : [];
        return { rows: rows.slice(offset, offset + limit), total: rows.length };
      },
      undo_change: ({ id }) => {
        changes = changes.map((row) =>
          row.id === id ? { ...row, end: 'undone', no_undo: 'It was taken back already.' } : row,
        );
        emit({ kind: 'folders' });
        return null;
      },
    },
  };
}
