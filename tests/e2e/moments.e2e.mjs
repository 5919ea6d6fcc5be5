// Versions and moments in a browser on the real core and the practice server: an older version is put on top and taken back, and
// a folder that was deleted comes back as it was at a moment. Pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { draft, makeHome, s3, startCore, startPractice } from './core.mjs';
import { picture } from './picture.mjs';

const BUCKET = 'bridge-history';
const KEY = 'A14/notes.txt';

let browser;
let core;
let own;
let server;
let connection;

before(async () => {
  own = makeHome();
  server = await startPractice(join(own.home, 'bucket'), ['--no-sample']);
  core = await startCore(own.home);
  connection = (await core.call('save_connection', { draft: draft(server.found, { start_in: `${BUCKET}/A14/` }) })).id;
  const bucket = { name: BUCKET, region: '', versioning: true, object_lock: false };
  await core.call('create_bucket', { connection, draft: bucket });
  await s3(server.found, 'PUT', BUCKET, KEY, Buffer.from('first'));
  await s3(server.found, 'PUT', BUCKET, KEY, Buffer.from('the second one'));
  for (let i = 0; i < 5; i += 1) await s3(server.found, 'PUT', BUCKET, `A14/raw/${i}.txt`, Buffer.from(`picture ${i}`));
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await core?.stop();
  await server?.stop();
  own?.remove();
});

async function versions(key = KEY) {
  const page = await core.call('object_versions', { connection, bucket: BUCKET, key, after: null });
  return page.rows.map(({ size, latest, marker }) => `${marker ? 'deleted' : size}${latest ? ' now' : ''}`);
}

/** Starts a job that is planned, and waits until it is over. */
async function carried(id) {
  const until = async (states) => {
    for (;;) {
      const job = await core.call('job', { id });
      if (states.includes(job.state)) return job;
      await new Promise((again) => setTimeout(again, 50));
    }
  };
  await until(['ready']);
  await core.call('start_job', { id, typed: null, date: null });
  return until(['done', 'failed']);
}

test('an older version is put on top, and undo puts the other back', { timeout: 120_000 }, async () => {
  const { page, errors } = await openPage(browser, core.address, { colorScheme: 'light' });
  page.setDefaultTimeout(30_000);
  await page
    .getByRole('grid')
    .getByRole('row', { name: /^notes.txt/ })
    .click();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await inspector.getByRole('tab', { name: 'Versions' }).click();
  await inspector.getByRole('button', { name: 'Show versions' }).click();
  const list = page.getByRole('grid', { name: 'Versions of notes.txt' });
  await list.getByRole('row', { name: /Current, 14 bytes/ }).waitFor();
  assert.deepEqual(await versions(), ['14 now', '5']);
  await picture(page, 'moments-versions', { guide: 'time-versions' });
  await list.getByRole('button', { name: /^Restore the version of/ }).click();
  const dialog = page.getByRole('dialog', { name: /^Restore notes.txt of/ });
  await dialog.getByText('Nothing is erased').waitFor();
  await picture(page, 'moments-restore');
  await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
  // The list is read again by itself.
  await list.getByRole('row', { name: /Current, 5 bytes/ }).waitFor();
  assert.deepEqual(await versions(), ['5 now', '14', '5']);
  await page.keyboard.press('Control+j');
  await page.getByRole('tab', { name: /^Done/ }).click();
  await page.getByText('1 object restored.').waitFor();
  await page.getByRole('button', { name: /^Undo: Restore/ }).click();
  await page.getByRole('dialog', { name: 'Undo the restore?' }).getByRole('button', { name: 'Undo 1' }).click();
  await page.getByText('notes.txt is as it was before.').waitFor();
  assert.deepEqual(await versions(), ['14 now', '5', '14', '5']);
  assert.deepEqual(errors, []);
});

test('a folder that was deleted comes back as it was at a moment, and goes again by undo', async () => {
  const moment = Date.now();
  const none = { lock: null, purge: null, purge_version: null };
  const base = { connection, bucket: BUCKET, to_bucket: BUCKET, if_taken: 'skip', edit: [], restore: null, ...none };
  const roots = [{ from: 'A14/', to: 'A14/' }];
  const deleted = await core.call('plan_job', { request: { ...base, kind: 'delete', roots } });
  assert.equal((await carried(deleted.id)).done, 6);
  await s3(server.found, 'PUT', BUCKET, 'A14/raw/late.txt', Buffer.from('late'));
  const choice = { deleted: true, undelete: 'copy', changed: true, added: 'hide', rewritten: false, but: [] };
  const restore = { version: null, moment, ...choice };
  const back = await core.call('plan_job', { request: { ...base, kind: 'restore', roots, restore } });
  const job = await carried(back.id);
  assert.deepEqual([job.kind, job.done, job.left, job.can_undo], ['restore', 7, 0, true]);
  assert.deepEqual((await versions()).slice(0, 3), ['14 now', 'deleted', '14']);
  assert.deepEqual(await versions('A14/raw/late.txt'), ['deleted now', '4']);
  const undo = await core.call('undo_job', { id: back.id });
  assert.equal((await carried(undo.id)).done, 7);
  assert.equal((await versions())[0], 'deleted now');
  assert.deepEqual(await versions('A14/raw/late.txt'), ['4 now'], 'its own marker went');
  // A version is that of a single object, and a restore names one thing.
  for (const wrong of [
    { ...restore, version: 'x' },
    { ...restore, version: 'x', moment: null },
  ]) {
    await assert.rejects(
      core.call('plan_job', { request: { ...base, kind: 'restore', roots, restore: wrong } }),
      /bad_request/,
    );
  }
});
