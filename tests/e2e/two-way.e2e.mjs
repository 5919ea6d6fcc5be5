// Two computers keep one prefix in step: real cores behind the development server, a real S3 server, the first computer's
// window in a browser. A conflict is resolved in the dialog, a brake is answered both ways, a disk is unplugged.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { draft, makeHome, root, startCore, startPractice } from './core.mjs';

const shots = join(root, 'build/screenshots');
const BUCKET = 'inspections-practice';
const LONG = 60_000;
const QUICK = ['--settle', '0.1', '--every', '0.3'];

let browser;
let server;
let page;
let errors;
const here = {};
const there = {};

async function computer(into, name) {
  into.own = makeHome();
  into.core = await startCore(into.own.home, QUICK);
  into.folder = join(into.own.home, name);
  mkdirSync(into.folder);
  into.connection = await into.core.call('save_connection', { draft: draft(server.found, { name: 'Office server' }) });
}

before(async () => {
  mkdirSync(shots, { recursive: true });
  const home = makeHome();
  server = await startPractice(join(home.home, 'server'));
  server.own = home;
  await computer(here, 'office');
  await computer(there, 'laptop');
  browser = await launch();
  ({ page, errors } = await openPage(browser, here.core.address, { colorScheme: 'light' }));
  page.setDefaultTimeout(LONG);
});

after(async () => {
  await browser?.close();
  for (const one of [here, there]) {
    await one.core?.stop();
    one.own?.remove();
  }
  await server?.stop();
  server?.own.remove();
});

const write = (one, name, text) => writeFileSync(join(one.folder, name), text);
const read = (one, name) => {
  const path = join(one.folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
};
const files = (one) => readdirSync(one.folder).filter((name) => !name.startsWith('.'));
const row = async (one) => (await one.core.call('folders'))[0];

/** Waits for something that a core does by itself; each question to it is the pause. */
async function until(what, holds) {
  const end = Date.now() + LONG;
  for (let last = await holds(); last !== true; last = await holds()) {
    assert.ok(Date.now() < end, `${what}: ${JSON.stringify(last)}`);
    await new Promise((next) => setTimeout(next, 100));
  }
}

/** What lies in the shared folder of the bucket, listed anew and to its end. */
async function listed(one) {
  const where = { connection: one.connection.id, bucket: BUCKET, prefix: 'office/', refresh: true };
  const { id } = await one.core.call('open_listing', where);
  const end = Date.now() + LONG;
  for (;;) {
    const range = { id, offset: 0, limit: 1, sort: 'name', descending: false, filter: '' };
    const { summary } = await one.core.call('listing_window', range);
    if (summary.complete) return summary;
    assert.ok(Date.now() < end && !summary.error, JSON.stringify(summary));
    await new Promise((next) => setTimeout(next, 20));
  }
}

async function inStep(one, total) {
  await until(`${total} files in step`, async () => {
    const { counts, state } = await row(one);
    return (counts.total === total && counts.safe === total) || { counts, state };
  });
}

test('two computers, one prefix', { timeout: 600_000 }, async (t) => {
  await t.test('the first run is planned, looked at, started', async () => {
    write(here, 'plan.txt', 'the plan');
    write(here, 'notes.txt', 'first notes');
    await page.getByRole('button', { name: 'Add sync folder…' }).click();
    await page.getByLabel('Local folder').fill(here.folder);
    await page.getByLabel('Bucket', { exact: true }).selectOption(BUCKET);
    await page.getByLabel('Folder in the bucket').fill('office');
    await page.getByRole('radio', { name: 'Two-way' }).click();
    await page.getByRole('button', { name: 'Add and see the plan' }).click();
    await page.getByRole('row', { name: /^plan\.txt, Upload/ }).waitFor();
    await page.screenshot({ path: join(shots, 'two-way-plan.png') });
    assert.equal((await listed(here)).objects, 0, 'a plan changes nothing');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText('2 of 2 in step').waitFor();

    const added = await there.core.call('add_folder', {
      name: 'Laptop',
      local: there.folder,
      connection: there.connection.id,
      bucket: BUCKET,
      prefix: 'office/',
      mode: 'two_way',
      options: null,
    });
    const plan = await there.core.call('plan_folder', { id: added.id });
    assert.deepEqual(
      plan.counts.map((c) => [c.kind, c.files]),
      [['download', 2]],
    );
    assert.deepEqual(files(there), [], 'not before it is started');
    await there.core.call('start_folder', { id: added.id, leave_out: [] });
    await until(
      'the files came',
      () => read(there, 'plan.txt') === 'the plan' && read(there, 'notes.txt') === 'first notes',
    );
    write(there, 'from the laptop.txt', 'hello');
    await until('and one went back', () => read(here, 'from the laptop.txt') === 'hello');
    await inStep(here, 3);
    await inStep(there, 3);
  });

  await t.test('a delete travels, is listed, and is taken back', async () => {
    rmSync(join(there.folder, 'from the laptop.txt'));
    await until('it is gone here too', () => read(here, 'from the laptop.txt') === null);
    await page.getByRole('tab', { name: 'Activity' }).click();
    await page.getByRole('row', { name: /Moved to the trash here.*from the laptop/ }).waitFor();
    await page.getByRole('button', { name: 'Undo: from the laptop.txt' }).click();
    await until('it is back', () => read(here, 'from the laptop.txt') === 'hello');
    await until('there as well', () => read(there, 'from the laptop.txt') === 'hello');
    await page.getByRole('tab', { name: /Files/ }).click();
  });

  await t.test('a conflict keeps both and is resolved in the dialog', async () => {
    await page.getByRole('button', { name: 'Pause', exact: true }).first().click();
    await page.getByRole('button', { name: 'Resume' }).first().waitFor();
    write(there, 'notes.txt', 'notes of the laptop');
    await inStep(there, 3);
    const edited = async () => {
      const listing = await listed(there);
      return listing.bytes === 'the plan'.length + 'hello'.length + 'notes of the laptop'.length || listing;
    };
    await until('the laptop’s notes are in the bucket', edited);
    write(here, 'notes.txt', 'notes of the office, longer');
    await page.getByRole('button', { name: 'Resume' }).first().click();
    await page.getByText('1 file was changed on both sides. Both are kept; nothing is lost.').waitFor();
    // The conflict is told when the local file has its new name; the bucket's comes down right after it.
    await until('the bucket’s keeps the name', () => read(here, 'notes.txt') === 'notes of the laptop');
    const copy = files(here).find((name) => name.startsWith('notes (conflict'));
    assert.equal(read(here, copy), 'notes of the office, longer');
    await page.getByRole('button', { name: 'Choose…' }).first().click();
    const asks = page.getByRole('dialog');
    await asks.getByText('On this computer').last().waitFor();
    await asks.getByLabel('What to do with notes.txt').selectOption('mine');
    await asks.getByText('Keeps yours for 1. Nothing is lost.').waitFor();
    await page.screenshot({ path: join(shots, 'two-way-conflict.png') });
    await asks.getByRole('button', { name: 'Resolve 1' }).click();
    await page.getByText('1 conflict resolved.').waitFor();
    assert.equal(read(here, 'notes.txt'), 'notes of the office, longer');
    await until('the other side follows', () => read(there, 'notes.txt') === 'notes of the office, longer');
    await until('no copy is left', () => files(there).length === 3 || files(there));
    await inStep(here, 3);
  });

  const many = Array.from({ length: 12 }, (_, i) => `photo ${i}.jpg`);
  const wipe = () => many.forEach((name) => rmSync(join(here.folder, name), { force: true }));

  await t.test('the brake: what was not meant comes back', async () => {
    for (const name of many) write(here, name, `bytes of ${name}`);
    await inStep(here, 15);
    await inStep(there, 15);
    wipe();
    await page.getByText('Stopped before deleting 12 objects').first().waitFor();
    await page.getByRole('button', { name: 'Answer…' }).click();
    await page.screenshot({ path: join(shots, 'two-way-brake.png') });
    assert.equal(files(there).length, 15, 'nothing was deleted');
    await page.getByRole('radio', { name: /It was not meant/ }).click();
    await page.getByRole('button', { name: 'Bring back' }).click();
    await until('all came back', () => many.every((name) => read(here, name) === `bytes of ${name}`));
    await inStep(here, 15);
  });

  await t.test('the brake: what was meant goes, and the other computer asks as well', async () => {
    wipe();
    await page.getByText('Stopped before deleting 12 objects').first().waitFor();
    await page.getByRole('button', { name: 'Answer…' }).click();
    await page.getByRole('radio', { name: /It was meant/ }).click();
    await page.getByLabel('Type 12 to allow').fill('12');
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete 12' }).click();
    await inStep(here, 3);
    // A listing in the middle of the deletes may show a few of them, which are below every limit and go; it asks about the rest.
    await until('the laptop asks', async () => {
      const asked = await row(there);
      return (asked.brake !== null && asked.brake.trash_here === files(there).length - 3) || asked;
    });
    const { id, brake } = await row(there);
    assert.ok(brake.trash_here > 9, `asked about ${brake.trash_here} of 12`);
    await there.core.call('answer_brake', { id, brake: brake.id, answer: 'go' });
    await until('they are in its trash', () => files(there).length === 3 || files(there));
  });

  await t.test('an unplugged disk deletes nothing and goes on by itself', async () => {
    renameSync(here.folder, `${here.folder}.away`);
    await page.getByText('The folder is not there', { exact: true }).waitFor();
    write(there, 'meanwhile.txt', 'written meanwhile');
    await inStep(there, 4);
    renameSync(`${here.folder}.away`, here.folder);
    await until('it goes on', () => read(here, 'meanwhile.txt') === 'written meanwhile');
    await inStep(here, 4);
    assert.equal(read(here, 'plan.txt'), 'the plan');
    assert.equal((await row(here)).brake, null);
  });

  await t.test('a lost marker file is mended when a person lets the folder merge', async () => {
    rmSync(join(here.folder, '.windlass/root.json'));
    await page.getByText('The folder has lost its marker file', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Merge again' }).click();
    await page.getByText(/^Both sides were compared anew/).waitFor();
    await inStep(here, 4);
  });
  assert.deepEqual(errors, []);
});
