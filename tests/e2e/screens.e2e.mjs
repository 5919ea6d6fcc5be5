// Every screen with real data, light and dark, looked over by axe: what a machine can tell of contrast, names and roles.
// Pictures go to build/screenshots/; with WINDLASS_SHOTS=docs those of the guide are written to docs/guide/img too.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { toGuide } from './guide.mjs';
import { KEYS, draft, makeHome, s3, startCore, startPractice } from './core.mjs';
import { picture } from './picture.mjs';

const IN_GUIDE = {
  'first-run': 'first-run',
  browse: 'browse',
  search: 'search',
  'folder-sizes': 'folder-sizes',
  palette: 'palette',
  transfers: 'transfers',
  'folder-safe': 'safe',
  'sync-modes': 'sync-modes',
  'sync-plan': 'sync-plan',
  'sync-in-step': 'sync-in-step',
  'sync-conflict': 'sync-conflict',
  'sync-brake': 'sync-brake',
  'sync-activity': 'sync-activity',
  'sync-unplugged': 'sync-unplugged',
};
const RAW = 'bridges/A14-viaduct/2026-05-12/raw/';

let browser;
let core;
let own;
let server;
let page;
let errors;

before(async () => {
  own = makeHome();
  writeFileSync(
    join(own.home, '.aws/credentials'),
    '[field-upload]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n\n' +
      '[archive]\naws_access_key_id = AKIAEXAMPLE2\naws_secret_access_key = example\n',
  );
  server = await startPractice(join(own.home, 'server'));
  core = await startCore(own.home, ['--settle', '0.2', '--every', '1']);
  browser = await launch();
  ({ page, errors } = await openPage(browser, core.address, { colorScheme: 'light' }));
  page.setDefaultTimeout(30_000);
});

after(async () => {
  await browser?.close();
  await core?.stop();
  await server?.stop();
  own?.remove();
});

/** A picture for the guide; the test's own folder is called what a person's would be. */
async function keep(name) {
  await page.evaluate((folder) => {
    for (const field of document.querySelectorAll('input')) field.value = field.value.replaceAll(folder, '~');
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(folder, '~');
  }, own.home);
  await toGuide(page, name);
}

const screen = (name) => picture(page, `screen-${name}`, { guide: IN_GUIDE[name] ?? null, keep: (_, as) => keep(as) });

const row = (name) => page.getByRole('grid').getByRole('row', { name });
const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));

async function goTo(address) {
  await page.keyboard.press('Control+l');
  await page.keyboard.type(address);
  await page.keyboard.press('Enter');
}

async function escape() {
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
}

/** Real photos, out of the practice bucket. */
async function photos(folder, count) {
  mkdirSync(folder, { recursive: true });
  const practice = (await core.call('connections')).find((c) => c.source === 'practice');
  const place = { connection: practice.id, bucket: 'inspections-practice', prefix: RAW };
  const listing = await core.call('open_listing', { ...place, refresh: false, deleted: false });
  const order = { offset: 0, limit: count, sort: 'name', descending: false, filter: 'DJI' };
  const { rows } = await core.call('listing_window', { id: listing.id, ...order });
  await core.call('download', { ...place, keys: rows.map((r) => r.key), to: folder });
  const ended = async () => (await core.call('transfers', { offset: 0, limit: 0, filter: 'done' })).counts;
  const end = Date.now() + 30_000;
  for (let now = await ended(); now.done < count; now = await ended()) {
    assert.ok(now.failed === 0 && Date.now() < end, `the photos came: ${JSON.stringify(now)}`);
  }
  await core.call('clear_done');
  return rows.map((r) => r.name);
}

test('every screen with real data', { timeout: 240_000 }, async (t) => {
  await t.test('first run and connection test', async () => {
    await page.getByRole('radio', { name: /field-upload/ }).waitFor();
    await screen('first-run');
    await page.getByRole('button', { name: /S3-compatible endpoint/ }).click();
    await page.getByLabel('Endpoint', { exact: true }).fill(server.found);
    await page.getByLabel('Access key ID').fill(KEYS.access);
    await page.getByLabel('Secret access key').fill(KEYS.secret);
    await page.getByLabel('Start in').fill('no-such-bucket');
    await page.getByRole('radio', { name: /this session/ }).click();
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByRole('button', { name: 'Test again' }).waitFor();
    await page.getByRole('region', { name: 'Connection test' }).scrollIntoViewIfNeeded();
    await screen('connection-refused');
    await page.getByLabel('Start in').fill('inspections-practice');
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText('5 of 5 steps passed').waitFor();
    await page.getByRole('button', { name: 'Open inspections-practice' }).scrollIntoViewIfNeeded();
    await screen('connection-test');
    await page.getByRole('button', { name: 'Try the practice bucket' }).click();
  });

  await t.test('browse, inspector, selection, dialogs', async () => {
    await row(/^DJI_0115/).click();
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByText('3 selected').waitFor();
    await page.getByRole('complementary', { name: 'Inspector' }).getByText('CRC64NVME').waitFor();
    await page.waitForFunction(
      () => [...document.querySelectorAll('.th--img img, .prev img')].filter((i) => i.naturalWidth > 0).length > 20,
    );
    await screen('browse');
    await page.keyboard.press('Delete');
    await page.getByRole('heading', { name: 'Delete 3 objects?' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Keep');
    await screen('delete');
    await escape();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('overlap-check');
    await screen('new-folder');
    await page.keyboard.press('Enter');
    await row(/^overlap-check/).dblclick();
    await page.getByText('Nothing in overlap-check/ yet').waitFor();
    await screen('empty');
    await goTo(`s3://inspections-practice/${RAW}`);
    await row(/^DJI_0112/).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('P09');
    await page.getByText(/No name has “P09”/).waitFor();
    await screen('no-match');
    await page.keyboard.press('Escape');
    await goTo('s3://no-such-bucket/');
    await page.getByText('The bucket is not there').waitFor();
    await screen('not-there');
    await goTo(`s3://inspections-practice/${RAW}`);
    await row(/^DJI_0112/).waitFor();
  });

  await t.test('search, index, palette, tabs', async () => {
    const field = page.getByRole('textbox', { name: 'Search', exact: true });
    await page.keyboard.press('Control+f');
    await field.fill('dji size:>1kb');
    await row(/^DJI_0112/).waitFor();
    await page.getByText('Only folders that were opened are searched.').waitFor();
    await page.getByRole('button', { name: 'Index this bucket' }).click();
    await page.getByText(/^Indexed just now: .* in 1 LIST request\.$/).waitFor();
    await page.getByRole('button', { name: 'All of inspections-practice' }).click();
    await field.fill('2026-05 jpg');
    await row(/^inspections-practice\/bridges\/A14-viaduct/).waitFor();
    await row(/^DJI_0112/).waitFor();
    await screen('search');
    await goTo('s3://inspections-practice/bridges/');
    await row(/^A14-viaduct/)
      .getByText(/objects/)
      .waitFor();
    await screen('folder-sizes');
    await page.keyboard.press('Control+t');
    await goTo(`s3://inspections-practice/${RAW}`);
    await row(/^DJI_0112/).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('dji 0112');
    await page
      .getByRole('option', { name: /DJI_0112/ })
      .first()
      .waitFor();
    await page.getByRole('option', { name: /Search for “dji 0112”/ }).waitFor();
    await screen('palette');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+w');
    await goTo(`s3://inspections-practice/${RAW}`);
    await row(/^DJI_0112/).waitFor();
  });

  let names = [];
  await t.test('transfers', async () => {
    names = await photos(join(own.home, 'site'), 24);
    writeFileSync(join(own.home, 'site/walkaround.mp4'), Buffer.alloc(48_000_000, 7));
    const practice = (await core.call('connections')).find((c) => c.source === 'practice');
    await core.call('set_bandwidth', { bytes_per_second: 1_000_000 });
    const where = { connection: practice.id, bucket: 'inspections-practice', prefix: 'sites/' };
    await core.call('upload_paths', { ...where, paths: [join(own.home, 'site')] });
    await page.keyboard.press('Control+j');
    await page
      .getByRole('row', { name: /walkaround\.mp4.*Mbit\/s/ })
      .first()
      .waitFor();
    await screen('transfers');
    await core.call('download', { ...where, keys: ['no-such-key.jpg'], to: join(own.home, 'back') });
    await page.getByRole('tab', { name: /Failed 1/ }).click();
    await page
      .getByRole('row', { name: /no-such-key/ })
      .first()
      .waitFor();
    await screen('transfers-failed');
    await page.getByRole('button', { name: /Limit/ }).click();
    await screen('limit');
    await page.keyboard.press('Escape');
    await core.call('cancel_all');
    await core.call('set_bandwidth', { bytes_per_second: null });
    await page.getByRole('tab', { name: /Active 0/ }).click();
    await page.getByText('Nothing moves right now').waitFor();
    await screen('transfers-none');
    await page.keyboard.press('Control+j');
  });

  await t.test('sync folder: failures by cause, all safe, offline', async () => {
    const practice = (await core.call('connections')).find((c) => c.source === 'practice');
    const card = join(own.home, 'card');
    rmSync(join(own.home, 'site/walkaround.mp4'));
    renameSync(join(own.home, 'site'), card);
    // Two names are taken by other bytes in the bucket, and one name is no text.
    const other = join(own.home, 'other');
    mkdirSync(other);
    for (const name of names.slice(0, 2)) writeFileSync(join(other, name), `other bytes of ${name}`);
    const where = { connection: practice.id, bucket: 'inspections-practice', prefix: 'card/' };
    await core.call('upload_paths', { ...where, paths: names.slice(0, 2).map((name) => join(other, name)) });
    await page
      .getByRole('contentinfo')
      .getByText(/2 transfers done|done and checked/)
      .waitFor();
    await page.getByRole('button', { name: 'Add sync folder…' }).click();
    await page.getByLabel('Local folder').fill(card);
    await page.getByLabel('Folder in the bucket').fill('card');
    await screen('add-folder');
    writeFileSync(Buffer.concat([Buffer.from(`${card}/caf`), Buffer.from([0xe9]), Buffer.from('.jpg')]), 'no text');
    await page.getByRole('button', { name: 'Watch this folder' }).click();
    await page.getByText('22 of 25 verified').or(page.getByText('22 of 24 verified')).waitFor();
    await page.getByRole('heading', { name: /need you|needs you/ }).waitFor();
    await screen('folder-failures');

    await core.call('add_folder', {
      name: 'Site photos',
      local: other,
      connection: practice.id,
      bucket: 'inspections-practice',
      prefix: 'site-photos/',
      mode: 'ingest',
      options: null,
    });
    await page.getByTitle(/Site photos/).click();
    await page.getByText('2 of 2 verified').waitFor();
    await page.getByRole('tab', { name: 'All 2' }).click();
    await screen('folder-safe');
    renameSync(other, join(own.home, 'gone'));
    await page.getByRole('button', { name: 'Look again now' }).click();
    await page.getByText('The folder is not there', { exact: true }).waitFor();
    await screen('folder-offline');
  });

  await t.test('two-way: modes, plan, in step, conflict, brake, activity, unplugged', async () => {
    const bucket = 'inspections-practice';
    const reports = join(own.home, 'Reports');
    const photos = join(reports, '2026/mill-road');
    const put = (key, bytes) => s3(server.found, 'PUT', bucket, `reports/${key}`, bytes);
    await core.call('save_connection', {
      draft: draft(server.found, { name: 'Office server', start_in: `${bucket}/${RAW}` }),
    });
    mkdirSync(photos, { recursive: true });
    for (const name of names.slice(2, 18)) copyFileSync(join(own.home, 'card', name), join(photos, name));
    writeFileSync(join(reports, 'notes.txt'), 'Joint 7: crack, 2 mm.\n');
    await put('2026/ford-lane/summary.txt', Buffer.from('Two culverts, one blocked.\n'));
    await put('2026/ford-lane/culverts.csv', Buffer.from('id,state\n1,blocked\n2,free\n'));
    await put('2026//no-name-here.txt', Buffer.from('not a file name'));
    await page.getByRole('button', { name: /Connection: / }).click();
    await page.getByRole('menuitem', { name: /Office server/ }).click();
    await row(/^DJI_0112/).waitFor();

    await page.getByRole('button', { name: 'Add sync folder…' }).click();
    await page.getByLabel('Local folder').fill(reports);
    await page.getByLabel('Folder in the bucket').fill('reports');
    await page.getByLabel('Name', { exact: true }).fill('Reports');
    await page.getByRole('radio', { name: 'Two-way' }).click();
    await screen('sync-modes');
    await page.getByRole('button', { name: 'Add and see the plan' }).click();
    await page.getByRole('button', { name: 'Unfold 2026', exact: true }).click();
    await page.getByRole('button', { name: 'Unfold ford-lane' }).click();
    await page.getByRole('row', { name: /^summary\.txt, Download/ }).waitFor();
    await screen('sync-plan');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText('19 of 19 in step').waitFor();
    await page.getByText('1 object in the bucket has a name that no file here can have.').waitFor();
    await page.getByRole('tab', { name: 'All 19' }).click();
    await screen('sync-in-step');

    const folder = (await core.call('folders')).find((f) => f.name === 'Reports');
    const pictures = names.slice(2, 7).map((name) => readFileSync(join(own.home, 'card', name)));
    await core.call('pause_folder', { id: folder.id });
    await page.getByText('Paused. Files wait where they are.').waitFor();
    await screen('sync-paused');
    await put(`2026/mill-road/${names[2]}`, pictures[3]);
    await put('notes.txt', Buffer.from('Joint 7: crack, 3 mm. Joint 9 as well.\n'));
    writeFileSync(join(photos, names[2]), pictures[4]);
    writeFileSync(join(reports, 'notes.txt'), 'Joint 7: crack, 2 mm. Seen again in May.\n');
    await core.call('resume_folder', { id: folder.id });
    await page.getByText('2 files were changed on both sides.').waitFor();
    await page.getByText('21 of 21 in step').waitFor();
    await page.getByRole('tab', { name: /Conflicts/ }).click();
    await page
      .getByRole('row', { name: new RegExp(names[2]) })
      .getByRole('button', { name: 'Choose…' })
      .click();
    await page.getByAltText('The photo in the bucket').waitFor();
    await page.getByAltText('The photo on this computer').waitFor();
    await screen('sync-conflict');
    await page.getByRole('button', { name: 'Resolve 2' }).click();
    await page.getByText('2 conflicts resolved.').waitFor();

    for (const name of names.slice(3, 18)) rmSync(join(photos, name));
    await page.getByText(/^Stopped before deleting 15 objects/).waitFor();
    await page.getByRole('button', { name: 'Answer…' }).click();
    await page.getByRole('alertdialog').waitFor();
    await screen('sync-brake');
    await page.getByRole('radio', { name: /It was not meant/ }).click();
    await page.getByRole('button', { name: 'Bring back' }).click();
    await page.getByText('21 of 21 in step').waitFor();

    rmSync(join(reports, '2026/ford-lane/summary.txt'));
    await page.getByRole('tab', { name: 'Activity' }).click();
    await page.getByRole('row', { name: /Deleted in the bucket.*summary\.txt/ }).waitFor();
    await page.getByText('20 of 20 in step').waitFor();
    assert.equal(await page.getByText('Resolved', { exact: true }).count(), 2);
    await screen('sync-activity');

    renameSync(reports, join(own.home, 'Reports.away'));
    await page.getByRole('tab', { name: /^Files/ }).click();
    await page.getByText('The folder is not there', { exact: true }).waitFor();
    await screen('sync-unplugged');
    renameSync(join(own.home, 'Reports.away'), reports);
    await page.getByText('20 of 20 in step').waitFor();
    await page.getByRole('button', { name: /Connection: / }).click();
    await page.getByRole('menuitem', { name: /Practice bucket/ }).click();
  });

  await t.test('capabilities, no connection, small windows', async () => {
    await page.getByRole('button', { name: /Connection: / }).click();
    await page.getByRole('menuitem', { name: /What this server can do/ }).click();
    await page.getByRole('button', { name: 'Probe now' }).click();
    await page.getByText(/^Probed/).waitFor();
    await screen('capabilities');
    await escape();
    await page.getByRole('button', { name: /Connection: / }).click();
    await page.getByRole('menuitem', { name: /Office server/ }).click();
    await row(/^DJI_0112/).click();
    await server.stop('SIGKILL');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page
      .getByText(/No connection/)
      .first()
      .waitFor();
    await screen('offline');
    await goTo('s3://inspections-practice/culverts/');
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await screen('offline-new-place');
    await page.getByRole('button', { name: /Connection: / }).click();
    await page.getByRole('menuitem', { name: /Practice bucket/ }).click();
    await page.setViewportSize({ width: 1000, height: 640 });
    await row(/^DJI_0112/).click();
    await screen('small');
    await page.setViewportSize({ width: 760, height: 520 });
    await screen('smallest');
  });
  assert.deepEqual(
    errors.filter((error) => !/status of (4|5)\d\d/.test(error)),
    [],
  );
});
