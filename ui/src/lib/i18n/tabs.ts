/** Words of the tab bar. */
export const tabs = {
  label: 'Tabs',
  buckets: 'Buckets',
  folder: 'Sync folder',
  close: (name: string) => `Close ${name}`,
  openWindow: 'Open in a new window',
  badLink:
    'This link leads to no place in a bucket, so nothing was opened. A link looks like windlass://open/bucket/folder/.',
  linkNeedsConnection: (bucket: string) =>
    `A link to ${bucket} came, but there is no connection yet. Add one, then open the link again.`,
};
