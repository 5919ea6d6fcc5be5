import { count } from '../util/format';

/** Words of the command palette and of the list of shortcuts. */
export const palette = {
  label: 'Command palette',
  placeholder: 'Find actions, places and objects',
  inPlace: (place: string) => `In ${place}`,
  sections: { actions: 'Actions', places: 'Go to', objects: 'Objects in this list', elsewhere: 'Elsewhere' },
  found: (k: number) => `${count(k)} found`,
  results: (k: number) => (k === 1 ? '1 result' : `${count(k)} results`),
  none: 'Nothing has these letters. > finds actions, / objects of this list, @ buckets.',
  search: (text: string) => `Search for “${text}”`,
  searchSub: 'Everything that was listed',
  bookmark: 'Bookmark',
  bucket: 'Bucket',
  syncFolder: 'Sync folder',
  address: (text: string) => `Go to ${text}`,
  addressSub: 'Address',
  choose: 'choose',
  run: 'run',
  inTab: 'in a new tab',
  actions: 'actions',
  objects: 'objects',
  buckets: 'buckets',
  shortcutsTitle: 'Keyboard shortcuts',
};
