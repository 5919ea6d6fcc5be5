// Buckets in a browser on the real core and a real server: one is made, refuses to go while it holds something, and goes when it is empty.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { draft, makeHome, s3, startCore, startPractice } from './core.mjs';
import { picture } from './picture.mjs';

let browser;
let core;
let own;
let server;

before(async () => {
  own = makeHome();
  server = await startPractice(join(own.home, 'bucket'), ['--no-sample']);
  await s3(server.found, 'PUT', 'first-bucket');
  core = await startCore(own.home);
  await core.call('save_connection', { draft: draft(server.found) });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await core?.stop();
  await server?.stop();
  own?.remove();
});

test('a bucket is made, stays while it holds an object, and is deleted', { timeout: 60_000 }, async () => {
  const { page, context, errors } = await openPage(browser, core.address, { colorScheme: 'light' });
  page.setDefaultTimeout(20_000);
  const places = page.getByRole('complementary', { name: 'Places' });
  const bucket = (name) => places.getByRole('button', { name, exact: true });
  await bucket('first-bucket').waitFor();
  await places.getByRole('button', { name: 'New bucket…' }).click();
  const dialog = page.getByRole('dialog', { name: 'New bucket' });
  const name = dialog.getByRole('textbox', { name: 'Name' });
  const create = dialog.getByRole('button', { name: 'Create bucket' });
  await name.fill('192.168.5.4');
  await dialog.getByText('must not look like a network address').waitFor();
  await name.fill('first-bucket');
  await create.click();
  await dialog.getByText('You have a bucket first-bucket already').waitFor();
  await name.fill('bridge-photos');
  await dialog.getByRole('checkbox', { name: 'Keep older versions' }).click();
  await create.click();
  await bucket('bridge-photos').waitFor();
  await page.getByText('The bucket bridge-photos was made.').waitFor();
  assert.equal(await bucket('bridge-photos').getAttribute('aria-current'), 'page');
  const row = await core.call('connections');
  assert.deepEqual(
    (await core.call('buckets', { connection: row[0].id })).map((each) => each.name),
    ['bridge-photos', 'first-bucket'],
  );

  await s3(server.found, 'PUT', 'bridge-photos', 'A14/pier.jpg', Buffer.alloc(100));
  const remove = async () => {
    await places.getByRole('button', { name: 'More for bridge-photos' }).click();
    await page.getByRole('menuitem', { name: 'Delete bucket…' }).click();
    const asks = page.getByRole('alertdialog', { name: 'Delete the bucket bridge-photos?' });
    await asks.getByRole('textbox').fill('bridge-photos');
    await asks.getByRole('button', { name: 'Delete bucket' }).click();
    return asks;
  };
  let asks = await remove();
  await asks.getByRole('alert').getByText('bridge-photos holds 1 object, so it was not deleted.').waitFor();
  await picture(page, 'buckets-real-refused');
  await page.keyboard.press('Escape');
  // Deleting leaves a version and a marker, as was asked for; they keep the bucket as well.
  await s3(server.found, 'DELETE', 'bridge-photos', 'A14/pier.jpg');
  asks = await remove();
  await asks.getByRole('alert').getByText('1 older version and 1 delete marker').waitFor();
  await page.keyboard.press('Escape');
  await bucket('bridge-photos').waitFor();

  // One without versions goes.
  await places.getByRole('button', { name: 'More for first-bucket' }).click();
  await page.getByRole('menuitem', { name: 'Delete bucket…' }).click();
  await page.getByRole('alertdialog').getByRole('textbox').fill('first-bucket');
  await page.keyboard.press('Enter');
  await page.getByText('The bucket first-bucket was deleted.').waitFor();
  await bucket('first-bucket').waitFor({ state: 'detached' });
  assert.deepEqual(
    (await core.call('buckets', { connection: row[0].id })).map((each) => each.name),
    ['bridge-photos'],
  );
  const refusals = errors.filter((text) => !/status of 4\d\d/.test(text));
  assert.deepEqual(refusals, []);
  await context.close();
});

test('the practice bucket is not alone for long', { timeout: 60_000 }, async () => {
  const { id } = await core.call('start_practice');
  const call = (name, args) => core.call(name, { connection: id, ...args });
  const names = async () => (await call('buckets')).map((each) => each.name);
  assert.deepEqual(await names(), ['inspections-practice']);
  const made = { name: 'my-first', region: '', versioning: false, object_lock: false };
  await call('create_bucket', { draft: made });
  assert.deepEqual(await names(), ['inspections-practice', 'my-first']);
  await assert.rejects(
    call('delete_bucket', { bucket: 'inspections-practice', typed: 'inspections-practice' }),
    /holds/,
  );
  await call('delete_bucket', { bucket: 'my-first', typed: 'my-first' });
  assert.deepEqual(await names(), ['inspections-practice']);
});
