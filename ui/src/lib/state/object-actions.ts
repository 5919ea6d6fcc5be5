import { t } from '../i18n';
import { copyText } from '../util/clipboard';
import { meantKeys } from './actions';
import type { App } from './app.svelte';
import { request, rootsBelow } from './jobs.svelte';

/** Asks for the new name of one object or folder. */
export async function askRename(app: App): Promise<void> {
  await withKeys(app, (keys) => {
    const key = keys[0];
    if (keys.length === 1 && key !== undefined) app.dialog = { kind: 'rename', key };
    else app.toasts.show('info', t.commands.blocked.oneOnly);
  });
}

/** Asks where to copy or move what is meant. */
export async function askCarry(app: App, action: 'copy' | 'move'): Promise<void> {
  await withKeys(app, (keys) => (app.dialog = { kind: 'carry', action, keys }));
}

/** Asks what to change of what is meant. */
export async function askEdit(app: App): Promise<void> {
  await withKeys(app, (keys) => (app.dialog = { kind: 'edit-objects', keys }));
}

/** Remembers what is meant for a paste elsewhere. */
export async function clip(app: App, kind: 'copy' | 'move'): Promise<void> {
  await withKeys(app, (keys) => {
    const from = app.listing.place;
    if (!from) return;
    app.jobs.clip = { kind, keys, from };
    app.toasts.show('info', t.jobs.clipped(kind === 'move', keys.length));
  });
}

/** Puts what was copied or cut into the folder that is shown; its plan is read first. */
export function paste(app: App): void {
  const { clip: held } = app.jobs;
  const place = app.place;
  if (!held || !place) return;
  if (held.from.connection !== place.connection) {
    app.toasts.show('info', t.jobs.otherConnection);
    return;
  }
  const here = held.from.bucket === place.bucket && held.from.prefix === place.prefix;
  const wanted = request(held.kind, held.from, rootsBelow(held.keys, place.prefix), {
    to_bucket: place.bucket,
    if_taken: here && held.kind === 'copy' ? 'keep_both' : 'skip',
  });
  if (held.kind === 'move') app.jobs.clip = null;
  app.dialog = { kind: 'job', request: wanted, id: null };
}

/** Copies the ARN of what has the focus, or its web address. */
export async function copyName(app: App, form: 'arn' | 'url'): Promise<void> {
  const place = app.place;
  if (!place) return;
  const key = app.listing.focused?.key ?? place.prefix;
  const path = key.split('/').map(encodeURIComponent).join('/');
  const endpoint = app.current?.endpoint ?? '';
  const url =
    endpoint === ''
      ? `https://${place.bucket}.s3.amazonaws.com/${path}`
      : `${endpoint.replace(/\/$/, '')}/${place.bucket}/${path}`;
  const text = form === 'arn' ? `arn:aws:s3:::${place.bucket}/${key}` : url;
  if (await copyText(text)) app.toasts.show('info', form === 'arn' ? t.jobs.copiedArn : t.jobs.copiedUrl);
}

async function withKeys(app: App, then: (keys: string[]) => void): Promise<void> {
  try {
    const keys = await meantKeys(app);
    if (keys.length > 0) then(keys);
  } catch (thrown) {
    app.fail(thrown);
  }
}
