// A newcomer's first voyage in a browser, on the real core behind the development server: first run, practice bucket,
// photos, dropped files that become Safe, a watched folder, a download that is byte-equal. Then hostile names.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { KEYS, draft, makeHome, root, s3, startCore, startPractice } from './core.mjs';

const shots = join(root, 'build/screenshots');
const LONG = 30_000;

let browser;
let core;
let own;

before(async () => {
  mkdirSync(shots, { recursive: true });
  own = makeHome();
  core = await startCore(own.home);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await core?.stop();
  own?.remove();
});

/** A folder with files of known bytes. */
function makeFiles(folder, names, bytes) {
  mkdirSync(folder, { recursive: true });
  return names.map((name) => {
    const path = join(folder, name);
    writeFileSync(path, randomBytes(bytes));
    return path;
  });
}

/** Drops files on the list as a file manager does. */
async function drop(page, files) {
  const made = files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') }));
  const data = await page.evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of list) {
      transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    }
    return transfer;
  }, made);
  const grid = page.getByRole('grid');
  await grid.dispatchEvent('dragenter', { dataTransfer: data });
  await page.getByText(/Drop to upload to/).waitFor();
  await grid.dispatchEvent('drop', { dataTransfer: data });
}

const inspector = (page) => page.getByRole('complementary', { name: 'Inspector' });
const tab = (page, name) => page.getByRole('tab', { name }).click();

async function goTo(page, address) {
  await page.keyboard.press('Control+l');
  await page.getByRole('combobox', { name: 'Edit location' }).fill(address);
  await page.keyboard.press('Enter');
}

/** Waits until the list shows this folder: rows of the one before may bear the same names. */
const isIn = (page, name) => page.locator('.path [aria-current=location]', { hasText: name }).waitFor();

test('first voyage', { timeout: 120_000 }, async (t) => {
  const { page, errors } = await openPage(browser, core.address, { colorScheme: 'light' });
  page.setDefaultTimeout(LONG);
  const shot = (name) => page.screenshot({ path: join(shots, `voyage-${name}.png`) });

  await t.test('first run offers the practice bucket, and it shows photos', async () => {
    await page.getByRole('button', { name: 'Try the practice bucket' }).waitFor();
    await shot('1-first-run');
    await page.getByRole('button', { name: 'Try the practice bucket' }).click();
    await page.getByRole('grid').waitFor();
    const photo = page.getByRole('row', { name: /\.jpe?g/i }).first();
    await photo.click();
    await inspector(page).getByText('Modified').waitFor();
    await page.waitForFunction(() =>
      [...document.querySelectorAll('[role=row] .th--img img, .insp .prev img')].some((i) => i.naturalWidth > 0),
    );
    await shot('2-photos');
  });

  const upload = join(own.home, 'upload');
  const names = ['dropped one.bin', 'dropped-ü-two.bin', 'dropped three.bin'];
  const chosen = makeFiles(upload, names, 300_000);
  const file = (name) => page.getByRole('row', { name: new RegExp(`^${name}`) });

  await t.test('chosen and dropped files become Safe, and the list shows them by itself', async () => {
    await page.locator('#file-input').setInputFiles(chosen.slice(0, 2));
    await drop(page, [{ name: names[2], bytes: readFileSync(chosen[2]) }]);
    await tab(page, /Done/);
    const transfers = page.getByRole('treegrid', { name: 'Transfers' });
    for (const name of names) {
      await transfers
        .getByRole('row', { name: new RegExp(name) })
        .getByText('Safe', { exact: true })
        .waitFor();
    }
    await shot('3-safe');
    await page.keyboard.press('Control+j');
    await page.keyboard.press('/');
    await page.keyboard.type('dropped');
    await page.getByRole('row', { name: /^dropped one\.bin.*Safe/i }).waitFor();
    await page.getByRole('row', { name: /^dropped three\.bin.*Safe/i }).waitFor();
    await shot('4-in-the-bucket');
  });

  await t.test('download gives the same bytes', async () => {
    const target = join(own.home, 'download');
    mkdirSync(target);
    await file('dropped one\\.bin').click();
    await inspector(page).getByRole('button', { name: 'Download' }).click();
    await page.getByLabel('To folder').fill(target);
    await page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
    await tab(page, /Done/);
    await page.getByRole('row', { name: /Download dropped one\.bin/ }).waitFor();
    assert.deepEqual(readdirSync(target), ['dropped one.bin']);
    assert.ok(readFileSync(join(target, 'dropped one.bin')).equals(readFileSync(chosen[0])), 'the bytes are equal');
    await shot('5-downloaded');
    await page.keyboard.press('Control+j');
  });

  await t.test('a watched folder is all verified, and takes a new file by itself', async () => {
    const watched = join(own.home, 'card');
    const many = Array.from({ length: 20 }, (_, i) => `DJI_${String(i).padStart(4, '0')}.JPG`);
    makeFiles(watched, many, 200_000);
    await page.getByRole('button', { name: 'Add sync folder…' }).click();
    await page.getByLabel('Local folder').fill(watched);
    await page.getByLabel('Folder in the bucket').fill('card-ingest');
    await page.getByRole('button', { name: 'Watch this folder' }).click();
    await page.getByText('20 of 20 verified').waitFor();
    await shot('6-verified');
    makeFiles(watched, ['late.JPG'], 100_000);
    await page.getByText('21 of 21 verified').waitFor();
    await page.getByRole('tab', { name: 'All 21' }).click();
    const files = page.getByRole('grid', { name: 'Files of this folder' });
    // The end of a list is known once all of it is: the rows and the line of heads.
    await files.and(page.locator('[aria-rowcount="22"]')).waitFor();
    await files.locator('[role=row][tabindex="0"]').focus();
    await page.keyboard.press('End');
    await page.getByRole('row', { name: /late\.JPG/ }).waitFor();
    await shot('7-verified-all');
  });

  await t.test('dark colours, and no error in the page', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await shot('8-dark');
    assert.deepEqual(errors, []);
  });
  await page.context().close();
});

test('hostile names are shown as what they are, and a download that cannot be says why', async (t) => {
  const server = await startPractice(join(own.home, 'other'), ['--no-sample']);
  t.after(() => server.stop());
  const markup = '<img src=x onerror="window.broken=1">.txt';
  const keys = [
    '../x',
    'a//b',
    '/lead',
    'k'.repeat(1024),
    'line\nbreak.txt',
    'photo 📷.jpg',
    'photo\u202Egpj.exe',
    markup,
  ];
  await s3(server.found, 'PUT', 'odd');
  for (const key of keys) await s3(server.found, 'PUT', 'odd', key, Buffer.from(key));

  const { page, errors } = await openPage(browser, core.address, { colorScheme: 'light' });
  page.setDefaultTimeout(LONG);
  // The way a person connects: the form, its test, then the bucket.
  await page.getByRole('button', { name: 'Add connection…' }).click();
  await page.getByRole('button', { name: /S3-compatible endpoint/ }).click();
  await page.getByLabel('Endpoint', { exact: true }).fill(server.found);
  await page.getByLabel('Access key ID').fill(KEYS.access);
  await page.getByLabel('Secret access key').fill('not the secret');
  await page.getByLabel('Start in').fill('odd');
  await page.getByRole('radio', { name: /this session/ }).click();
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByRole('button', { name: 'Test again' }).waitFor();
  await page.screenshot({ path: join(shots, 'odd-1-refused.png') });
  await page.getByLabel('Secret access key').fill(KEYS.secret);
  await page.getByRole('button', { name: 'Test the connection' }).click();
  await page.getByText('5 of 5 steps passed').waitFor();
  await page.screenshot({ path: join(shots, 'odd-2-connected.png') });
  await page.getByRole('button', { name: 'Open odd' }).click();

  const row = (name) => page.getByRole('grid').getByRole('row', { name });
  await row(/^photo 📷\.jpg, .*Stored/).waitFor();
  await row(/^line⟨U\+000A⟩break\.txt/).waitFor();
  await row(/^photo⟨U\+202E⟩gpj\.exe/).waitFor();
  await row(/^<img src=x onerror="window\.broken=1">\.txt/).waitFor();
  assert.equal(await page.evaluate(() => window.broken), undefined, 'a name is text');
  assert.equal(await page.locator('img[src=x]').count(), 0);
  for (const name of [/^\.\., Folder/, /^\(empty name\), Folder/, /^k{200}/]) {
    await row(name).getByText('No file name').waitFor();
  }
  await row(/^k{200}/).click();
  await inspector(page)
    .getByText(/longer than 255 bytes/)
    .waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
  assert.ok(wide, 'a long name does not push the window wider');
  await page.screenshot({ path: join(shots, 'odd-3-names.png') });
  await row(/^a, Folder/).dblclick();
  await isIn(page, 'a');
  await row(/^\(empty name\), Folder/).dblclick();
  await row(/^b, .*cannot be a file name/).waitFor();
  await goTo(page, 's3://odd/../');
  await row(/^x, .*cannot be a file name/).click();
  await inspector(page).getByRole('button', { name: 'Download' }).click();
  const target = join(own.home, 'odd/deep');
  mkdirSync(target, { recursive: true });
  await page.getByLabel('To folder').fill(target);
  await page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
  await tab(page, /Failed/);
  await page
    .getByRole('row', { name: /x.*point somewhere else on a disk.*stays in the bucket/ })
    .first()
    .waitFor();
  await page.screenshot({ path: join(shots, 'odd-4-refused-download.png') });
  assert.deepEqual(readdirSync(target), [], 'nothing was written');
  assert.ok(!existsSync(join(own.home, 'odd/x')), 'nothing was written outside');

  // What a person may type.
  await page.keyboard.press('Control+j');
  await goTo(page, 's3://odd/');
  await row(/^photo 📷/).waitFor();
  for (const [name, problem] of [
    ['..', /may not be empty/],
    ['a/b', /nor hold a slash/],
    ['n'.repeat(300), /cannot be a folder's name/],
  ]) {
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText(problem).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  await page.getByRole('button', { name: 'New folder' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('<b>bold 📷');
  await page.keyboard.press('Enter');
  await row(/^<b>bold 📷, Folder/).dblclick();
  await page.getByText(/Nothing in .* yet/).waitFor();
  await page.screenshot({ path: join(shots, 'odd-5-empty.png') });
  // The browser itself notes the one call that the core refused.
  assert.deepEqual(
    errors.filter((error) => !/status of 400/.test(error)),
    [],
  );
  await page.context().close();
});

test('what the core refuses, the page says in words', async (t) => {
  const server = await startPractice(join(own.home, 'third'), ['--no-sample']);
  await s3(server.found, 'PUT', 'short-lived');
  await s3(server.found, 'PUT', 'short-lived', 'file.txt', Buffer.from('x'));
  const row = await core.call('save_connection', {
    draft: draft(server.found, { name: 'Short-lived', start_in: 'short-lived' }),
  });
  t.after(() => core.call('remove_connection', { id: row.id }));
  const { page } = await openPage(browser, core.address, { colorScheme: 'dark' });
  page.setDefaultTimeout(LONG);
  await page.getByRole('button', { name: /Connection: / }).click();
  await page.getByRole('menuitem', { name: /Short-lived/ }).click();
  await page.getByRole('row', { name: /^file\.txt/ }).waitFor();
  await goTo(page, 's3://no-such-bucket/');
  await page.getByRole('heading', { name: /not|no such|gone/i }).waitFor();
  await page.screenshot({ path: join(shots, 'fault-1-no-bucket.png') });
  await server.stop('SIGKILL');
  await goTo(page, 's3://short-lived/');
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page
    .getByText(/No connection/)
    .first()
    .waitFor();
  await page.screenshot({ path: join(shots, 'fault-2-offline.png') });
  await page.context().close();
});
