import type { BrakeRow, BrakeWhy, ChangeKind, KeepSide, PlanCount, PlanKind, SyncMode } from '../api/types';
import { count, size } from '../util/format';

const n = (value: number, one: string, many: string): string => `${count(value)} ${value === 1 ? one : many}`;
const files = (k: number): string => n(k, 'file', 'files');
const objects = (k: number): string => n(k, 'object', 'objects');

/** A mode: its name, what it does, and what it promises never to do. */
const modes: Record<SyncMode, { name: string; does: string; never: string }> = {
  ingest: {
    name: 'Ingest',
    does: 'New files go up once and are checked.',
    never: 'Nothing is replaced or deleted, here or in the bucket.',
  },
  mirror_up: {
    name: 'Mirror up',
    does: 'The bucket becomes what this folder is: new, changed, renamed and deleted files.',
    never: 'Nothing changes in this folder. What others changed in the bucket is shown and left alone.',
  },
  mirror_down: {
    name: 'Mirror down',
    does: 'This folder becomes what the bucket is.',
    never: 'Nothing changes in the bucket. What you changed here is shown and left alone.',
  },
  two_way: {
    name: 'Two-way',
    does: 'Both sides become the same. Changes go both ways.',
    never:
      'If both changed, both are kept. What is deleted on one side goes to the trash or an old version on the other.',
  },
};

const kinds: Record<PlanKind, string> = {
  upload: 'Upload',
  download: 'Download',
  replace_there: 'New version in the bucket',
  replace_here: 'New version here',
  rename_there: 'Rename in the bucket',
  rename_here: 'Rename here',
  keep_both: 'Keep both',
  delete_there: 'Delete in the bucket',
  trash_here: 'Move to the trash here',
  compare: 'Compare by checksum',
  show: 'Left alone, look at it',
};

const changes: Record<ChangeKind, string> = {
  deleted_there: 'Deleted in the bucket',
  trashed_here: 'Moved to the trash here',
  renamed_there: 'Renamed in the bucket',
  renamed_here: 'Renamed here',
  kept_both: 'Kept both',
  replaced_here: 'Replaced here',
  conflict_settled: 'Conflict settled: moved to the trash here',
};

const keep: Record<KeepSide | 'later', string> = {
  both: 'Keep both',
  mine: 'Keep mine',
  theirs: 'Keep the bucket’s',
  later: 'Decide later',
};

const why: Record<BrakeWhy, (brake: BrakeRow) => string> = {
  everything: () => 'Everything in this folder would go.',
  share: (b) => `That is a large share of the ${files(b.of)} that both sides have.`,
  files_an_hour: () => 'That is more files than may go within an hour.',
  bytes_an_hour: () => 'That is more data than may go within an hour.',
  files_a_week: () => 'That is more files than may go within a week.',
  overwrites: (b) => `Together with what was replaced within the last hour, that is many of the ${files(b.of)}.`,
};

/** What would be deleted or replaced, and where. */
function brakeParts(b: BrakeRow): string[] {
  return [
    b.delete_there > 0 ? `delete ${objects(b.delete_there)} in the bucket` : '',
    b.trash_here > 0 ? `move ${files(b.trash_here)} here to the trash` : '',
    b.overwrite > 0 ? `replace the content of ${files(b.overwrite)}` : '',
  ].filter((part) => part !== '');
}

const total = (b: BrakeRow): number => b.delete_there + b.trash_here + b.overwrite;

function list(parts: string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1] ?? ''}`;
}

/** Text of sync folders that go both ways: modes, plan, conflicts, brake, activity. */
export const sync = {
  modes,
  modeLabel: 'How it is kept',
  tabs: { files: 'Files', plan: 'Plan', conflicts: 'Conflicts', changes: 'Activity' },
  tabsLabel: 'Parts of this sync folder',
  look: (age: string) => `Last complete look ${age}`,
  noLook: 'Not looked at completely yet',
  ago: (time: string) => `${time} ago`,
  justNow: 'just now',
  options: 'Options…',
  verdict: {
    inStep: (a: number, b: number) => `${count(a)} of ${count(b)} in step`,
    notStarted: 'Not started yet',
    notStartedShort: 'Not started',
    offline: 'Nothing is deleted on the other side because of it.',
    stopped: 'Nothing is changed on either side meanwhile.',
    notStartedText: 'Nothing was changed on either side. Look at the plan, then start.',
    allInStep: 'Both sides are the same, by checksum.',
    up: 'The bucket is what this folder is, by checksum.',
    down: 'This folder is what the bucket is, by checksum.',
    empty: 'Neither side has a file yet.',
    open: (k: number) => `${n(k, 'file is', 'files are')} not in step yet.`,
    failed: (k: number) => `${n(k, 'file needs', 'files need')} you. The rest is in step.`,
    live: 'A file that you delete here is deleted there too, and can be brought back under Activity.',
    liveDown: 'A file that is deleted in the bucket goes to the trash here, and can be brought back under Activity.',
    asking: 'Nothing of it was done. Say whether it was meant.',
  },
  legend: {
    safe: 'in step',
    checking: 'stored, checking',
    uploading: 'on the way',
    waiting: 'waiting',
    failed: 'failed',
  },
  empty: {
    inStep: 'No file is in step yet',
    inStepText: 'A file is in step when both sides have the same checksum.',
    todoText: 'Every file is in step: the same here and in the bucket, by checksum.',
    notStarted: 'This folder has not started. Look at its plan first.',
    all: {
      ingest: 'Put files into the folder; they go up by themselves.',
      two_way: 'Put files into the folder or into the bucket; they appear on the other side by themselves.',
      mirror_up: 'Put files into the folder; they go up by themselves.',
      mirror_down: 'Put files into the bucket; they come here by themselves.',
    },
  },
  nameless: (k: number) =>
    k === 1
      ? '1 object in the bucket has a name that no file here can have. It stays in the bucket, untouched.'
      : `${count(k)} objects in the bucket have names that no file here can have. They stay in the bucket, untouched.`,
  merge: {
    again: 'Merge again',
    fileTitle: 'The folder has lost its marker file',
    emptyTitle: 'The folder is not there, or empty',
    // What merging would do is said before.
    need: {
      file: {
        both: 'If this is the right folder: merging compares both sides by content. What only one side has goes to the other, where they differ both are kept, and nothing is deleted.',
        up: 'If this is the right folder: merging compares both sides by content. What is only here goes up, where they differ you are asked, and nothing is deleted.',
        down: 'If this is the right folder: merging compares both sides by content. What is only in the bucket comes down, where they differ you are asked, and nothing is deleted.',
      },
      empty: {
        both: 'If its drive is plugged in and the folder is empty indeed: merging brings everything down again from the bucket. Nothing is deleted.',
        up: 'If its drive is plugged in and the folder is empty indeed: merging starts anew with what you put into it. Nothing in the bucket is deleted or replaced.',
        down: 'If its drive is plugged in and the folder is empty indeed: merging brings everything down again from the bucket. Nothing is deleted.',
      },
      object: {
        both: 'The marker object in the bucket is gone or another one, so nothing counts as deleted there. If this is the right bucket: merging compares both sides by content; what only one side has goes to the other, and nothing is deleted.',
        up: 'The marker object in the bucket is gone or another one. If this is the right bucket: merging compares both sides by content; what is only here goes up, and nothing is deleted.',
        down: 'The marker object in the bucket is gone or another one, so nothing counts as deleted there. If this is the right bucket: merging compares both sides by content; what is only there comes down, and nothing is deleted.',
      },
    },
    done: {
      old_journal: (age: string) =>
        `Windlass’s own records were older than this folder, so both sides were compared anew ${age}. Nothing was deleted for being missing.`,
      other_folder: (age: string) =>
        `This folder is a copy of the one that was here, such as a restored backup, so both sides were compared anew ${age}. Nothing was deleted for being missing, and newer files were not replaced.`,
      asked: (age: string) =>
        `Both sides were compared anew ${age}, as you asked. Nothing was deleted for being missing.`,
    },
  },
  silent: (time: string) =>
    `Not answering since ${time}. Its drive or server may hang. Nothing is lost; if it stays so, start Windlass again.`,
  weak: {
    nothing:
      'This server does not protect objects from being replaced and keeps no old versions, so nothing is sent to it. Use another server, or turn versioning on.',
    onlyNew:
      'This server cannot change exactly the object that was seen and keeps no old versions. New files go up; what cannot be done safely is left alone.',
    looks:
      'This server cannot refuse a change that comes too late. Windlass looks at each object right before it changes it; what others write in that moment is not caught.',
    noVersions: 'This server keeps no old versions. What is deleted in the bucket goes to the bucket’s trash instead.',
    more: 'What it can do…',
  },
  inStepTab: (k: number) => `In step ${count(k)}`,
  conflictsWait: (k: number) =>
    `${n(k, 'file was', 'files were')} changed on both sides. Both are kept; nothing is lost.`,
  choose: 'Choose…',
  answer: 'Answer…',
  seePlan: 'See the plan…',
  plan: {
    title: (name: string) => `What ${name} would do`,
    none: 'There is no plan yet',
    noneText: 'A plan compares this folder with the bucket now, and changes nothing.',
    make: 'Make a plan',
    again: 'Make it again',
    making: 'Comparing both sides. Nothing is changed.',
    made: (time: string) => `Made ${time}`,
    same: (k: number) => `${n(k, 'file is', 'files are')} the same on both sides already.`,
    waiting: (k: number) =>
      k === 1
        ? '1 file is still being written or could not be read. It is not in this plan.'
        : `${count(k)} files are still being written or could not be read. They are not in this plan.`,
    notYet: 'Nothing can be said yet',
    notYetText: 'Wait until the files lie still, then make the plan again.',
    nothing: 'Nothing to do',
    nothingText: 'Every file is where it should be.',
    tree: 'Plan, by folder',
    path: 'File',
    what: 'What happens',
    tick: (name: string) => `Include ${name}`,
    isOut: 'left out',
    tickParent: 'Its folder is left out.',
    openFolder: (name: string) => `Unfold ${name}`,
    closeFolder: (name: string) => `Fold ${name}`,
    files,
    risky: (k: number) => `${count(k)} deleted or replaced`,
    kinds,
    chip: (c: PlanCount) => `${kinds[c.kind]}: ${files(c.files)}${c.bytes > 0 ? `, ${size(c.bytes)}` : ''}`,
    all: 'All steps',
    riskyOnly: 'Deletes and replaces',
    filter: 'Which steps',
    noRisky: 'Nothing is deleted or replaced.',
    leftOut: (k: number) =>
      k === 0
        ? 'All of it is included.'
        : `${n(k, 'file is', 'files are')} left out: neither sent, fetched nor deleted.`,
    start: 'Start',
    startAll: (sentence: string) => `Start: ${sentence}`,
    later: 'Not now',
    started: (name: string) => `${name} has started. It looks again before each step.`,
    saveOut: 'Leave these out',
    freshIngest: 'Making a plan changes nothing. Files go up by themselves; nothing is replaced or deleted.',
    fresh: 'Making a plan changes nothing. A start compares again, and asks you before it deletes a lot.',
  },
  conflicts: {
    title: (k: number) => `${n(k, 'file was', 'files were')} changed on both sides`,
    lead: 'Both are kept: the bucket’s under the name, yours beside it. Choose which one keeps the name.',
    all: 'All of them',
    table: 'Conflicts',
    file: 'File',
    mine: 'On this computer',
    theirs: 'In the bucket',
    do: 'Do',
    doFor: (path: string) => `What to do with ${path}`,
    kept: (name: string) => `Yours is now ${name}`,
    keep,
    picture: { mine: 'The photo on this computer', theirs: 'The photo in the bucket' },
    noPicture: 'No preview',
    by: (who: string) => `written by ${who}`,
    unknown: 'not known',
    result: (c: Record<KeepSide | 'later', number>) => {
      const parts = [
        c.both > 0 ? `keeps both for ${count(c.both)}` : '',
        c.mine > 0 ? `keeps yours for ${count(c.mine)}` : '',
        c.theirs > 0 ? `keeps the bucket’s for ${count(c.theirs)}` : '',
        c.later > 0 ? `leaves ${count(c.later)} for later` : '',
      ].filter((part) => part !== '');
      const text = list(parts);
      return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
    },
    safe: 'Nothing is lost.',
    safeHint: 'What gives way goes to the trash of this folder.',
    act: (k: number) => `Resolve ${count(k)}`,
    done: (k: number) => `${n(k, 'conflict', 'conflicts')} resolved.`,
    doneSome: (k: number, left: number, why_: string) => `${count(k)} resolved, ${count(left)} stay: ${why_}`,
    none: 'No conflicts',
    noneText: 'When a file changes on both sides at once, both are kept and it is shown here.',
    since: 'Since',
  },
  brake: {
    title: (b: BrakeRow) => {
      const all = b.why === 'everything' ? 'all ' : '';
      if (b.delete_there > 0) return `Stopped before deleting ${all}${objects(b.delete_there)}`;
      if (b.trash_here > 0) return `Stopped before moving ${all}${files(b.trash_here)} to the trash`;
      return `Stopped before replacing ${all}${files(b.overwrite)}`;
    },
    text: (name: string, b: BrakeRow) =>
      `${name} wants to ${list(brakeParts(b))}. ${why[b.why](b)} Nothing of it was done.`,
    both: 'Same on both sides so far',
    would: 'Would go',
    files,
    of: (b: BrakeRow) => (b.of > 0 ? `${Math.round(((b.delete_there + b.trash_here) / b.of) * 100)}% of them` : ''),
    since: (time: string) => `Held since ${time}`,
    sample: 'For example',
    more: (k: number) => `and ${count(k)} more`,
    choices: 'What to do',
    keep: 'Keep everything and pause this folder',
    keepHint: 'Look at the disk and the bucket first. The question stays.',
    restore: (b: BrakeRow) =>
      b.delete_there > 0
        ? `It was not meant: bring ${files(b.delete_there + b.trash_here)} back from the bucket`
        : b.trash_here > 0
          ? `It was not meant: send ${files(b.trash_here)} up again`
          : `It was not meant: keep the ${files(b.overwrite)} as they are`,
    restoreHint: (b: BrakeRow) =>
      b.bytes > 0 ? `Moves ${size(b.bytes)}. Nothing is deleted.` : 'Nothing is deleted or replaced.',
    go: (b: BrakeRow) => {
      const text = list(brakeParts(b));
      return `It was meant: ${text}`;
    },
    goHint: (b: BrakeRow) =>
      [
        b.trash_here > 0 ? 'Files here go to this folder’s trash.' : '',
        b.delete_there > 0 ? 'Objects stay as old versions, or in the bucket’s trash.' : '',
        b.trash_here + b.delete_there > 0
          ? 'Undo is under Activity.'
          : 'What is replaced stays as old versions or in the trash.',
      ]
        .filter((part) => part !== '')
        .join(' '),
    changed: 'What was asked about has changed. Nothing was done; please look at it again.',
    type: (b: BrakeRow) => `Type ${total(b)} to allow`,
    number: (b: BrakeRow) => String(total(b)),
    actKeep: 'Keep everything',
    actRestore: 'Bring back',
    actKeepAsIs: 'Keep as they are',
    actGo: (b: BrakeRow) =>
      b.delete_there + b.trash_here > 0
        ? `Delete ${count(b.delete_there + b.trash_here)}`
        : `Replace ${count(b.overwrite)}`,
    see: (b: BrakeRow) => `See all ${count(total(b))}`,
    answered: { go: 'It goes on with exactly that.', restore: 'Nothing of it is deleted. What is missing comes back.' },
    waits: 'Your answer is taken up with the next look, within a minute or two.',
  },
  changes: {
    kinds: changes,
    table: 'What this folder changed',
    what: 'What',
    file: 'File',
    why: 'Why',
    when: 'When',
    none: 'Nothing was deleted, renamed or kept twice yet',
    noneText: 'Everything that Windlass deletes or renames is listed here and can be taken back where possible.',
    undo: 'Undo',
    undoOf: (path: string) => `Undo: ${path}`,
    undone: (path: string) => `${path} is back.`,
    resolved: 'Resolved',
    ends: { done: '', refused: 'Not done: it had changed, or it was not possible', undone: 'Taken back' },
  },
  settings: {
    title: (name: string) => `Options of ${name}`,
    kinds: 'Only these kinds of files',
    kindsHint: 'None chosen: all files.',
    kind: { photos: 'Photos', raw: 'Raw photos', videos: 'Videos', audio: 'Sound', documents: 'Documents' },
    ignore: 'Left out',
    ignoreHint: 'One pattern a line, as in .gitignore. Leaving out deletes nothing, on either side.',
    largest: 'Largest file, MB',
    largestHint: 'Empty: any size.',
    brake: 'Ask before deleting',
    percent: 'Share of files, %',
    filesHour: 'Files an hour',
    gbHour: 'GB an hour',
    filesWeek: 'Files a week',
    overwrite: 'Replaced, %',
    bad: 'Numbers only, and shares up to 100.',
    save: 'Save',
    modeChanged: 'It is paused until you have seen what that would do.',
  },
  add: {
    lead: 'Choose a folder here, a place in the bucket, and how the two are kept.',
    plan: 'Add and see the plan',
    planHint: 'Nothing happens before you have seen the plan and started it.',
  },
} as const;
