/** Words of the tab bar. */
export const tabs = {
  label: 'Tabs',
  buckets: 'Buckets',
  folder: 'Sync folder',
  close: (name: string) => `Close ${name}`,
};
