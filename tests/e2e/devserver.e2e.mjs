// A newcomer's first voyage in a browser, on the real core behind the development server: first run, practice bucket,
// photos, dropped files that become Safe, a watched folder, a download that is byte-equal.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from './browser.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const program = process.env.WINDLASS_DEVSERVER ?? join(root, 'target/debug/windlass-devserver');
const shots = join(root, 'build/screenshots');
const LONG = 60_000;

let browser;
let server;
let home;
let address;

before(async () => {
  assert.ok(existsSync(program), `${program} is not built`);
  assert.ok(existsSync(join(root, 'ui/dist/index.html')), 'run `npm run build` first');
  mkdirSync(shots, { recursive: true });
  home = mkdtempSync(join(tmpdir(), 'windlass-e2e-'));
  // Own home: nothing of this computer's profiles or settings is seen or touched.
  server = spawn(program, ['--data', join(home, 'data'), '--port', '0', '--ui', join(root, 'ui/dist')], {
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_DATA_HOME: join(home, 'share') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  server.stderr.on('data', (chunk) => (log = (log + chunk).slice(-8000)));
  address = await new Promise((found, failed) => {
    createInterface({ input: server.stdout }).on('line', (line) => {
      const match = /listening (http:\S+)/.exec(line);
      if (match) found(match[1]);
    });
    server.once('exit', (code) => failed(new Error(`the server ended with ${code}\n${log}`)));
  });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (server && server.exitCode === null) {
    const gone = new Promise((resolve_) => server.once('exit', resolve_));
    server.kill('SIGTERM');
    await gone;
  }
  if (home) rmSync(home, { recursive: true, force: true });
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

test('first voyage', { timeout: 300_000 }, async (t) => {
  const { page, errors } = await openPage(browser, address, { colorScheme: 'light' });
  page.setDefaultTimeout(LONG);
  const shot = (name) => page.screenshot({ path: join(shots, `voyage-${name}.png`) });

  await t.test('first run offers the practice bucket, and it shows photos', async () => {
    await page.getByRole('button', { name: 'Try the practice bucket' }).waitFor();
    await shot('1-first-run');
    await page.getByRole('button', { name: 'Try the practice bucket' }).click();
    await page.getByRole('grid').waitFor();
    // Photos may lie in folders: open the first folder until there are some.
    for (let depth = 0; depth < 5; depth += 1) {
      const first = page.getByRole('row').nth(1);
      await first.waitFor();
      if ((await page.getByRole('row', { name: /\.jpe?g/i }).count()) > 0) break;
      await first.dblclick();
      await page.waitForTimeout(300);
    }
    await page
      .getByRole('row', { name: /\.jpe?g/i })
      .first()
      .waitFor();
    await page
      .getByRole('row', { name: /\.jpe?g/i })
      .first()
      .click();
    await page.getByText('Modified').nth(1).waitFor();
    await page.locator('[role=row] .th--img img').first().waitFor();
    await shot('2-photos');
  });

  const upload = join(home, 'upload');
  const dropped = makeFiles(upload, ['dropped one.bin', 'dropped-ü-two.bin', 'dropped three.bin'], 300_000);

  await t.test('dropped files become Safe', async () => {
    await page.locator('#file-input').setInputFiles(dropped);
    await page.getByRole('tab', { name: /Done/ }).click();
    for (const name of ['dropped one.bin', 'dropped-ü-two.bin', 'dropped three.bin']) {
      await page
        .getByRole('row', { name: new RegExp(name) })
        .getByText('Safe', { exact: true })
        .waitFor();
    }
    await shot('3-safe');
    await page.keyboard.press('Control+j');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('dropped');
    await page.getByRole('row', { name: /dropped one\.bin.*Safe/i }).waitFor();
    await shot('4-in-the-bucket');
  });

  await t.test('download gives the same bytes', async () => {
    const target = join(home, 'download');
    mkdirSync(target);
    await page.keyboard.press('Escape');
    await page.getByRole('row', { name: /dropped one\.bin/ }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('dropped one');
    await page.getByRole('row', { name: /dropped-ü-two/ }).waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /dropped one\.bin/ }).click();
    await page.getByRole('complementary', { name: 'Inspector' }).getByRole('button', { name: 'Download' }).click();
    await page.getByLabel('To folder').fill(target);
    await page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
    await page.getByRole('tab', { name: /Done/ }).click();
    await page
      .getByRole('row', { name: /dropped one\.bin/ })
      .getByText('Safe', { exact: true })
      .nth(1)
      .waitFor();
    await shot('5-downloaded');
    assert.deepEqual(readdirSync(target), ['dropped one.bin']);
    assert.ok(readFileSync(join(target, 'dropped one.bin')).equals(readFileSync(dropped[0])), 'the bytes are equal');
    await page.keyboard.press('Control+j');
  });

  await t.test('a watched folder is all verified, and takes a new file by itself', async () => {
    const watched = join(home, 'card');
    makeFiles(
      watched,
      Array.from({ length: 20 }, (_, i) => `DJI_${String(i).padStart(4, '0')}.JPG`),
      200_000,
    );
    await page.getByRole('button', { name: 'Add sync folder…' }).click();
    await page.getByLabel('Local folder').fill(watched);
    await page.getByLabel('Folder in the bucket').fill('card-ingest');
    await page.getByRole('button', { name: 'Watch this folder' }).click();
    await page.getByText('20 of 20 verified').waitFor();
    await shot('6-verified');
    makeFiles(watched, ['late.JPG'], 100_000);
    await page.getByText('21 of 21 verified').waitFor();
    await page.getByRole('tab', { name: 'All 21' }).click();
    await page.getByRole('row', { name: /late\.JPG/ }).waitFor();
    await shot('7-verified-all');
  });

  await t.test('dark colours, and no error in the page', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
    await shot('8-dark');
    assert.deepEqual(errors, []);
  });
});
