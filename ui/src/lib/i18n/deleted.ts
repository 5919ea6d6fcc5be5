import { count, shortDay, when } from '../util/format';

const n = (k: number, one: string, many: string): string => `${count(k)} ${k === 1 ? one : many}`;

/** Words of deleted objects in the list, and of bringing them back. */
export const deleted = {
  show: 'Show deleted',
  hint: 'Reads the versions too, which costs more list requests.',
  noVersions: 'This bucket keeps no versions: what is deleted here is gone, and cannot be shown or brought back.',
  at: (at: number) => `Deleted ${shortDay(at)}`,
  spoken: (at: number | null) => (at === null ? 'Deleted' : `Deleted ${when(at)}`),
  reason: (k: number) =>
    k === 1
      ? 'It is deleted. Undelete it first, or look at its versions.'
      : 'They are deleted. Undelete them first, or look at their versions.',
  isThere: 'This is not deleted. Choose a deleted object, or a folder.',
  showFirst: 'Show deleted objects first.',
  dragged: 'What is deleted cannot be dragged out. Undelete it first.',
  note: (at: number | null) =>
    `${at === null ? 'It was deleted' : `It was deleted on ${when(at)}`}. What was there last is kept as a version, and can be brought back.`,
  known: 'What was there last',
  when: 'Deleted',
  undelete: 'Undelete…',
  title: (k: number) => `Undelete ${n(k, 'object', 'objects')}?`,
  titleOf: (name: string) => `Undelete ${name}?`,
  lead: (bucket: string) =>
    `What was deleted in ${bucket} comes back as it was last. Nothing is erased, and Undo deletes it again.`,
  leadOf: (name: string) => `${name} comes back as it was last. Nothing is erased, and Undo deletes it again.`,
  leadFolder: (name: string) =>
    `What was deleted in ${name} comes back as it was last. What is there stays as it is, and Undo deletes the others again.`,
  start: (k: number) => `Undelete ${count(k)}`,
  stackedLeft: 'What was deleted several times over is left: only a single marker is taken away.',
};
