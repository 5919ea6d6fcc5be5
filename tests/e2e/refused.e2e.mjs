// A refused delete in a browser on the real core and a server that refuses it once: the control says so, and trying again asks the server, which has changed its mind.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { draft, makeHome, s3, startCore, startPractice } from './core.mjs';
import { picture } from './picture.mjs';

const REASON = /^This identity was refused deleting here (today|yesterday) at \d\d:\d\d\.$/;

let browser;
let core;
let own;
let server;

before(async () => {
  own = makeHome();
  server = await startPractice(join(own.home, 'bucket'), ['--no-sample', '--deny-delete', 'A14/pier']);
  await s3(server.found, 'PUT', 'bridge-files');
  for (const key of ['A14/pier.txt', 'A14/deck.txt', 'B2/pier.txt']) {
    await s3(server.found, 'PUT', 'bridge-files', key, Buffer.alloc(100));
  }
  core = await startCore(own.home);
  await core.call('save_connection', { draft: draft(server.found, { start_in: 'bridge-files/A14/' }) });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await core?.stop();
  await server?.stop();
  own?.remove();
});

test('a refused delete is remembered here and tried again when a person wants it', { timeout: 90_000 }, async () => {
  const { page, context, errors } = await openPage(browser, core.address, { colorScheme: 'light' });
  page.setDefaultTimeout(20_000);
  const row = page.getByRole('row', { name: /pier\.txt/ });
  await row.click();
  await page.keyboard.press('Delete');
  const asks = page.getByRole('alertdialog', { name: 'Delete 1 object?' });
  await asks.getByRole('button', { name: 'Delete 1' }).click();
  await page.getByText('0 objects deleted, 1 kept').waitFor();
  await row.click();
  await page.keyboard.press('Space');
  const remove = page.getByRole('toolbar', { name: 'Selection' }).getByRole('button', { name: 'Delete' });
  await page.waitForFunction(() => document.querySelector('.selbar .btn--dngtext')?.ariaDisabled === 'true');
  assert.match(await remove.getAttribute('title'), REASON);
  await picture(page, 'refused-real');

  // Next door nothing was refused.
  const place = { connection: (await core.call('connections'))[0].id, bucket: 'bridge-files' };
  assert.deepEqual(await core.call('refusals', { ...place, prefix: 'B2/' }), []);
  assert.deepEqual(
    (await core.call('refusals', { ...place, prefix: 'A14/' })).map((each) => each.right),
    ['delete'],
  );

  await remove.focus();
  await page.keyboard.press('Enter');
  const again = page.getByRole('dialog', { name: 'This was refused before' });
  await again.getByRole('button', { name: 'Try again' }).click();
  await asks.getByRole('button', { name: 'Delete 1' }).click();
  await page.getByText('1 object deleted.').waitFor();
  await row.waitFor({ state: 'detached' });
  assert.deepEqual(await core.call('refusals', { ...place, prefix: 'A14/' }), []);
  // Details of the object may be asked for once more before the new list is there.
  assert.deepEqual(
    errors.filter((text) => !/status of 404/.test(text)),
    [],
  );
  await context.close();
});
