// What a bucket keeps, on the real core and the practice server: archived objects are thawed to the disk and the board outlives a
// restart, a lifecycle rule is written and foretold, an unfinished upload is ended, versions are locked, and old ones destroyed.
// Pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { draft, makeHome, s3, startCore, startPractice } from './core.mjs';
import { picture } from './picture.mjs';

const SAMPLE = 'inspections-practice';
const DAY = 'bridges/A14-viaduct/2026-05-12/';
const KEPT = 'bridge-evidence';

let browser;
let core;
let own;
let server;
/** The practice bucket of the core itself, and one whose keys this test knows. */
let practice;
let known;

before(async () => {
  own = makeHome();
  [server, core] = await Promise.all([startPractice(join(own.home, 'bucket')), startCore(own.home)]);
  practice = (await core.call('start_practice')).id;
  known = (await core.call('save_connection', { draft: draft(server.found) })).id;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await core?.stop();
  await server?.stop();
  own?.remove();
});

const dialog = (page, name) => page.getByRole('dialog', { name }).or(page.getByRole('alertdialog', { name }));
const grid = (page) => page.getByRole('grid').first();
const row = (page, name) => grid(page).getByRole('row', { name });
const iso = (at) => new Date(at).toISOString().slice(0, 10);

/** Asks until the answer fits. */
async function until(ask, fits) {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((again) => setTimeout(again, 50));
  }
}

/** A page that shows a place of a connection. It goes there before a slow server has told its buckets, and has to stay there. */
async function at(connection, address) {
  const opened = await openPage(browser, core.address, { colorScheme: 'light' });
  opened.page.setDefaultTimeout(20_000);
  await opened.page.getByRole('button', { name: SAMPLE, exact: true }).first().waitFor();
  let tell;
  const told = new Promise((done) => (tell = done));
  await opened.page.route('**/api/call/buckets', async (route) => {
    await told;
    await route.continue();
  });
  const { name } = (await core.call('connections')).find(({ id }) => id === connection);
  await opened.page.locator('button.conn').click();
  await opened.page.locator('.menu').getByText(name, { exact: true }).click();
  await opened.page.locator('button.conn', { hasText: name }).waitFor();
  await goTo(opened.page, address);
  const answered = opened.page.waitForResponse('**/api/call/buckets');
  tell();
  await answered;
  return opened;
}

async function goTo(page, address) {
  await page.keyboard.press('Control+l');
  const field = page.locator('.path input');
  await field.fill(address);
  await field.press('Enter');
  await field.waitFor({ state: 'detached' });
}

async function command(page, name) {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`> ${name}`);
  await page.getByRole('option', { name: new RegExp(name), selected: true }).waitFor();
  await page.keyboard.press('Enter');
}

async function rows(connection, bucket, prefix) {
  const list = await core.call('open_listing', { connection, bucket, prefix, refresh: true });
  const ask = { id: list.id, offset: 0, limit: 1000, sort: 'name', descending: false, filter: '' };
  return (
    await until(
      () => core.call('listing_window', ask),
      (seen) => seen.summary.complete,
    )
  ).rows;
}

/** Every file below a folder. */
const files = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const md5 = (bytes) => createHash('md5').update(bytes).digest('hex');

test('a rule is written, compared, saved and foretold, and an unfinished upload is ended', async () => {
  const begun = await s3(server.found, 'POST', SAMPLE, 'bridges/scan.e57', undefined, { uploads: '' });
  const uploadId = /<UploadId>(.+?)<\/UploadId>/.exec(begun)[1];
  const part = { partNumber: '1', uploadId };
  await s3(server.found, 'PUT', SAMPLE, 'bridges/scan.e57', Buffer.alloc(3_000_000, 'x'), part);

  const { page, context, errors } = await at(known, `s3://${SAMPLE}/`);
  await page.keyboard.press('Control+Shift+L');
  await page.getByText('No index of this bucket yet').waitFor();
  await picture(page, 'custody-lifecycle-none');
  await page.getByRole('button', { name: 'Edit rules…' }).click();
  const editor = dialog(page, `Lifecycle rules of ${SAMPLE}`);
  const field = (name) => editor.getByRole('textbox', { name, exact: true });
  await editor.getByRole('button', { name: 'New rule' }).click();
  await field('Name').fill('Old photos');
  await field('Keys that begin with').fill('bridges/');
  await editor.getByRole('button', { name: 'Move to another class…' }).click();
  await editor
    .getByRole('combobox', { name: 'Move to another class 1: Storage class' })
    .selectOption({ label: 'Deep Archive' });
  await field('Larger than').fill('1 KB');
  await field('Move to another class 1: Days after the object was written').fill('250');
  await editor.getByRole('tab', { name: 'JSON' }).click();
  const json = editor.getByRole('textbox', { name: 'All rules as JSON' });
  await page.waitForFunction(() => document.querySelector('.rules textarea')?.value.includes('"Old photos"'));
  await json.fill((await json.inputValue()).replace('250', '240'));
  await editor.getByText('This can be saved.').waitFor();
  await picture(page, 'custody-rules-json');
  await editor.getByRole('tab', { name: 'Rule', exact: true }).click();
  assert.equal(await field('Move to another class 1: Days after the object was written').inputValue(), '240');
  await editor.getByRole('button', { name: 'Compare…' }).click();
  await editor
    .getByRole('row', { name: /<Days>240<\/Days>/ })
    .first()
    .waitFor();
  await picture(page, 'custody-rules-compare');
  await editor.getByRole('button', { name: 'Save 1 rule' }).click();
  await editor.waitFor({ state: 'detached' });
  await page.getByText(/^1 rule read \d\d:\d\d$/).waitFor();

  await page.getByRole('button', { name: 'Read the index' }).click();
  const chart = page.getByRole('grid', { name: 'What the rules will do, line by line' });
  await chart.getByRole('gridcell', { name: /^Old photos: Deep Archive/ }).waitFor();
  await page.getByText(/^1 rule read \d\d:\d\d, run over the local index of [\d,]+ objects$/).waitFor();
  await picture(page, 'custody-lifecycle');

  await page.getByRole('button', { name: 'Lifecycle rules', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Unfinished uploads…' }).click();
  const uploads = dialog(page, 'Unfinished uploads');
  await uploads.getByRole('checkbox', { name: /^Choose .*scan\.e57/ }).click();
  await uploads.getByText('1 upload, 1 chosen').waitFor();
  await uploads.getByRole('button', { name: 'Count 1' }).click();
  await uploads.getByText('3.0 MB in 1 part').waitFor();
  await picture(page, 'custody-uploads');
  await uploads.getByRole('button', { name: 'End 1 upload…' }).click();
  await uploads.getByRole('button', { name: 'End 1', exact: true }).click();
  await uploads.getByText('1 upload was ended.').waitFor();
  await uploads.getByText('No upload is unfinished.').waitFor();
  const left = await s3(server.found, 'GET', SAMPLE, '', undefined, { uploads: '' });
  assert.ok(!left.includes(uploadId), left);
  assert.deepEqual(errors, []);
  await context.close();
});

test('a version is locked, a purge leaves it, and compliance wants its day typed', async () => {
  const bucket = { name: KEPT, region: '', versioning: true, object_lock: true };
  await core.call('create_bucket', { connection: known, draft: bucket });
  const put = (key, text) => s3(server.found, 'PUT', KEPT, key, Buffer.from(text));
  await put('cracks.txt', 'first');
  for (const text of ['one', 'two', 'three']) await put('notes.txt', text);
  const { page, context, errors } = await at(known, `s3://${KEPT}/`);
  await page.getByRole('button', { name: 'Object Lock: on' }).waitFor();

  const day = iso(Date.now() + 30 * 86_400_000);
  await row(page, /^cracks/).click();
  await command(page, 'Lock…');
  const form = dialog(page, 'Lock cracks.txt');
  await form.getByRole('radio', { name: 'Governance', exact: true }).click();
  await form.getByRole('button', { name: '30 days' }).click();
  assert.equal(await form.getByLabel('Keep until').inputValue(), day);
  await form.getByRole('button', { name: 'Lock…', exact: true }).click();
  await dialog(page, 'Lock 1 object?').getByRole('button', { name: 'Lock 1' }).click();
  await page.getByText('Lock of 1 object changed.').first().waitFor();
  await row(page, /^cracks.*Locked: Kept until .*\(governance\)/).waitFor();
  await row(page, /^cracks/).click();
  await page.keyboard.press('Shift+F10');
  const remove = page.getByRole('menuitem', { name: /^Delete/ });
  assert.equal(await remove.getAttribute('aria-disabled'), 'true');
  assert.match(await remove.getAttribute('title'), /^Kept until .*\(governance\)\./);
  await page.keyboard.press('Escape');
  // The lock has a part of its own in the inspector, and is told there only.
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await inspector.getByText('ETag', { exact: true }).waitFor();
  await inspector.getByText('Kept until', { exact: true }).waitFor();
  assert.equal(await inspector.getByText('Locked until', { exact: true }).count(), 0);
  await picture(page, 'custody-lock');

  // What is put on top has no lock; the version below keeps its own.
  await put('cracks.txt', 'second');
  await page.keyboard.press('F5');
  await page.waitForFunction(() => document.querySelectorAll('.lksign').length === 0);
  await command(page, 'Purge old versions…');
  const purge = dialog(page, 'Purge old versions');
  await purge.getByRole('radio', { name: /^The whole bucket/ }).click();
  await purge.getByLabel('Covered for at least (days)').fill('0');
  await purge.getByRole('button', { name: 'Look what that is…' }).click();
  const ask = dialog(page, 'Destroy 2 versions for good?');
  await ask.getByRole('row', { name: /^Left: cracks.txt, .*It is locked/ }).waitFor();
  const go = ask.getByRole('button', { name: 'Destroy 2' });
  assert.ok(await go.isDisabled());
  await ask.getByLabel('Type 2 to destroy').fill('2');
  await picture(page, 'custody-purge');
  await go.click();
  await page
    .getByText(/^2 versions destroyed/)
    .first()
    .waitFor();
  const versions = async (key) =>
    (await core.call('object_versions', { connection: known, bucket: KEPT, key, after: null })).rows.map(
      ({ size, latest }) => `${size}${latest ? ' now' : ''}`,
    );
  assert.deepEqual([await versions('cracks.txt'), await versions('notes.txt')], [['6 now', '5'], ['5 now']]);

  await row(page, /^notes/).click();
  await command(page, 'Lock…');
  const firm = dialog(page, 'Lock notes.txt');
  await firm.getByRole('radio', { name: 'Compliance', exact: true }).click();
  await firm.getByLabel('Keep until').fill(day);
  await firm.getByRole('button', { name: 'Lock…', exact: true }).click();
  const sure = dialog(page, 'Lock 1 object?');
  const lock = sure.getByRole('button', { name: 'Lock 1' });
  assert.ok(await lock.isDisabled());
  await sure.getByLabel(`Type ${day} to lock`).fill(day);
  await picture(page, 'custody-compliance');
  await lock.click();
  await row(page, /^notes.*Locked: Kept until .*\(compliance\)/).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

// The last one: a core that starts again has forgotten the keys of the other server.
test('archived photos are thawed and downloaded by themselves, and the board outlives a restart', async () => {
  const photos = (await rows(practice, SAMPLE, `${DAY}raw/`)).slice(0, 3);
  const none = { restore: null, lock: null, purge: null, purge_version: null };
  const request = {
    kind: 'edit',
    connection: practice,
    bucket: SAMPLE,
    to_bucket: SAMPLE,
    roots: photos.map(({ key }) => ({ from: key, to: key })),
    if_taken: 'replace',
    edit: [{ field: 'storage_class', name: '', value: 'GLACIER' }],
    ...none,
  };
  const { id } = await core.call('plan_job', { request });
  const job = (states) =>
    until(
      () => core.call('job', { id }),
      ({ state }) => states.includes(state),
    );
  await job(['ready']);
  await core.call('start_job', { id, typed: null, date: null });
  assert.deepEqual(((end) => [end.state, end.done, end.left])(await job(['done', 'failed'])), ['done', 3, 0]);

  await rows(practice, SAMPLE, `${DAY}raw/`);
  const { page, context, errors } = await at(practice, `s3://${SAMPLE}/${DAY}raw/`);
  const first = row(page, new RegExp(`${photos[0].name}.*Archived`));
  await first.waitFor();
  await goTo(page, `s3://${SAMPLE}/${DAY}`);
  await row(page, /^raw/).click();
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Thaw…' }).click();
  const ask = dialog(page, /^Thaw 3 objects, /);
  await ask.getByRole('radio', { name: /^Standard/ }).click();
  await ask.getByRole('radio', { name: 'Download them' }).click();
  const folder = join(own.home, 'thawed');
  mkdirSync(folder);
  await ask.getByRole('textbox', { name: 'Folder' }).fill(folder);
  await picture(page, 'custody-thaw-dialog');
  await ask.getByRole('button', { name: 'Thaw 3' }).click();

  const batch = (name) => page.getByRole('grid', { name: 'Batches' }).getByRole('row', { name });
  await batch(/Flexible, Standard.*Thawing.*then downloads by itself/).waitFor();
  await picture(page, 'custody-thaw-board');
  await page.keyboard.press('Alt+ArrowLeft');
  await goTo(page, `s3://${SAMPLE}/${DAY}raw/`);
  await row(page, new RegExp(`${photos[0].name}.*Thawing`)).waitFor();
  const thawed = row(page, new RegExp(`${photos[0].name}.*Thawed`));
  await thawed.waitFor({ timeout: 60_000 });
  await thawed.click();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await inspector.getByText(/^Thawed\. It can be downloaded until /).waitFor();
  await picture(page, 'custody-thawed');
  await page.keyboard.press('Control+Shift+A');
  // All was fetched, so it is over.
  await page.getByRole('button', { name: 'Past 1' }).click();
  await batch(/Flexible, Standard.*Over, 3 of 3 downloaded, copy stays until/).waitFor();
  await picture(page, 'custody-thaw-ready');
  const sums = files(folder)
    .map((path) => md5(readFileSync(path)))
    .sort();
  assert.deepEqual(sums, photos.map(({ etag }) => etag.replaceAll('"', '')).sort());
  assert.deepEqual(errors, []);
  await context.close();

  await core.stop();
  core = await startCore(own.home);
  const again = await openPage(browser, core.address, { colorScheme: 'light' });
  again.page.setDefaultTimeout(20_000);
  await again.page.getByRole('button', { name: /^Thaw board/ }).click();
  await again.page.getByRole('button', { name: 'Past 1' }).click();
  await again.page.getByRole('row', { name: /Flexible, Standard.*Over, 3 of 3 downloaded/ }).waitFor();
  assert.deepEqual(again.errors, []);
  await again.context.close();
});
