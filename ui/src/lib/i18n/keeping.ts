/** Words of whether a bucket keeps versions. */
export const keeping = {
  chip: { on: 'Versions on', suspended: 'Versions suspended', off: 'No versions' },
  tip: {
    on: 'What is replaced or deleted here stays as an older version.',
    suspended: 'Older versions stay, but not all that is replaced or deleted now is kept.',
    off: 'What is replaced or deleted here is gone.',
  },
  title: {
    on: (bucket: string) => `${bucket} keeps versions`,
    suspended: (bucket: string) => `Versions are suspended in ${bucket}`,
    off: (bucket: string) => `${bucket} keeps no versions`,
    unknown: (bucket: string) => `Versions of ${bucket}`,
  },
  lead: {
    on: 'Everything that happens here can be undone as long as older versions stay.',
    suspended: 'It kept them once. What happens now can be undone only in part.',
    off: 'What happens here cannot be undone.',
    unknown: 'The server does not say whether this bucket keeps versions, or you may not ask.',
  },
  facts: {
    on: [
      ['ok', 'Overwriting puts a new version on top. The older one stays and can be restored.'],
      ['ok', 'Deleting puts a delete marker on top. The object can be undeleted.'],
      ['note', 'Every kept version takes space and is paid for, unless a lifecycle rule ends it.'],
    ],
    suspended: [
      ['ok', 'Older versions that have an id stay, and can be restored.'],
      ['warn', 'What is written now has no id. It takes the place of whatever has no id, and that is gone.'],
      ['warn', 'Deleting an object without an id cannot be undone. One with an id stays as an older version.'],
    ],
    off: [
      ['warn', 'Overwriting replaces an object. What was there before is gone.'],
      ['warn', 'Deleting is final. Nothing can be undeleted, and Undo is not offered.'],
    ],
    unknown: [],
  } satisfies Record<string, ['ok' | 'warn' | 'note', string][]>,
  turnOn: 'Turn on versions…',
  turnOnTitle: (bucket: string) => `Turn on versions in ${bucket}?`,
  turnOnLead: 'From then on, what is overwritten or deleted here stays as an older version.',
  turnOnFacts: [
    ['ok', 'Overwriting and deleting can be undone, by you and by everybody who may restore.'],
    ['note', 'Every older version is kept and paid for until it is deleted, or a lifecycle rule ends it.'],
    ['note', 'Nothing of before comes back: only what happens from then on is kept.'],
    ['warn', 'It can be suspended later, but never be turned off again.'],
  ] satisfies ['ok' | 'warn' | 'note', string][],
  action: 'Turn on versions',
  working: 'Turning on…',
  keep: 'Leave it as it is',
  done: (bucket: string) => `${bucket} keeps versions from now on.`,
  remove: {
    on: 'This bucket keeps versions: what is deleted stays as an older version, and Delete can be undone.',
    suspended:
      'Versions are suspended here: what has a version id stays and can be undeleted. What was written since then has none, and is gone for good.',
    off: 'This bucket keeps no versions: this is final.',
  },
  jobs: 'Suspended: what has a version id stays as an older version, what has none is gone',
};
