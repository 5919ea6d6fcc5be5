// Copies, moves and renames in a browser on the real core: F2 on a folder, undo from the panel, cut and paste, a conflict,
// properties, the plan of a delete. Pictures in both themes, each looked over by axe, go to build/screenshots/.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { draft, makeHome, s3, startCore, startPractice } from './core.mjs';
import { picture } from './picture.mjs';

const BUCKET = 'bridge-files';
const FILES = 12;
const IN_GUIDE = ['plan', 'properties'];

let browser;
let core;
let own;
let server;

before(async () => {
  own = makeHome();
  server = await startPractice(join(own.home, 'bucket'), ['--no-sample']);
  const endpoint = server.found;
  await s3(endpoint, 'PUT', BUCKET);
  for (let i = 0; i < FILES; i += 1) {
    await s3(endpoint, 'PUT', BUCKET, `A14/raw/IMG_${i}.txt`, Buffer.from(`picture ${i}`));
  }
  await s3(endpoint, 'PUT', BUCKET, 'A14/notes.txt', Buffer.from('notes'));
  await s3(endpoint, 'PUT', BUCKET, 'B2/notes.txt', Buffer.from('other notes'));
  core = await startCore(own.home);
  await core.call('save_connection', { draft: draft(endpoint, { start_in: `${BUCKET}/A14/` }) });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await core?.stop();
  await server?.stop();
  own?.remove();
});

const look = (page, name) => picture(page, `jobs-${name}`, { guide: IN_GUIDE.includes(name) ? `jobs-${name}` : null });

async function goTo(page, prefix) {
  await page.keyboard.press('Control+l');
  await page.getByRole('combobox', { name: 'Edit location' }).fill(`s3://${BUCKET}/${prefix}`);
  await page.keyboard.press('Enter');
  const last = prefix.split('/').at(-2) ?? BUCKET;
  await page.locator('.path [aria-current=location]', { hasText: last }).waitFor();
}

const row = (page, name) => page.getByRole('grid').getByRole('row', { name });
const dialog = (page, name) => page.getByRole('dialog', { name });

async function keys(prefix) {
  const listing = await core.call('open_listing', {
    connection: await connection(),
    bucket: BUCKET,
    prefix,
    refresh: true,
    deleted: false,
  });
  for (;;) {
    const window = await core.call('listing_window', {
      id: listing.id,
      offset: 0,
      limit: 100,
      sort: 'name',
      descending: false,
      filter: '',
    });
    if (window.summary.complete) return window.rows.map(({ key }) => key);
  }
}

const connection = async () => (await core.call('connections'))[0].id;

test('objects are renamed, moved and changed on the server', { timeout: 180_000 }, async (t) => {
  const { page, errors } = await openPage(browser, core.address, { colorScheme: 'light' });
  page.setDefaultTimeout(30_000);
  const panel = page.getByRole('region', { name: 'Transfers' });
  const jobs = panel.getByRole('list', { name: 'Copies and moves on the server' });

  await t.test('F2 renames a folder; its plan is read first', async () => {
    await row(page, /^raw/).click();
    await page.keyboard.press('F2');
    const form = dialog(page, 'Rename raw');
    await form.getByLabel('New name').fill('2026-05-12 +raw%');
    await look(page, 'rename');
    await form.getByLabel('New name').press('Enter');
    const plan = dialog(page, `Rename ${FILES} objects?`);
    await plan.waitFor();
    await look(page, 'plan');
    await plan.getByRole('button', { name: `Rename ${FILES}` }).click();
    await row(page, /^2026-05-12 \+raw%/).waitFor();
    await row(page, /^raw/).waitFor({ state: 'detached' });
    assert.equal((await keys('A14/2026-05-12 +raw%/')).length, FILES);
  });

  await t.test('undo in the panel brings it back', async () => {
    await page.getByRole('tab', { name: /^Done/ }).click();
    await jobs.getByText(`${FILES} objects renamed.`).waitFor();
    await look(page, 'panel');
    await jobs.getByRole('button', { name: /^Undo/ }).click();
    const plan = dialog(page, `Rename ${FILES} objects?`);
    await plan.getByRole('button', { name: `Rename ${FILES}` }).click();
    await row(page, /^raw/).waitFor();
    await row(page, /^2026-05-12/).waitFor({ state: 'detached' });
    assert.equal((await keys('A14/raw/')).length, FILES);
  });

  await t.test('cut and paste meets a conflict, and keeps both when told so', async () => {
    await row(page, /^notes\.txt/).click();
    await page.keyboard.press('Control+x');
    await page.getByText(/ready to move/).waitFor();
    await goTo(page, 'B2/');
    await row(page, /^notes\.txt/).click();
    await page.keyboard.press('Control+v');
    const nothing = page.getByRole('dialog', { name: /^Move 0 objects/ });
    await nothing.getByText('Something else is at the destination').waitFor();
    await look(page, 'conflict');
    await nothing.getByRole('radio', { name: 'Keep both' }).click();
    await page
      .getByRole('dialog', { name: /^Move 1 object/ })
      .getByRole('button', { name: 'Move 1' })
      .click();
    await row(page, /^notes \(2\)\.txt/).waitFor();
    assert.deepEqual(await keys('B2/'), ['B2/notes (2).txt', 'B2/notes.txt']);
    assert.deepEqual(await keys('A14/'), ['A14/raw/']);
  });

  await t.test('the menu of a row has it all, and properties change what they name', async () => {
    await row(page, /^notes \(2\)/).click({ button: 'right' });
    const menu = page.getByRole('menu', { name: 'Actions' });
    await menu.getByRole('menuitem', { name: /Properties/ }).waitFor();
    await look(page, 'menu');
    await menu.getByRole('menuitem', { name: /Properties/ }).click();
    const form = dialog(page, 'Properties of 1 item');
    await form.getByLabel('Cache control').fill('max-age=60');
    await form.getByLabel('Metadata').fill('job = 4711');
    await look(page, 'properties');
    await form.getByRole('button', { name: 'Change…' }).click();
    await form.waitFor({ state: 'detached' });
    await jobs.getByText('1 object changed.').waitFor();
    const details = await core.call('object_details', {
      connection: await connection(),
      bucket: BUCKET,
      key: 'B2/notes (2).txt',
    });
    assert.ok(JSON.stringify(details).includes('4711'), JSON.stringify(details));
  });

  await t.test('deleting a folder is a plan with counts', async () => {
    await goTo(page, 'A14/');
    await row(page, /^raw/).click();
    await page.keyboard.press('Delete');
    const plan = page.getByRole('alertdialog', { name: `Delete ${FILES} objects?` });
    await plan.waitFor();
    await look(page, 'delete');
    await plan.getByRole('button', { name: 'Keep' }).click();
    assert.equal((await keys('A14/raw/')).length, FILES);
    await page.keyboard.press('Delete');
    await plan.getByRole('button', { name: `Delete ${FILES}` }).click();
    await jobs.getByText(`${FILES} objects deleted.`).waitFor();
    assert.deepEqual(await keys('A14/raw/'), []);
  });

  assert.deepEqual(errors, []);
});
