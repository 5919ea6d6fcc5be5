import type { IfTaken, JobRow } from '../api/types';
import { count, size } from '../util/format';
import { lock, purge } from './lock';
import { versions } from './versions';

const n = (value: number, one: string, many: string): string => `${count(value)} ${value === 1 ? one : many}`;
const objects = (k: number): string => n(k, 'object', 'objects');

type Kind = JobRow['kind'];

const verb: Record<Kind, string> = {
  copy: 'Copy',
  move: 'Move',
  edit: 'Change',
  delete: 'Delete',
  undelete: 'Bring back',
  restore: 'Restore',
  lock: 'Lock',
  purge: 'Purge old versions of',
};
const past: Record<Kind, string> = {
  copy: 'copied',
  move: 'moved',
  edit: 'changed',
  delete: 'deleted',
  undelete: 'brought back',
  restore: 'restored',
  lock: 'locked',
  purge: 'destroyed',
};
const taken: Record<IfTaken, { title: string; text: string }> = {
  skip: { title: 'Leave both', text: 'What is there stays, and so does the object that would go there.' },
  keep_both: { title: 'Keep both', text: 'The new one gets a number: photo (2).jpg.' },
  replace: { title: 'Replace', text: 'What is there now is replaced, in exactly this version.' },
};

/** Kinds that are not about copies of whole objects have words of their own. */
const words: Partial<Record<Kind, Record<'done' | 'stopped', (row: JobRow) => string>>> = { lock, purge };

const verbOf = (row: JobRow): string => (row.rename ? 'Rename' : verb[row.kind]);
const pastOf = (row: JobRow): string => (row.rename ? 'renamed' : past[row.kind]);

const isUndoneRestore = (row: JobRow): boolean => row.kind === 'restore' && row.undoes !== null;

/** Words of copies, moves, edits, deletes and restores on the server. */
export const jobs = {
  list: 'Copies and moves on the server',
  name: (row: JobRow) => {
    const what = `${verbOf(row)} ${row.from === '' ? row.bucket : row.from}`;
    return row.chosen > 1 ? `${what} and ${count(row.chosen - 1)} more` : what;
  },
  to: (row: JobRow) =>
    row.kind === 'copy' || row.kind === 'move'
      ? `to ${row.bucket === row.to_bucket ? '' : `${row.to_bucket}/`}${row.to}`
      : '',
  undoOf: (row: JobRow) => (row.undoes === null ? '' : 'Undo: '),
  progress: (row: JobRow) => `${count(row.done)} of ${count(row.objects)}`,
  bytes: (row: JobRow) => `${size(row.done_bytes)} of ${size(row.bytes)}`,
  rate: (k: number) => `${count(k)} a second`,
  leftOver: (k: number) => `${count(k)} left`,
  state: {
    planning: 'Counting',
    ready: 'Planned',
    running: 'At work',
    waiting: 'Waiting',
    needs_sign_in: 'Sign-in needed',
    paused: 'Paused',
    done: 'Done',
    cancelled: 'Cancelled',
    failed: 'Failed',
  },
  ended: (row: JobRow) =>
    words[row.kind]?.done(row) ??
    (row.left > 0
      ? `${objects(row.done)} ${pastOf(row)}, ${count(row.left)} left as they were.`
      : `${objects(row.done)} ${pastOf(row)}.`),
  stopped: (row: JobRow) =>
    words[row.kind]?.stopped(row) ?? `Cancelled: ${objects(row.done)} ${pastOf(row)}, the others stay where they are.`,
  pause: (name: string) => `Pause: ${name}`,
  resume: (name: string) => `Resume: ${name}`,
  cancel: (name: string) => `Cancel: ${name}`,
  undo: 'Undo…',
  undoName: (name: string) => `Undo: ${name}`,
  dismiss: (name: string) => `Remove from the list: ${name}`,
  details: (k: number) => `Why ${objects(k)} ${k === 1 ? 'was' : 'were'} left`,

  renameTitle: (name: string) => `Rename ${name}`,
  renameName: 'New name',
  renameHint: 'Everything inside comes along. It happens on the server; nothing is downloaded.',
  renameBad: 'A name may not be empty, “.” or “..”, nor hold a slash.',
  renameAction: 'Rename…',
  carryTitle: (move: boolean, k: number) => `${move ? 'Move' : 'Copy'} ${n(k, 'item', 'items')}`,
  destination: 'To',
  destinationHint:
    'bucket/folder/ or s3://bucket/folder/, on the same connection. Between connections: download, then upload.',
  destinationBad: 'This is no place in a bucket. Try bucket/folder/',
  carryAction: (move: boolean) => (move ? 'Move…' : 'Copy…'),
  editTitle: (k: number) => `Properties of ${n(k, 'item', 'items')}`,
  editLead: 'What is left empty stays as it is.',
  editVersions: 'The objects are written anew on the server. Where the bucket keeps versions, each gets a new one.',
  contentType: 'Content type',
  cacheControl: 'Cache control',
  disposition: 'Content disposition',
  encoding: 'Content encoding',
  language: 'Content language',
  storageClass: 'Storage class',
  unchanged: 'As it is',
  remove: (what: string) => `Remove: ${what}`,
  metadata: 'Metadata',
  tags: 'Tags',
  linesHint: 'One a line: name = value. A name alone takes it away.',
  editAction: 'Change…',

  planTitle: (row: JobRow) =>
    isUndoneRestore(row) ? versions.undoTitle : `${verbOf(row)} ${objects(row.objects - row.left)}?`,
  planning: 'Counting what it is about',
  soFar: (k: number) => `${objects(k)} so far. Nothing was done yet.`,
  failedTitle: 'It could not be planned',
  lead: (row: JobRow) =>
    isUndoneRestore(row)
      ? versions.undoLead(row.objects === 1 ? row.from : `${row.bucket}/${row.from}`)
      : row.kind === 'copy' || row.kind === 'move'
        ? `From ${row.bucket}/${row.from} to ${row.to_bucket}/${row.to}`
        : `In ${row.bucket}/${row.from}`,
  facts: {
    objects: 'Objects',
    bytes: 'Size',
    left: 'Left as they are',
    replaces: 'Replaced',
    versions: 'Versions',
  },
  versionsKept: 'Kept: what is deleted or replaced stays as an older version',
  versionsNone: 'Not kept: what is deleted or replaced is gone',
  ifTaken: 'Where something is there already',
  taken,
  type: (k: number) => `Type ${count(k)} to delete`,
  typeHint: 'More is deleted than the deletion firewall lets pass unasked.',
  nothing: 'There is nothing to do: every object would be left as it is.',
  start: (row: JobRow) =>
    isUndoneRestore(row)
      ? `${versions.startUndo} ${count(row.objects - row.left)}`
      : `${verbOf(row)} ${count(row.objects - row.left)}`,
  started: (row: JobRow) => `${verbOf(row)}: ${objects(row.objects - row.left)}. It goes on after every interruption.`,
  keep: 'Keep as it is',

  clipped: (move: boolean, k: number) =>
    `${n(k, 'item', 'items')} ready to ${move ? 'move' : 'copy'}. Go to another folder and press Ctrl+V.`,
  nothingClipped: 'Copy or cut objects first.',
  otherConnection: 'They are on another connection. Download them, then upload them here.',
  copiedArn: 'ARN copied.',
  copiedUrl: 'Web address copied. It opens only for those who may read the object.',
  menu: 'Actions',
};
