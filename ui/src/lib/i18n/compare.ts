import { count, when } from '../util/format';

const n = (k: number, one: string, many: string): string => `${count(k)} ${k === 1 ? one : many}`;
const the = (at: number): string => `the version of ${when(at)}`;

/** Words of looking into versions, comparing two, and saving one as a file. */
export const compare = {
  look: 'Preview',
  lookTitle: (name: string) => `Preview of a version of ${name}`,
  of: (at: string) => `Version of ${at}`,
  newer: 'Newer version',
  older: 'Older version',
  position: (index: number, total: number) => `${count(index)} of ${count(total)}`,

  save: 'Save as a file…',
  saveOf: (at: number) => `Save ${the(at)} as a file`,
  saveTitle: (at: number) => `Save ${the(at)}`,
  saving: (at: number, to: string) =>
    `${the(at).replace('the', 'The')} goes to ${to}. The file is there when it is complete.`,

  withCurrent: 'Compare with the current one',
  withBefore: 'Compare with the one before',
  choose: 'Choose to compare',
  unchoose: 'Do not compare',
  chosen: (k: number) => (k === 1 ? '1 version chosen. Choose another one.' : '2 versions chosen'),
  chosenWord: 'chosen to compare',
  chooseHint: 'Ctrl+Space or Ctrl with a click chooses two versions to compare.',
  compare: 'Compare',
  clear: 'Choose none',
  noCurrent: 'It is deleted now, so there is no current version to compare with.',
  noBefore: 'There is no older version to compare with.',
  notReadYet: 'Read on for older versions first.',
  isMarker: 'A delete marker holds nothing to look into.',

  title: (name: string) => `Compare versions of ${name}`,
  heads: { older: 'Older', newer: 'Newer' },
  by: (owner: string) => `by ${owner}`,
  current: 'Current',
  reading: 'Reading both versions…',
  sameBytes: 'Both hold the same bytes: their ETags are equal.',
  sameText: 'Both texts are the same, line by line.',
  lines: (gone: number, fresh: number) => `${n(gone, 'line', 'lines')} gone, ${n(fresh, 'line', 'lines')} new`,
  part: 'Only the first part of each is compared.',
  diff: (name: string) => `Lines of ${name} that differ`,
  oldLine: 'Older',
  newLine: 'Newer',
  text: 'Text',
  kind: { same: 'In both', gone: 'Only in the older one', new: 'Only in the newer one', skip: 'Left out' },
  skipped: (k: number | null) => (k === null ? 'The rest is the same' : `${n(k, 'line', 'lines')} the same`),
  emptyLine: 'empty line',

  ways: { beside: 'Side by side', wipe: 'Wipe', difference: 'Difference' },
  way: 'How the pictures are compared',
  picture: { older: 'Picture of the older version', newer: 'Picture of the newer version' },
  noPicture: 'No picture of it',
  wipe: 'Share of the older picture',
  wipeAt: (percent: number) => `${percent} percent older`,
  wipeHint: 'Left of the line is the older one, right of it the newer one. Arrow keys move the line.',
  differenceHint: 'Black is the same in both. The brighter a spot, the more it differs.',
  differenceOf: 'Difference of both pictures',

  facts: 'What differs inside',
  noFacts: 'What the files say of themselves is the same in both.',
  fact: 'Fact',
  none: 'none',
  server: 'What the server says',
  bytes: 'Size',
  written: 'Written',
  class: 'Class',
  owner: 'Owner',
  etag: 'ETag',
  unlike: (missing: string) => `${missing} The versions are compared by what the server says of them.`,
  unknown: 'What is inside cannot be shown side by side.',
};
