// The whole UI in a browser against the mock core: what a person does, and screenshots of every screen in both themes.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test, after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from './browser.mjs';
import { allowed, longest, startTracing, yardstick } from './stall.mjs';
import { serve } from './static-server.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const dist = join(root, 'ui/dist-mock');
const shots = join(root, 'build/screenshots');

let browser;
let server;

before(async () => {
  assert.ok(existsSync(join(dist, 'index.html')), 'run `npm run build:mock` first');
  mkdirSync(shots, { recursive: true });
  server = await serve(dist);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
});

async function inRaw(page) {
  await page.locator('.info').waitFor();
  await page.keyboard.press('Control+l');
  await page.keyboard.type('s3://inspections-prod/bridges/A14-viaduct/2026-11-20/raw/');
  await page.keyboard.press('Enter');
  await page.getByRole('row', { name: /DJI_0401/ }).waitFor();
}

for (const theme of ['light', 'dark']) {
  test(`screens in ${theme}`, async () => {
    const { page, context, errors } = await openPage(browser, `${server.url}/?first`, { colorScheme: theme });
    const shot = (name) => page.screenshot({ path: join(shots, `${name}-${theme}.png`) });

    await page.getByRole('button', { name: 'Try the practice bucket' }).waitFor();
    await shot('F-first-run-start');
    await page.getByRole('radio', { name: /field-upload/ }).click();
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText(/[1-4] of 5 steps passed/).waitFor();
    await shot('F-first-run-testing');
    await page.getByText('5 of 5 steps passed').waitFor();
    await shot('F-first-run');
    await page.getByRole('button', { name: 'S3-compatible endpoint' }).click();
    await page.getByRole('radio', { name: /passphrase/ }).click();
    await shot('F-first-run-endpoint');
    await page.getByRole('button', { name: 'Try the practice bucket' }).click();

    await inRaw(page);
    const row = page.getByRole('row', { name: /DJI_0406/ });
    await row.click();
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByText('4 selected').waitFor();
    await page.getByText('J-2611-044').waitFor();
    await page.locator('.prev img').waitFor();
    await shot('A-browse');
    await page.keyboard.press('Delete');
    await page.getByRole('heading', { name: 'Delete 4 objects?' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Keep', 'focus is on the safe choice');
    await shot('G-delete');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Delete 4 objects?' }).waitFor({ state: 'detached' });

    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+j');
    await page.getByRole('treegrid').waitFor();
    await shot('E-transfers');
    await page.keyboard.press('Control+j');

    await page.getByRole('button', { name: /Limit/ }).click();
    await shot('E-limit');
    await page.keyboard.press('Escape');

    await page.getByTitle('Card ingest: Uploading').click();
    await page.getByText(/of 812 verified/).waitFor();
    await page.getByText('The card reader dropped out').first().waitFor();
    await shot('C-sync-folder');
    await page.getByTitle('Site photos: Up to date').click();
    await page.getByText('640 of 640 verified').waitFor();
    await shot('C-sync-folder-safe');
    await page.getByTitle('Survey video: Offline').click();
    await page.getByText('The folder is not there').waitFor();
    await shot('C-sync-folder-offline');
    await page.getByRole('button', { name: 'Add sync folder…' }).click();
    await shot('C-add-folder');
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'public-reports', exact: true }).click();
    await page.getByRole('heading', { name: 'You may not list this place' }).waitFor();
    await shot('I-no-permission');
    await page.keyboard.press('Control+l');
    await page.keyboard.type('s3://inspections-prod/reports/');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing in reports/ yet').waitFor();
    await shot('I-empty');

    await page.getByRole('button', { name: /Connection: / }).click();
    await page.getByRole('menuitem', { name: /What this server can do/ }).click();
    await page.getByText('Never overwrite').waitFor();
    await shot('F-capabilities');
    await page.keyboard.press('Escape');

    await page.setViewportSize({ width: 1000, height: 640 });
    await inRaw(page);
    await shot('A-browse-1000');
    await page.getByRole('button', { name: 'Inspector' }).click();
    await page.getByRole('complementary', { name: 'Inspector' }).waitFor();
    await shot('A-browse-1000-inspector');
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 760, height: 520 });
    await shot('A-browse-760');
    assert.deepEqual(errors, []);
    await context.close();
  });
}

test('keyboard, sort, filter, selection', async () => {
  const { page, context, errors } = await openPage(browser, `${server.url}/?fast`);
  await inRaw(page);
  await page.getByRole('row', { name: /DJI_0401/ }).click();
  await page.keyboard.press('End');
  await page.getByRole('row', { name: /what\?\.json/ }).waitFor();
  await page.keyboard.press('Home');
  await page.getByRole('row', { name: /overlap-check/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'overlap-check' }).first().waitFor();
  await page.keyboard.press('Alt+ArrowUp');
  await page.getByRole('row', { name: /overlap-check/ }).waitFor();
  await page.keyboard.press('Alt+ArrowLeft');
  await page.keyboard.press('Alt+ArrowRight');
  await page.getByRole('row', { name: /overlap-check/ }).waitFor();

  await page.getByRole('button', { name: 'Size', exact: true }).click();
  await page.getByRole('row', { name: /scan_A14/ }).waitFor();
  assert.equal(await page.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort'), 'descending');

  await page.keyboard.press('/');
  await page.keyboard.type('.MP4');
  await page.getByRole('row', { name: /scan_A14/ }).waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('grid').getAttribute('aria-rowcount'), '39');
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /scan_A14/ }).waitFor();
  await page.keyboard.press('Control+a');
  await page.getByText('385 selected').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('385 selected').waitFor({ state: 'detached' });

  await page.getByRole('row', { name: /scan_A14/ }).click();
  for (const name of ['Inspector', 'Activity', 'Toolbar', 'Places', '']) {
    await page.keyboard.press('F6');
    const label = await page.evaluate(
      () => document.activeElement?.closest('[data-region]')?.getAttribute('aria-label') ?? '',
    );
    assert.equal(label, name, 'F6 goes through the regions in order');
  }
  assert.deepEqual(errors, []);
  await context.close();
});

test('dropped files become safe', async () => {
  const { page, context, errors } = await openPage(browser, `${server.url}/?fast`);
  await inRaw(page);
  await page.locator('#file-input').setInputFiles([
    { name: 'new one.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('abc') },
    { name: 'new two.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('defg') },
  ]);
  await page.getByText('2 files go to raw/.').waitFor();
  await page.getByRole('tab', { name: /Done/ }).click();
  await page
    .getByRole('row', { name: /new two\.jpg/ })
    .getByText('Safe')
    .waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a drop and a paste take files; a drag shows where they go', async () => {
  const { page, context, errors } = await openPage(browser, `${server.url}/?fast`);
  await inRaw(page);
  const send = (kind, name) =>
    page.evaluate(
      ([type, file]) => {
        const data = new DataTransfer();
        data.items.add(new File(['bytes'], file));
        const target = document.querySelector('[role=grid]');
        const event =
          type === 'paste'
            ? new ClipboardEvent(type, { clipboardData: data, bubbles: true, cancelable: true })
            : new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
        target.dispatchEvent(event);
      },
      [kind, name],
    );
  await send('dragenter', 'x.jpg');
  await page.getByText('Drop to upload to raw/').waitFor();
  await page.screenshot({ path: join(shots, 'A-drop.png') });
  await send('drop', 'by drop.jpg');
  await page.getByText('Drop to upload to raw/').waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: /Done/ }).click();
  await page.getByRole('row', { name: /by drop\.jpg/ }).waitFor();
  await send('paste', 'by paste.jpg');
  await page.getByRole('row', { name: /by paste\.jpg/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

for (const rows of [100_000, 1_000_000, 3_000_000]) {
  test(`${rows} rows: smooth and bounded`, async (context_) => {
    const { page, context, errors } = await openPage(browser, `${server.url}/?fast&rows=${rows}`);
    await page.getByRole('button', { name: 'drone-raw-eu', exact: true }).click();
    await page.getByRole('row', { name: /frame_0000000/ }).waitFor();
    await page.waitForFunction(
      (n) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(n + 1),
      rows,
    );
    await page.getByRole('row', { name: /frame_0000000/ }).click();
    await page.keyboard.press('End');
    const last = `frame_${String(rows - 1).padStart(7, '0')}`;
    await page.getByRole('row', { name: new RegExp(last) }).waitFor();
    const box = await page.getByRole('row', { name: new RegExp(last) }).boundingBox();
    assert.ok(box && box.y + box.height <= 900, 'the last row can be seen whole');

    // Random jumps over the whole list: what the page takes for itself at one go.
    const phase = await startTracing(browser, page);
    await phase('jumps');
    const drawn = await page.evaluate(async () => {
      const list = document.querySelector('.vlist');
      for (let i = 0; i < 60; i += 1) {
        list.scrollTop = ((i * 7919) % 1000) * (list.scrollHeight / 1000);
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 10)));
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
      return document.querySelectorAll('.vlist [role=row]').length;
    });
    await phase('end');
    const { jumps } = longest(await browser.stopTracing(), ['jumps']);
    const limit = allowed(await yardstick(page));
    context_.diagnostic(`longest task ${Math.round(jumps.cpu)} ms of ${limit}, ${drawn} rows in the document`);
    assert.ok(jumps.cpu <= limit, `a task of ${jumps.cpu} ms, at most ${limit}`);
    assert.ok(drawn < 80, `only what is seen is drawn, not ${drawn} rows`);
    assert.deepEqual(errors, []);
    await context.close();
  });
}
