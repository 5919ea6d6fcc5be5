// Prices in a browser on the real core: a list of the person's own for a real server gives the selection, a download, the plan
// of a move and an index their price; without it nothing has one. Each picture is looked over by axe in both themes.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { draft, makeHome, s3, startCore, startPractice } from './core.mjs';
import { toGuide } from './guide.mjs';
import { picture } from './picture.mjs';

const BUCKET = 'bridge-files';
const IN_GUIDE = ['download', 'selection'];

let browser;
let core;
let own;
let server;

before(async () => {
  own = makeHome();
  server = await startPractice(join(own.home, 'bucket'), ['--no-sample']);
  const endpoint = server.found;
  await s3(endpoint, 'PUT', BUCKET);
  for (let i = 0; i < 4; i += 1) {
    await s3(endpoint, 'PUT', BUCKET, `A14/raw/IMG_${i}.txt`, Buffer.alloc(1000, i));
    await s3(endpoint, 'PUT', BUCKET, `A14/IMG_${i}.txt`, Buffer.alloc(1000, i));
  }
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

/** Prices for this server, where a GB is 1,000 bytes. */
const list = () => ({
  currency: 'USD',
  date: '2026-11-01',
  source: 'https://prices.example',
  bytes_per_gb: 1000,
  places: [
    {
      endpoint: new URL(server.found).host,
      list_1000: '5.4',
      egress: [{ to_gb: 4, gb: '0.09' }, { gb: '0.05' }],
      classes: {
        STANDARD: { put_1000: '5', get_1000: '0.4', retrieve_gb: '0', month_gb: '0.02', min_days: 30 },
      },
    },
  ],
});

/** A picture for the guide; the test's own folder is called what a person's would be. */
async function keep(page, name) {
  await page.evaluate(
    (folder) => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(folder, '~/.config/windlass');
    },
    join(own.home, 'data'),
  );
  await toGuide(page, name);
}

const look = (page, name) =>
  picture(page, `prices-${name}`, { guide: IN_GUIDE.includes(name) ? `prices-${name}` : null, keep });
const row = (page, name) => page.getByRole('grid').getByRole('row', { name });
const bar = (page) => page.getByRole('toolbar', { name: 'Selection' });

test('what it costs is said before it is done', { timeout: 180_000 }, async (t) => {
  const { page, errors } = await openPage(browser, core.address, { colorScheme: 'light' });
  page.setDefaultTimeout(30_000);
  const { file } = await core.call('price_settings');

  await t.test('a server without prices has none, and says nothing in the bar', async () => {
    assert.ok(!existsSync(file), file);
    await row(page, /^IMG_0/).click();
    await page.keyboard.press('Space');
    await bar(page).getByText('1 selected').waitFor();
    const told = await core.call('price_listing', {
      connection: (await core.call('connections'))[0].id,
      bucket: BUCKET,
      requests: 1000,
    });
    assert.equal(told.kind, 'unlisted');
    assert.equal(
      await bar(page)
        .getByText(/\$|price/)
        .count(),
      0,
    );
    await page.keyboard.press('Escape');
  });

  await t.test('a list of one’s own is used as soon as it is there', async () => {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, JSON.stringify(list()));
    await row(page, /^IMG_0/).click();
    await page.keyboard.press('Space');
    // 2 × 0.4 / 1,000 + 0.09, rounded up.
    await bar(page).getByText('about $0.10 to download').waitFor();
    await row(page, /^raw/).click({ modifiers: ['Control'] });
    await bar(page).getByText('about $0.10 without 1 folder').waitFor();
    await page.keyboard.press('Control+a');
    await bar(page).getByText('5 selected').waitFor();
    // 8 × 0.4 / 1,000 + 4 × 0.09
    await bar(page).getByText('about $0.37 without 1 folder').waitFor();
    await look(page, 'selection');
  });

  await t.test('a large download is asked about, with what its folders hold', async () => {
    await core.call('set_price_ask', { bytes: 5000 });
    await bar(page).getByRole('button', { name: 'Download' }).click();
    const dialog = page.getByRole('dialog', { name: 'Download 8 objects, 8 KB?' });
    // One LIST 0.0054, 16 × 0.0004, 4 × 0.09 + 4 × 0.05
    await dialog.getByText('about $0.58').waitFor();
    await dialog.getByText(/8 KB out of .*\$0\.56, list prices of 2026-11-01/).waitFor();
    await dialog.getByText(`These are your own prices, from ${file}.`).waitFor();
    await look(page, 'download');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await core.call('transfers', { offset: 0, limit: 10, filter: 'done' })).counts.done, 0);

    await bar(page).getByRole('button', { name: 'Download' }).click();
    await dialog.getByLabel('Ask before downloads of at least').selectOption('Never ask');
    await dialog.getByRole('button', { name: 'Download 8' }).click();
    const to = join(own.home, 'to');
    mkdirSync(to);
    await page.getByLabel('To folder').fill(to);
    await page.getByLabel('To folder').press('Enter');
    await page.getByText(/Downloading 5 items/).waitFor();
    assert.equal((await core.call('price_settings')).ask_from, null);
    for (;;) {
      const { counts } = await core.call('transfers', { offset: 0, limit: 10, filter: 'done' });
      if (counts.done === 8) break;
      assert.equal(counts.failed, 0);
    }
    assert.equal(readFileSync(join(to, 'raw/IMG_3.txt')).length, 1000);
  });

  await t.test('the plan of a move says its price, and what may be paid for beyond it', async () => {
    await page.keyboard.press('Escape');
    await row(page, /^raw/).click();
    await page.keyboard.press('F2');
    const form = page.getByRole('dialog', { name: 'Rename raw' });
    await form.getByLabel('New name').fill('old');
    await form.getByLabel('New name').press('Enter');
    const plan = page.getByRole('dialog', { name: 'Rename 4 objects?' });
    // 4 × 5 / 1,000 + 14 × 0.4 / 1,000
    await plan.getByText('about $0.03').waitFor();
    await plan.getByText(/4 COPY requests \$0\.02/).waitFor();
    await plan.getByText(/paid for 30 days at least: what is younger among 4 objects/).waitFor();
    await look(page, 'plan');
    await plan.getByRole('button', { name: 'Cancel' }).click();
  });

  await t.test('an index says what its LIST requests cost', async () => {
    await page.keyboard.press('Control+f');
    const strip = page.getByRole('region', { name: 'Index' });
    await strip.getByText('1,000 of them cost about $5.40.').waitFor();
    await strip.getByRole('button', { name: 'Index this bucket' }).click();
    await strip.getByText(/8 objects in 1 LIST request/).waitFor();
    await strip.getByText('under $0.01').waitFor();
    await look(page, 'index');
  });

  await t.test('a list that cannot be read gives nothing a price, and says so', async () => {
    writeFileSync(file, '{ "currency": 3 }');
    await page.keyboard.press('Alt+ArrowLeft');
    await row(page, /^IMG_1/).click();
    await page.keyboard.press('Space');
    const hint = bar(page).getByText('price unknown');
    await hint.waitFor();
    assert.match(await hint.getAttribute('title'), /cannot be used: .*line 1/);
  });
  assert.deepEqual(errors, []);
});
