import type { SearchKnown } from '../api/types';
import { age, count, size } from '../util/format';

const n = (k: number, one: string, many: string): string => `${count(k)} ${k === 1 ? one : many}`;
const objects = (k: number): string => n(k, 'object', 'objects');
const requests = (k: number): string => n(k, 'LIST request', 'LIST requests');
const ago = (at: number, now: number): string => {
  const words = age(at, Math.max(at, now));
  return words === '' ? 'just now' : `${words} ago`;
};

/** Of how many objects that is known which no list tells. */
function known(facts: SearchKnown): string {
  const parts: [string, string, number | null][] = [
    ['Tags are', 'tags', facts.tags],
    ['Content types are', 'content types', facts.types],
    ['Camera data is', 'camera data', facts.captures],
  ];
  const asked = parts.filter(([, , k]) => k !== null).map(([begin, name, k]) => ({ begin, name, k: count(k ?? 0) }));
  const said = asked.map(({ begin, name, k }, i) => (i === 0 ? `${begin} known of ${k}` : `${name} of ${k}`));
  return `${said.join(', ')}${said.length > 1 ? ',' : ''} of ${objects(facts.of)}`;
}

/** Words of the search page and of indexes. */
export const search = {
  title: 'Search',
  label: 'Search',
  placeholder: 'Words, size:>10mb, date:2026-05, type:photo, class:glacier, tag:case=open, camera:nikon',
  hint: 'Words in any order. Also size:>10mb, date:2026-05, newer:7d, ext:jpg, type:video, class:glacier, is:safe, -without, "two words". Of objects that were looked at: type:image/jpeg, tag:case=open, camera:nikon, taken:2026-05, gps:47.3,8.4..47.5,8.6.',
  where: 'Where',
  within: { folder: 'This folder', bucket: 'This bucket', all: 'Everywhere' },
  bucketWithin: (bucket: string) => `All of ${bucket}`,
  results: 'Search results',
  found: (k: number, more: boolean) => (more ? `The first ${objects(k)}` : objects(k)),
  bytes: size,
  more: 'More fit than are shown. Add a word.',
  searched: (k: number, oldest: number | null, now: number) =>
    oldest === null ? '' : `of ${count(k)}, listed ${ago(oldest, now)}`,
  known,
  knownHint:
    'Lists do not tell this. It is known of objects whose details or previews were shown here, as they were then. Others may fit as well.',
  knownNone: (facts: SearchKnown) =>
    `${known(facts)}. Others may fit: a list does not tell, and it is known once their details or previews were shown here.`,
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
