import { t } from '../i18n';
import type { App } from './app.svelte';

/** Why no bucket is made or deleted through the present connection, or `null`. */
export function bucketsBlocked(app: App): string | null {
  const current = app.current;
  if (!current) return t.commands.blocked.noPlace;
  return current.start_in !== '' && current.source !== 'practice' ? t.buckets.oneOnly : null;
}

/** Opens the dialog for a new bucket, or says why there is none. */
export function askNewBucket(app: App): void {
  const reason = bucketsBlocked(app);
  if (reason === null) app.dialog = { kind: 'new-bucket' };
  else app.toasts.show('info', reason);
}

/** Opens the dialog that deletes a bucket. */
export function askDeleteBucket(app: App, bucket: string): void {
  const connection = app.connection;
  if (connection !== null) app.dialog = { kind: 'delete-bucket', connection, bucket };
}

/** A bucket is gone: nothing leads into it any more. */
export async function bucketGone(app: App, gone: { connection: string; bucket: string }): Promise<void> {
  app.dropGone(gone);
  if (!app.route) app.go({ kind: 'buckets', connection: gone.connection });
  await app.loadBuckets();
}
