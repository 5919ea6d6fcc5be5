import { count, when } from '../util/format';

const the = (at: number): string => `the version of ${when(at)}`;

/** Words of the versions of one object. */
export const versions = {
  parts: 'What is shown of the object',
  tabs: { details: 'Details', versions: 'Versions' },
  list: (name: string) => `Versions of ${name}`,
  lead: 'Earlier versions and deletions, where the bucket keeps them. The list is read only when you ask for it.',
  show: 'Show versions',
  reading: 'Reading versions…',
  stop: 'Stop',
  older: 'Older versions',
  again: 'Read the versions again',
  failed: 'The versions were not read',
  none: 'The bucket has no version of it any more.',
  newest: 'Newest first',
  actionsHead: 'Actions',
  soFar: (k: number, more: boolean) => (more ? `${count(k)} so far` : k === 1 ? '1 version' : `${count(k)} in all`),
  only: 'This is the only one. Where a bucket keeps no versions, there never are more.',

  current: 'Current',
  deleted: 'Deleted',
  archived: 'archived',
  by: (owner: string) => `by ${owner}`,
  unversioned: 'Written while the bucket kept no versions',
  unversionedShort: 'no id',
  etag: 'ETag',
  copyEtag: 'Copy the ETag',
  what: { written: 'Written', added: 'Added', deleted: 'Deleted' },

  restore: 'Restore…',
  restoreOf: (at: number) => `Restore ${the(at)}`,
  undelete: 'Undelete…',
  undeleteOf: (name: string) => `Undelete ${name}`,
  copyId: 'Copy version id',
  more: (at: number) => `Actions of ${the(at)}`,
  moreMarker: (at: number) => `Actions of the delete marker of ${when(at)}`,
  idCopied: 'Version id copied.',
  etagCopied: 'ETag copied.',
  isCurrent: 'This version is on top already.',
  isMarker: 'A delete marker holds nothing that could be restored. Restore a version below it.',
  frozen: (at: number) => `Archived: ${the(at)} has to be thawed before it can be read or copied.`,

  stacked: (k: number) =>
    `It was deleted ${count(k)} times, and only a single marker is taken away: between two calls neither state would be there.`,

  restoreTitle: (name: string, at: number) => `Restore ${name} of ${when(at)}?`,
  restoreLead: (at: number) => `A copy of ${the(at)} is put on top. Nothing is erased, and Undo brings today’s back.`,
  restoreDeletedLead: (at: number) =>
    `A copy of ${the(at)} is put on top. Nothing is erased, and Undo makes it deleted again.`,
  undeleteTitle: (name: string) => `Undelete ${name}?`,
  undeleteLead: (name: string, at: number) => `${name} comes back as it was in ${the(at)}. Undo deletes it again.`,
  start: 'Restore',
  startUndelete: 'Undelete',
  how: 'How it comes back',
  ways: {
    copy: {
      title: 'Put a copy on top',
      text: 'The deletion stays in the history. Copying costs a request, and the copy takes space.',
    },
    remove_marker: {
      title: 'Take the delete marker away',
      text: 'Free and at once, also for archived versions. It needs the right to delete versions, and the deletion is no longer in the history.',
    },
  },
  undoTitle: 'Undo the restore?',
  undoLead: (what: string) => `${what}: what was there before the restore comes back.`,
  startUndo: 'Undo',
  restored: (name: string) => `${name} is restored. To take it back, choose Undo in the transfers (Ctrl+J).`,
  undone: (name: string) => `${name} is as it was before.`,
  left: (name: string) => `${name} was left as it is: it changed meanwhile, or may not be restored. See the transfers.`,
};
