import type { UploadTarget } from '../backend';

/** Marks an element as one that takes files, for [`targetAt`]. */
export function takesDrops(connection: string, bucket: string, prefix: string): string {
  return JSON.stringify([connection, bucket, prefix]);
}

/** The element that takes files there, with the place that they go to: a folder's row, a bookmark, a bucket. */
export function targetAt(at: EventTarget | null): { element: HTMLElement; target: UploadTarget } | null {
  const element = at instanceof Element ? at.closest<HTMLElement>('[data-drop]') : null;
  if (!element) return null;
  const [connection, bucket, prefix] = JSON.parse(element.dataset['drop'] ?? '[]') as string[];
  if (connection === undefined || bucket === undefined || prefix === undefined) return null;
  return { element, target: { connection, bucket, prefix } };
}
