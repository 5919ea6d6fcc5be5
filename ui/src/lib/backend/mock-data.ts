import type { CapabilityReport, FolderFileRow, ObjectRow, SortBy, TransferRow } from '../api/types';

/** Keys in the big bucket unless the address says otherwise. */
export const BIG_DEFAULT = 100_000;

const DAY = Date.UTC(2026, 10, 20, 10, 36);

const pad = (n: number, width: number): string => String(n).padStart(width, '0');

/** Row of the big bucket, made from its number. */
export function bigRow(i: number): ObjectRow {
  const name = `frame_${pad(i, 7)}.jpg`;
  return {
    key: name,
    name,
    folder: false,
    size: 20_000_000 + ((i * 7919) % 9_000_000),
    modified: DAY + i * 1000,
    class: 'STANDARD',
    etag: `"${i}"`,
    state: i % 11 === 3 ? 'stored' : 'safe',
    name_problem: null,
    deleted_at: null,
  };
}

/** Rows of the bucket with inspection media. */
export function inspectionRows(prefix: string): ObjectRow[] {
  if (prefix === '') {
    return ['bridges/', 'culverts/', 'reports/'].map((f) => folder(f, f.slice(0, -1)));
  }
  const rows: ObjectRow[] = [];
  if (prefix === 'reports/' || prefix.endsWith(GONE_FOLDER)) return rows;
  for (const name of ['overlap-check', 'pier-07']) rows.push(folder(`${prefix}${name}/`, name));
  for (let i = 401; i < 780; i += 1) {
    const video = i % 10 === 4;
    const name = `DJI_${pad(i, 4)}.${video ? 'MP4' : 'JPG'}`;
    rows.push({
      key: prefix + name,
      name,
      folder: false,
      size: video ? 1_210_000_000 + i * 100_000 : 23_000_000 + ((i * 7919) % 3_000_000),
      modified: DAY + (i - 401) * 37_000,
      class: 'STANDARD',
      etag: `"${i}"`,
      state: i % 12 === 8 ? 'checking' : i % 9 === 2 ? 'stored' : 'safe',
      name_problem: null,
      deleted_at: null,
    });
  }
  rows.push(file(`${prefix}flight-log_2026-11-20.csv`, 3_200_000, 'STANDARD', 'safe'));
  rows.push(file(`${prefix}scan_A14_P07_part1.e57`, 9_640_000_000, 'DEEP_ARCHIVE', 'archived'));
  rows.push(file(`${prefix}site-notes.pdf`, 1_400_000, 'STANDARD', 'safe'));
  rows.push({
    ...file(`${prefix}what?.json`, 18_000, 'STANDARD', 'stored'),
    name_problem: 'Windows does not allow “?” in a file name. It can be downloaded as what_.json.',
  });
  return rows;
}

/** When the deleted samples were deleted. */
const GONE_AT = Date.UTC(2026, 10, 21, 9, 12, 40);
/** Folder in which nothing but deleted objects is left. */
export const GONE_FOLDER = 'drafts/';

/** What was deleted where `inspectionRows` are, as it was last. */
export function goneRows(prefix: string): ObjectRow[] {
  if (prefix === '' || prefix === 'reports/') return [];
  const at = (name: string, size: number, age: number, storage = 'STANDARD'): ObjectRow => ({
    ...file(prefix + name, size, storage, 'deleted'),
    modified: DAY - 86_400_000,
    etag: `"gone-${name}"`,
    deleted_at: GONE_AT - age * 60_000,
  });
  if (prefix.endsWith(GONE_FOLDER)) return [1, 2, 3].map((i) => at(`draft-${i}.txt`, 4000 + i, i));
  return [
    folder(prefix + GONE_FOLDER, GONE_FOLDER.slice(0, -1)),
    at('DJI_0399.JPG', 23_600_000, 0),
    at('DJI_0400.JPG', 24_100_000, 1),
    at('scan_A14_P06_part2.e57', 10_900_000_000, 2, 'DEEP_ARCHIVE'),
    at('weather_old.json', 17_000, 3),
  ];
}

function folder(key: string, name: string): ObjectRow {
  return {
    key,
    name,
    folder: true,
    size: 0,
    modified: null,
    class: '',
    etag: '',
    state: 'stored',
    name_problem: null,
    deleted_at: null,
  };
}

function file(key: string, size: number, storage: string, state: ObjectRow['state']): ObjectRow {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return {
    key,
    name,
    folder: false,
    size,
    modified: DAY + 20_000_000,
    class: storage,
    etag: '"1"',
    state,
    name_problem: null,
    deleted_at: null,
  };
}

/** Order of rows: folders first, then the column. */
export function compareRows(sort: SortBy, descending: boolean): (a: ObjectRow, b: ObjectRow) => number {
  const sign = descending ? -1 : 1;
  const of = (row: ObjectRow): string | number => {
    switch (sort) {
      case 'name':
        return row.key;
      case 'size':
        return row.size;
      case 'modified':
        return row.modified ?? 0;
      case 'class':
        return row.class;
      case 'state':
        return row.state;
    }
  };
  return (a, b) => {
    if (a.folder !== b.folder) return a.folder ? -1 : 1;
    const x = of(a);
    const y = of(b);
    if (x === y) return a.key < b.key ? -1 : 1;
    return (x < y ? -1 : 1) * sign;
  };
}

/** A small computed picture of sky, ground and a pier. */
export function picture(key: string): string {
  let seed = 7;
  for (const c of key) seed = (seed * 31 + (c.codePointAt(0) ?? 0)) % 9973;
  const hue = 195 + (seed % 30);
  const ground = 60 + (seed % 50);
  const x = 8 + (seed % 40);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="320" height="208" viewBox="0 0 64 42"><rect width="64" height="42" fill="hsl(${hue} 35% 72%)"/><rect y="28" width="64" height="14" fill="hsl(${ground} 24% 38%)"/><path d="M${x} 42V16h-4v-3h20v3h-4v26z" fill="hsl(28 14% ${36 + (seed % 20)}%)"/><path d="M0 10h64v4H0z" fill="hsl(28 10% 44%)"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** Transfers as on a working day. */
export function sampleTransfers(): TransferRow[] {
  const up = { batch: 'b1', batch_name: 'Card ingest', direction: 'up', to: '…/2026-11-20/raw/', revision: 1 } as const;
  const row = (i: number, size: number, parts: number, share: number, rate: number): TransferRow => ({
    ...up,
    id: `t${i}`,
    name: `DJI_${pad(i, 4)}.${size > 1e9 ? 'MP4' : 'JPG'}`,
    size,
    done: Math.floor(size * share),
    parts,
    parts_done: Math.floor(parts * share),
    state: 'active',
    note: '',
    rate,
  });
  const rows: TransferRow[] = [
    row(735, 1_380_000_000, 83, 0.64, 760_000),
    row(739, 2_040_000_000, 122, 0.31, 980_000),
    row(740, 1_710_000_000, 102, 0.91, 360_000),
    row(741, 24_200_000, 5, 0.88, 125_000),
    row(742, 24_900_000, 5, 0.47, 75_000),
    { ...row(743, 1_920_000_000, 115, 0.43, 0), state: 'retrying', note: 'Retry in 8 s' },
    { ...row(744, 24_100_000, 1, 1, 0), state: 'checking' },
  ];
  for (let i = 745; i < 767; i += 1) rows.push({ ...row(i, 24_000_000, 1, 0, 0), state: 'waiting' });
  for (let i = 767; i < 770; i += 1) {
    rows.push({ ...row(i, 24_000_000, 1, 0, 0), state: 'failed', note: 'The card reader dropped out' });
  }
  for (const i of [412, 413, 415]) {
    rows.push({
      ...row(i, 24_800_000, 1, 0, 0),
      batch: 'b2',
      batch_name: 'Download, 3 objects',
      direction: 'down',
      to: 'Desktop / P07 review',
      state: 'waiting',
    });
  }
  rows.push({
    ...row(90, 31_200_000_000, 1900, 0.41, 0),
    batch: 'b3',
    batch_name: 'Survey video',
    to: 'inspections-prod/survey/2026',
    state: 'needs_sign_in',
    note: 'Sign-in ended',
  });
  for (let i = 1; i < 60; i += 1) rows.push({ ...row(i, 24_000_000, 1, 1, 0), state: 'safe' });
  return rows;
}

/** File of the sample sync folder; the first `open` ones are still to do. */
export function folderFile(i: number, open: number): FolderFileRow {
  const name = `DJI_${pad(731 + i, 4)}.${i % 7 === 1 ? 'MP4' : 'JPG'}`;
  const size = i % 7 === 1 ? 1_380_000_000 : 24_200_000;
  const base = { path: `DCIM/${name}`, key: `bridges/A14-viaduct/2026-11-20/raw/${name}`, size, note: '' };
  if (i >= open) return { ...base, state: 'safe', sent: size };
  if (i < 6) return { ...base, state: 'uploading', sent: Math.floor((size * ((i * 37 + 20) % 90)) / 100) };
  if (i < 12) return { ...base, state: 'checking', sent: size };
  if (i >= open - 9) return { ...base, state: 'failed', sent: 0, note: 'The card reader dropped out' };
  return { ...base, state: 'waiting', sent: 0 };
}

/** A capability report. */
export const REPORT: CapabilityReport = {
  probed_at: Date.UTC(2026, 10, 23, 14, 0),
  lines: [
    line('conditional_put', 'Never overwrite', 'yes', 'Two writers cannot replace each other’s objects.'),
    line('crc64nvme', 'Checksum CRC64NVME', 'yes', 'The server compares whole files itself.'),
    line('multipart', 'Multipart upload', 'yes', 'Large files resume at the part where they stopped.'),
    line('versioning', 'Versions', 'yes', 'Deleted and replaced objects can be brought back.'),
    line('conditional_delete', 'Conditional delete', 'no', 'Windlass looks again right before it deletes.'),
    line('tags', 'Tags', 'unknown', 'The answer proved nothing. Tags are not shown.'),
  ],
};

/** What a server says that cannot replace one version only. */
export const WEAK = line(
  'match_put',
  'Replaces only the version that was seen',
  'no',
  'Replacing cannot be made safe here.',
);

function line(code: string, name: string, support: CapabilityReport['lines'][number]['support'], note: string) {
  return { code, name, support, note };
}
