import { age, count, size } from '../util/format';

const n = (k: number, one: string, many: string): string => `${count(k)} ${k === 1 ? one : many}`;
const objects = (k: number): string => n(k, 'object', 'objects');
const requests = (k: number): string => n(k, 'LIST request', 'LIST requests');
const ago = (at: number, now: number): string => {
  const words = age(at, Math.max(at, now));
  return words === '' ? 'just now' : `${words} ago`;
};

/** Words of the search page and of indexes. */
export const search = {
  title: 'Search',
  label: 'Search',
  placeholder: 'Words, size:>10mb, date:2026-05, type:photo, class:glacier, is:safe',
  hint: 'Words in any order. Also size:>10mb, date:2026-05, newer:7d, ext:jpg, type:video, class:glacier, is:safe, -without, "two words".',
  where: 'Where',
  within: { folder: 'This folder', bucket: 'This bucket', all: 'Everywhere' },
  bucketWithin: (bucket: string) => `All of ${bucket}`,
  results: 'Search results',
  found: (k: number, more: boolean) => (more ? `The first ${objects(k)}` : objects(k)),
  bytes: size,
  more: 'More fit than are shown. Add a word.',
  searched: (k: number, oldest: number | null, now: number) =>
    oldest === null ? '' : `of ${count(k)}, listed ${ago(oldest, now)}`,
  behind: (k: number) => `Reading ${count(k)} more into memory…`,
  saved: (name: string) => `The search “${name}” is in the bookmarks.`,
  save: 'Keep this search as a bookmark',
  unsave: 'Remove the bookmark of this search',
  none: 'Nothing fits',
  noneText: (k: number) => `${n(k, 'name was', 'names were')} searched.`,
  nothing: 'Nothing was listed here yet',
  nothingText: 'Search looks through what was listed. Index the bucket to search all of it.',
  start: 'What are you looking for?',
  gone: 'No longer in the list',
  prefixSpeech: (name: string, k: number) => `${name}, ${objects(k)}`,
  openPrefix: (name: string) => `Open ${name}`,
  top: (bucket: string) => `${bucket}/`,
  prefixCount: objects,
  index: {
    label: 'Index',
    none: 'Only folders that were opened are searched.',
    start: 'Index this bucket',
    cost: 'Each LIST request brings up to 1,000 objects and costs what your provider charges for it.',
    running: (k: number, r: number, rate: number | null) =>
      `Indexing: ${objects(k)}, ${requests(r)}${rate === null ? '' : `, ${count(rate)} a second`}`,
    left: (seconds: number) =>
      seconds < 90
        ? `about ${count(Math.max(1, Math.round(seconds)))} s left`
        : `about ${count(Math.round(seconds / 60))} min left`,
    stopped: (k: number, r: number) => `The index stands at ${objects(k)} after ${requests(r)}.`,
    whole: (k: number, r: number, at: number, now: number) =>
      `Indexed ${ago(at, now)}: ${objects(k)} in ${requests(r)}.`,
    goOn: 'Go on',
    again: 'Index again',
    stop: 'Stop',
    drop: 'Drop the index',
    dropped: 'The index was dropped. Nothing in the bucket changed.',
    waits: (why: string) => `It waits: ${why}`,
    progress: 'Progress of the index',
  },
  folderObjects: objects,
  folderSize: (at: number) => `From the index of ${new Date(at).toLocaleString()}`,
};
