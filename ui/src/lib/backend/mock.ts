import type {
  FolderCounts,
  FolderFileRow,
  ObjectRow,
  RefusedRight,
  StepResult,
  SyncFolderRow,
  TransferRow,
  UiEvent,
} from '../api/types';
import type { Backend, CallName, Calls } from './index';
import { mockBuckets } from './mock-buckets';
import { mockSearch } from './mock-search';
import { mockJobs } from './mock-jobs';
import { mockLock } from './mock-lock';
import { mockListings } from './mock-listings';
import { samplePlaying, samplePreview } from './mock-preview';
import { mockLifecycle } from './mock-lifecycle';
import { mockPrices } from './mock-prices';
import { mockThaw } from './mock-thaw';
import { mockTime } from './mock-time';
import { mockVersions } from './mock-versions';
import { INGEST, mockSync, OPTIONS } from './mock-sync';
import { bigRow, BIG_DEFAULT, folderFile, goneRows, inspectionRows, REPORT, sampleTransfers, WEAK } from './mock-data';

type Handlers = { [N in CallName]: (args: Calls[N]['args']) => Calls[N]['result'] | Promise<Calls[N]['result']> };

const FILES = 812;

/** Options of the page address: `?first`, `?rows=1000000`, `?fast`, `?states`, `?refused`, `?keeps=suspended`, `?lock`, `?thaw`. */
function options(): {
  first: boolean;
  rows: number;
  fast: boolean;
  states: boolean;
  refusing: boolean;
  keeps: string | null;
  locked: boolean;
} {
  const query = new URLSearchParams(typeof location === 'undefined' ? '' : location.search);
  return {
    first: query.has('first'),
    rows: Number(query.get('rows') ?? BIG_DEFAULT),
    fast: query.has('fast'),
    states: query.has('states'),
    refusing: query.has('refused'),
    keeps: query.get('keeps'),
    locked: query.has('lock'),
  };
}

/** A core in memory for screenshots and tests; never part of a production build. */
export function mockBackend(): Backend {
  const { first, rows: bigRows, fast, states, refusing, keeps, locked } = options();
  const listeners = new Set<(events: UiEvent[]) => void>();
  const deleted = new Set<string>();
  const added: ObjectRow[] = [];
  let transfers: TransferRow[] = sampleTransfers();
  let revision = 1;
  let paused = false;
  let cap: number | null = 2_500_000;
  let connected = !first;
  let verified = 775;
  let folderPaused = false;

  const emit = (event: UiEvent): void => {
    for (const listener of listeners) listener([event]);
  };
  const counts = (): FolderCounts => ({
    total: FILES,
    safe: verified,
    checking: Math.min(14, Math.max(0, FILES - verified - 23)),
    uploading: Math.min(6, Math.max(0, FILES - verified - 17)),
    waiting: Math.max(0, FILES - verified - 9 - 14 - 6),
    failed: 9,
    bytes_total: 148_600_000_000,
    bytes_safe: 131_200_000_000,
  });
  const more: SyncFolderRow[] = [];
  const sync = mockSync(emit, states);
  const buckets = mockBuckets(keeps);
  const listings = mockListings({
    emit,
    fast,
    bigRows,
    rows: (bucket, prefix, deleted) => (buckets.made.has(bucket) ? [] : rowsOf(bucket, prefix, deleted)),
  });
  const versions = mockVersions((bucket, prefix) => (bucket === 'drone-raw-eu' ? [] : inspectionRows(prefix)));
  const time = mockTime(
    emit,
    buckets.made,
    (bucket) => buckets.handlers.bucket_versions({ connection: 'c1', bucket }),
    fast,
  );
  const lock = mockLock(locked, (bucket, prefix) => rowsOf(bucket, prefix), versions);
  const jobs = mockJobs(emit, versions, time.plan, lock.plan);
  let refused: RefusedRight[] = refusing ? ['write', 'delete', 'delete_bucket'] : [];
  const search = mockSearch(emit, (prefix) => rowsOf('inspections-prod', prefix));
  const folders = (): SyncFolderRow[] => [
    {
      id: 'f1',
      name: 'Card ingest',
      local: '/media/CARD 2',
      remote: 'inspections-prod/bridges/A14-viaduct/2026-11-20/raw/',
      connection: 'c1',
      state: folderPaused ? 'paused' : 'uploading',
      state_text: '',
      counts: counts(),
      last_scan: Date.now() - 60_000,
      rate: folderPaused ? 0 : 2_300_000,
      ...INGEST,
    },
    {
      id: 'f2',
      name: 'Site photos',
      local: '/home/field/Photos',
      remote: 'inspections-prod/site-photos/',
      connection: 'c1',
      state: 'watching',
      state_text: '',
      counts: {
        total: 640,
        safe: 640,
        checking: 0,
        uploading: 0,
        waiting: 0,
        failed: 0,
        bytes_total: 118_200_000_000,
        bytes_safe: 118_200_000_000,
      },
      last_scan: Date.now() - 120_000,
      rate: 0,
      ...INGEST,
    },
    {
      id: 'f3',
      name: 'Survey video',
      local: '/media/PHOTOS-SSD/survey',
      remote: 'inspections-prod/survey/2026/',
      connection: 'c1',
      state: 'offline',
      state_text:
        'PHOTOS-SSD is not plugged in. Plug it in and it goes on by itself. Nothing is changed in the bucket.',
      counts: {
        total: 96,
        safe: 40,
        checking: 0,
        uploading: 0,
        waiting: 56,
        failed: 0,
        bytes_total: 96_000_000_000,
        bytes_safe: 40_000_000_000,
      },
      last_scan: Date.now() - 7_200_000,
      rate: 0,
      ...INGEST,
    },
    ...more,
    ...sync.rows(),
  ];
  const connection = {
    id: 'c1',
    name: 'Practice bucket',
    source: 'practice' as const,
    endpoint: 'http://127.0.0.1:9000',
    region: 'us-east-1',
    start_in: '',
    capabilities: REPORT,
  };

  const weakServer = {
    ...connection,
    id: 'c2',
    name: 'Old server',
    source: 'access_key' as const,
    capabilities: { ...REPORT, lines: [...REPORT.lines, WEAK] },
  };

  function rowsOf(bucket: string, prefix: string, gone = false): ObjectRow[] {
    const own = added.filter((row) => row.key.startsWith(`${bucket}:${prefix}`));
    const base = bucket === 'inspections-prod' ? [...inspectionRows(prefix), ...goneRows(prefix)] : [];
    return [...base, ...own.map((row) => ({ ...row, key: row.key.slice(bucket.length + 1) }))]
      .filter((row) => !deleted.has(`${bucket}:${row.key}`))
      .flatMap((row) => versions.shown(bucket, row, gone) ?? []);
  }

  function setState(id: string, state: TransferRow['state']): null {
    transfers = transfers.map((row) => (row.id === id ? { ...row, state, note: '', rate: 0 } : row));
    emit({ kind: 'transfers', revision: (revision += 1) });
    return null;
  }

  const handlers: Handlers = {
    ...jobs,
    ...versions.handlers,
    ...time.handlers,
    ...lock.handlers,
    ...mockLifecycle(
      (connection, bucket) => time.handlers.open_time({ connection, bucket, prefix: '' }),
      (request) => jobs.plan_job({ request }),
    ),
    ...mockPrices(
      (bucket, prefix) => rowsOf(bucket, prefix),
      (id) => jobs.job({ id }),
    ),
    ...mockThaw(
      emit,
      (bucket, prefix) => rowsOf(bucket, prefix),
      (id) => jobs.job({ id }),
    ),
    app_info: () => ({ version: '0.1.0', platform: 'mock', practice_running: connected, first_run: !connected }),
    found_profiles: () => [
      { name: 'field-upload', kind: 'Company sign-in, role FieldUpload', region: 'eu-west-1', endpoint: null },
      { name: 'ops-readonly', kind: 'Company sign-in, role OpsRead', region: 'eu-west-1', endpoint: null },
      { name: 'archive', kind: 'Access key ending 7Q4D', region: null, endpoint: null },
    ],
    secret_places: () => ({
      keychain: false,
      keychain_problem: 'No keychain service answers in this session.',
      passphrase_file: false,
    }),
    connections: () => (connected ? [connection, ...(states ? [weakServer] : [])] : []),
    test_connection: async ({ run }) => {
      const results = testResults();
      for (const result of results) {
        await pause(fast ? 1 : 300);
        emit({ kind: 'test_step', run, result });
      }
      return results;
    },
    save_connection: () => {
      connected = true;
      return connection;
    },
    remove_connection: () => {
      connected = false;
      emit({ kind: 'connections' });
      return null;
    },
    start_practice: async () => {
      await pause(fast ? 1 : 400);
      connected = true;
      return connection;
    },
    reset_practice: () => null,
    probe_capabilities: () => ({ ...REPORT, probed_at: Date.now() }),
    ...buckets.handlers,
    ...listings.handlers,
    object_details: ({ key }) => {
      const row =
        rowsOf('inspections-prod', key.slice(0, key.lastIndexOf('/') + 1)).find((r) => r.key === key) ?? bigRow(0);
      return {
        row,
        details: [
          { name: 'Modified', value: '20 Nov 2026, 10:41:07' },
          { name: 'Class', value: 'Standard' },
          { name: 'Type', value: 'image/jpeg' },
          { name: 'Encryption', value: 'KMS, alias/inspections' },
          { name: 'CRC64NVME', value: 'kD8fQ2mZr0A=' },
          { name: 'Version', value: '3sL4kqtJlcpXroDTDmJ' },
        ],
        metadata: [
          { name: 'job', value: 'J-2611-044' },
          { name: 'asset', value: 'Pier 07, north face' },
          { name: 'captured', value: '2026-11-20T10:41:07Z' },
          { name: 'inspector', value: 'inspector-07' },
        ],
        tags: [
          { name: 'site', value: 'A14-viaduct' },
          { name: 'stage', value: 'raw' },
          { name: 'hold', value: 'open-case' },
        ],
        state_text:
          row.state === 'safe'
            ? 'The checksum in the bucket equals the one read here.'
            : 'In the bucket. Windlass has not compared its bytes.',
      };
    },
    refusals: ({ prefix }) => refused.map((right) => ({ right, prefix, at: Date.now() })),
    forget_refusal: ({ right }) => {
      refused = refused.filter((each) => each !== right);
      emit({ kind: 'connections' });
      return null;
    },
    preview: ({ key, want }) => samplePreview(key, want),
    play: ({ key }) => samplePlaying(key),
    play_trouble: () => null,
    stop_playing: () => null,
    create_folder: ({ bucket, prefix, name }) => {
      added.push(folderRow(`${bucket}:${prefix}${name}/`, name));
      return null;
    },
    delete_objects: ({ bucket, keys }) => {
      const versioned = new Set(rowsOf(bucket, keys[0]?.replace(/[^/]*$/, '') ?? '').map((row) => row.key));
      for (const key of keys) {
        if (versioned.has(key) && bucket === 'inspections-prod' && !key.endsWith('/')) versions.remove(bucket, key);
        else deleted.add(`${bucket}:${key}`);
      }
      listings.keep((row) => !keys.includes(row.key));
      return { deleted: keys.length, kept: [], undo_hint: 'Old versions stay until 21 Feb 2027.' };
    },
    download: () => {
      emit({ kind: 'transfers', revision: (revision += 1) });
      return { batch: 'b2' };
    },
    upload_paths: ({ paths }) => ({ batch: 'b9', files: paths.length }),
    folders: () => folders(),
    add_folder: ({ name, local, bucket, prefix, mode, options }) => {
      const row: SyncFolderRow = {
        ...emptyFolder(),
        id: `f${more.length + 4}`,
        name,
        local,
        remote: `${bucket}/${prefix}`,
        mode,
        options: options ?? OPTIONS,
      };
      if (mode === 'ingest') more.push(row);
      else sync.add({ ...row, state: 'paused' });
      emit({ kind: 'folders' });
      return row;
    },
    remove_folder: () => null,
    pause_folder: ({ id }) => {
      if (sync.pause(id, true)) return null;
      folderPaused = true;
      emit({ kind: 'folders' });
      return null;
    },
    resume_folder: ({ id }) => {
      if (sync.pause(id, false)) return null;
      folderPaused = false;
      emit({ kind: 'folders' });
      return null;
    },
    rescan_folder: () => null,
    folder_files: ({ id, offset, limit, filter }) => {
      const kept = sync.files(id, filter, offset, limit);
      if (kept) return kept;
      const open = FILES - verified;
      const total =
        id !== 'f1'
          ? 640
          : filter === 'todo'
            ? open
            : filter === 'verified'
              ? verified
              : filter === 'failed'
                ? 9
                : FILES;
      const rows: FolderFileRow[] = [];
      for (let i = offset; i < Math.min(total, offset + limit); i += 1) {
        const file = folderFile(id !== 'f1' || filter === 'verified' ? i + open : i, open);
        rows.push(id === 'f3' && filter === 'todo' ? { ...file, state: 'waiting', sent: 0 } : file);
      }
      return { rows, total };
    },
    folder_failures: () => [
      {
        code: 'source_gone',
        title: 'The card reader dropped out',
        advice: 'It was gone for 4 seconds at 14:22. Push the card in, then try again.',
        count: 3,
        examples: ['DCIM/DJI_0745.JPG', 'DCIM/DJI_0746.JPG', 'DCIM/DJI_0747.JPG'],
        can_retry: true,
      },
      {
        code: 'exists_different',
        title: 'A different object is there already',
        advice: 'It was not overwritten. Rename the file, or keep the one in the bucket.',
        count: 4,
        examples: ['DCIM/DJI_0001.JPG', 'DCIM/DJI_0002.JPG'],
        can_retry: false,
      },
      {
        code: 'changed_while_read',
        title: 'Changed while being read',
        advice: 'Another program was still writing. Tries by itself in 1 min 40 s.',
        count: 2,
        examples: ['DCIM/DJI_0750.MP4'],
        can_retry: true,
      },
    ],
    retry_failed: () => 3,
    transfers: ({ offset, limit, filter }) => {
      const is = (row: TransferRow): boolean => {
        switch (filter) {
          case 'open':
            return !['safe', 'cancelled'].includes(row.state);
          case 'active':
            return ['active', 'checking', 'retrying'].includes(row.state);
          case 'waiting':
            return ['waiting', 'paused', 'needs_sign_in'].includes(row.state);
          case 'failed':
            return row.state === 'failed';
          case 'done':
            return row.state === 'safe' || row.state === 'cancelled';
        }
      };
      const safe = transfers.filter((row) => row.state === 'safe').length;
      const failed = transfers.filter((row) => row.state === 'failed').length;
      const active = transfers.filter((row) => ['active', 'checking', 'retrying'].includes(row.state)).length;
      const waiting = transfers.filter((row) => ['waiting', 'paused', 'needs_sign_in'].includes(row.state)).length;
      return {
        rows: transfers.filter(is).slice(offset, offset + limit),
        counts: { open: active + waiting + failed, active, waiting, failed, done: safe },
        activity: {
          done: 131_200_000_000,
          total: 148_600_000_000,
          rate: paused ? 0 : 2_300_000,
          seconds_left: paused ? null : 7560,
          failed,
          paused,
          cap,
          title: 'Card ingest',
        },
      };
    },
    pause_transfer: ({ id }) => setState(id, 'paused'),
    resume_transfer: ({ id }) => setState(id, 'active'),
    cancel_transfer: ({ id }) => setState(id, 'cancelled'),
    retry_transfer: ({ id }) => setState(id, 'waiting'),
    pause_all: () => {
      paused = true;
      return null;
    },
    resume_all: () => {
      paused = false;
      return null;
    },
    cancel_all: () => null,
    retry_all: () => null,
    clear_done: () => {
      transfers = transfers.filter((row) => row.state !== 'safe' && row.state !== 'cancelled');
      return null;
    },
    set_bandwidth: ({ bytes_per_second }) => {
      cap = bytes_per_second;
      return null;
    },
    ...sync.handlers,
    ...search,
    drag_out: () => true,
    pick_folder: () => null,
    pick_files: () => [],
  };

  function tick(): void {
    if (paused) return;
    transfers = transfers.map((row) => {
      if (row.state !== 'active') return row;
      const done = Math.min(row.size, row.done + row.rate);
      const parts_done = Math.min(row.parts, Math.floor((done / row.size) * row.parts));
      if (done < row.size) return { ...row, done, parts_done };
      verified += row.direction === 'up' && verified < FILES - 9 ? 1 : 0;
      return { ...row, done, parts_done: row.parts, state: 'safe', rate: 0 };
    });
    emit({ kind: 'transfers', revision: (revision += 1) });
    emit({ kind: 'folders' });
  }

  return {
    native: false,
    async call(name, args) {
      await pause(fast ? 0 : 8);
      return handlers[name](args);
    },
    subscribe(listener) {
      listeners.add(listener);
      const timer = setInterval(tick, 1000);
      return () => {
        listeners.delete(listener);
        clearInterval(timer);
      };
    },
    async uploadFile({ bucket, prefix }, { path, file }) {
      await pause(20);
      const key = `${prefix}${path}`;
      added.push({ ...objectRow(`${bucket}:${key}`, path, file.size), state: 'safe' });
      transfers = [
        {
          id: `drop-${transfers.length}`,
          batch: 'drop',
          batch_name: 'Dropped files',
          direction: 'up',
          name: path,
          to: `${bucket}/${prefix}`,
          size: file.size,
          done: file.size,
          parts: 1,
          parts_done: 1,
          state: 'safe',
          note: '',
          rate: 0,
          revision: 1,
        },
        ...transfers,
      ];
      emit({ kind: 'transfers', revision: (revision += 1) });
    },
    openWindow(route) {
      window.open(`?fast&route=${encodeURIComponent(JSON.stringify(route))}`, '_blank', 'noopener');
      return Promise.resolve();
    },
    opened() {
      const given = new URLSearchParams(location.search);
      const route = given.get('route');
      return Promise.resolve({
        first: route === null,
        route: route === null ? null : (JSON.parse(route) as unknown),
        links: given.getAll('link'),
      });
    },
    onLinks() {
      return () => undefined;
    },
    onShellDrag() {
      return () => undefined;
    },
  };
}

function objectRow(key: string, name: string, size: number): ObjectRow {
  return {
    key,
    name,
    folder: false,
    size,
    modified: Date.now(),
    class: 'STANDARD',
    etag: '"1"',
    state: 'stored',
    name_problem: null,
    deleted_at: null,
  };
}

function folderRow(key: string, name: string): ObjectRow {
  return { ...objectRow(key, name, 0), folder: true, modified: null, class: '', etag: '' };
}

function emptyFolder(): SyncFolderRow {
  return {
    id: '',
    name: '',
    local: '',
    remote: '',
    connection: 'c1',
    state: 'scanning',
    state_text: '',
    counts: { total: 0, safe: 0, checking: 0, uploading: 0, waiting: 0, failed: 0, bytes_total: 0, bytes_safe: 0 },
    last_scan: null,
    rate: 0,
    ...INGEST,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function testResults(): StepResult[] {
  const ok = (step: StepResult['step'], message: string, millis: number): StepResult => ({
    step,
    outcome: 'passed',
    message,
    advice: null,
    millis,
  });
  return [
    ok('name_found', 'inspections-prod answers in eu-west-1.', 38),
    ok('secure_line', 'TLS 1.3, certificate valid until 4 Mar 2027. Clock is 2 s off, fine.', 91),
    ok('identity', 'Role FieldUpload, signed in as inspector-07 until 18:40.', 120),
    ok('list', 'bridges/ can be listed. This role may not list all buckets; that is normal for field work.', 164),
    {
      step: 'write',
      outcome: 'limited',
      message: 'This identity may not write here. That is normal for readers.',
      advice: 'Ask for s3:PutObject on bridges/ if you want to upload.',
      millis: 88,
    },
  ];
}
