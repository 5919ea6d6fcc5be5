// Films and sound on the real core: they play in quick look by keyboard, nothing is read before, seeking reads only there, closing ends
// the reading, and what cannot be played says so. The line to the server is counted.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { draft, makeHome, root, s3, startCore, startPractice } from './core.mjs';
import { countedLine } from './counted.mjs';
import { picture } from './picture.mjs';

const LONG = 30_000;
const BUCKET = 'films';
const MIB = 1 << 20;
const sample = (name) => readFileSync(join(root, 'tests/e2e/samples', name));

let browser;
let core;
let own;
let practice;
let line;

/** Sound of so many seconds, 44.1 kHz, 16 bit, one channel: a quiet tone. */
function wav(seconds) {
  const samples = 44_100 * seconds;
  const file = Buffer.alloc(44 + samples * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + samples * 2, 4);
  file.write('WAVEfmt ', 8);
  for (const [at, value] of [
    [16, 16],
    [24, 44_100],
    [28, 88_200],
    [40, samples * 2],
  ])
    file.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ])
    file.writeUInt16LE(value, at);
  file.write('data', 36);
  for (let i = 0; i < samples; i += 1) file.writeInt16LE(Math.round(800 * Math.sin(i / 16)), 44 + i * 2);
  return file;
}

const OBJECTS = {
  'a-film.webm': sample('film.webm'),
  'b-tone.flac': sample('tone.flac'),
  'c-tone.mp3': sample('tone.mp3'),
  'd-tone.ogg': sample('tone.ogg'),
  'e-long.wav': wav(600),
  'f-replaced.wav': wav(300),
  'g-page.mp4': Buffer.from('<!doctype html><script>alert(1)</script>'),
  'h-both.mp3': Buffer.concat([
    Buffer.from('ID3\x04\0\0\0\0\0\0'),
    Buffer.from('<script>alert(1)</script>'.repeat(200)),
  ]),
};

before(async () => {
  own = makeHome();
  practice = await startPractice(join(own.home, 'server'));
  line = await countedLine(practice.found);
  await s3(practice.found, 'PUT', BUCKET);
  for (const [key, body] of Object.entries(OBJECTS)) await s3(practice.found, 'PUT', BUCKET, key, body);
  core = await startCore(own.home);
  await core.call('save_connection', { draft: draft(line.url, { start_in: `${BUCKET}/` }) });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await core?.stop();
  line?.close();
  await practice?.stop();
  own?.remove();
});

/** A page that shows the bucket, with quick look open on an object. Violations of the content policy are counted. */
async function look(key) {
  const { page, context, errors } = await openPage(browser, core.address);
  page.setDefaultTimeout(LONG);
  const ports = new Set();
  page.on('request', (request) => ports.add(new URL(request.url()).host));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
  });
  await page.reload();
  await page.getByRole('row', { name: new RegExp(key) }).click();
  await page.keyboard.press('Control+y');
  const dialog = page.getByRole('dialog');
  await page.waitForFunction(() => document.querySelector('.look__b')?.getAttribute('aria-busy') === 'false');
  return { page, context, errors, dialog, ports };
}

/** Closes quick look, so that nothing stays open for the tests that follow, and then the page. */
async function leave({ page, context }) {
  const stopped = page.waitForResponse((response) => response.url().endsWith('/api/call/stop_playing'));
  await page.keyboard.press('Escape');
  await stopped;
  await context.close();
}

const time = (page) => page.evaluate(() => document.querySelector('video, audio')?.currentTime ?? 0);
const plays = (page, from) =>
  page.waitForFunction((at) => (document.querySelector('video, audio')?.currentTime ?? 0) > at + 0.3, from);

/** Waits until nothing more of an object was asked for. */
async function atRest(key) {
  let before = -1;
  for (let same = 0; same < 10;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = line.asked(key).length;
    same = now === before ? same + 1 : 0;
    before = now;
  }
  return line.asked(key);
}

test('a film plays in quick look by keyboard, in both themes', { timeout: 120_000 }, async () => {
  const { page, context, errors, dialog, ports } = await look('a-film');
  await dialog.getByText('No still of this film').waitFor();
  assert.equal(await dialog.locator('video, audio').count(), 0);
  assert.equal(ports.size, 1, 'nothing but the page itself was asked');
  await dialog.getByRole('button', { name: 'Play a-film.webm' }).focus();
  await page.keyboard.press('Enter');
  await dialog.locator('video').waitFor();
  await plays(page, 0);
  assert.ok(await page.evaluate(() => document.querySelector('video').videoWidth === 160), 'with its pictures');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelector('video').paused);
  const at = await time(page);
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction((from) => document.querySelector('video').currentTime > from + 3, at);
  await picture(page, 'play-film');
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  assert.deepEqual(errors, []);
  await leave({ page, context });
});

test('sound of every coding that browsers have plays', { timeout: 120_000 }, async () => {
  for (const key of ['b-tone.flac', 'c-tone.mp3', 'd-tone.ogg', 'e-long.wav']) {
    const { page, context, dialog } = await look(key);
    await dialog.getByRole('button', { name: `Play ${key}` }).click();
    await dialog.locator('audio').waitFor();
    await plays(page, 0);
    if (key === 'b-tone.flac') await picture(page, 'play-sound');
    await leave({ page, context });
  }
});

test(
  'hs33 nothing is read before it is played, seeking reads only there, closing ends it',
  { timeout: 120_000 },
  async () => {
    const key = 'e-long.wav';
    const { page, context, dialog } = await look(key);
    const before = line.asked(key).length;
    await dialog.getByRole('button', { name: `Play ${key}` }).waitFor();
    assert.equal((await atRest(key)).length, before, 'a person who only looks reads nothing of the sound itself');
    await dialog.getByRole('button', { name: `Play ${key}` }).click();
    await plays(page, 0);
    await page.evaluate(() => (document.querySelector('audio').currentTime = 480));
    await plays(page, 480);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'detached' });
    const read = (await atRest(key)).slice(before);
    assert.ok(
      read.every((range) => range !== null && range[1] - range[0] < MIB),
      'by pieces of at most one MiB',
    );
    const bytes = read.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    const size = OBJECTS[key].length;
    assert.ok(bytes < size / 2, `${bytes} of ${size} bytes were read for two moments of it`);
    assert.ok(
      read.some(([first]) => first > 480 * 88_200 - MIB),
      'there',
    );
    // Between what was heard and where it went on lies a gap that nobody read.
    const between = read.filter(([first]) => first > 26 * MIB && first < 36 * MIB);
    assert.deepEqual(between, []);
    await context.close();
  },
);

test('hs16 an address ends with quick look, and its port with the last', { timeout: 60_000 }, async () => {
  const { page, context, dialog } = await look('c-tone');
  await dialog.getByRole('button', { name: 'Play c-tone.mp3' }).click();
  await dialog.locator('audio').waitFor();
  const address = await dialog.locator('audio').getAttribute('src');
  const got = await fetch(address, { headers: { range: 'bytes=0-2' } });
  assert.equal(await got.text(), 'ID3');
  assert.equal((await fetch(`${address}0`)).status, 404);
  const page2 = await context.newPage();
  const shown = await page2.goto(address).catch(() => null);
  assert.ok(shown === null || shown.status() === 404, 'a page is not what it is for');
  await page2.close();
  await page.bringToFront();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  const gone = new Promise((resolve) => {
    const again = () =>
      connect(Number(new URL(address).port), '127.0.0.1')
        .on('connect', function () {
          this.destroy();
          setTimeout(again, 50);
        })
        .on('error', resolve);
    again();
  });
  assert.equal((await gone).code, 'ECONNREFUSED');
  await context.close();
});

test('hb29 an object that was replaced ends in a plain sentence', { timeout: 60_000 }, async () => {
  const key = 'f-replaced.wav';
  const { page, context, dialog } = await look(key);
  await dialog.getByRole('button', { name: `Play ${key}` }).click();
  await plays(page, 0);
  await s3(practice.found, 'PUT', BUCKET, key, wav(1));
  await page.evaluate(() => (document.querySelector('audio').currentTime = 250));
  await dialog.getByRole('alert').getByText('Playing stopped: the object was replaced or deleted').waitFor();
  // And from the beginning, as long as the list shows the old one.
  await dialog.getByRole('button', { name: `Play ${key}` }).click();
  await dialog.getByRole('alert').getByText('Playing stopped: the object was replaced or deleted').waitFor();
  await picture(page, 'play-replaced');
  await context.close();
});

test('hs2 a page called a film is text, and what begins like sound cannot run', { timeout: 60_000 }, async () => {
  const { page, context, dialog } = await look('g-page');
  await dialog.getByText('<script>alert(1)</script>').waitFor();
  assert.equal(await dialog.getByRole('button', { name: /^Play/ }).count(), 0);
  let dialogs = 0;
  page.on('dialog', (shown) => {
    dialogs += 1;
    void shown.dismiss();
  });
  await page.keyboard.press('ArrowRight');
  await dialog.getByText(`${Object.keys(OBJECTS).length} of`).waitFor();
  const open = await core.call('play', {
    ...{ connection: (await core.call('connections')).find((each) => each.name === 'Test server').id },
    ...{ bucket: BUCKET, key: 'h-both.mp3', etag: '' },
  });
  const got = await fetch(open.address);
  assert.equal(got.headers.get('content-type'), 'audio/mpeg');
  assert.equal(got.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(got.headers.get('access-control-allow-origin'), null);
  // Neither a frame, nor a script, nor a fetch of the page itself gets it.
  const tried = await page.evaluate(async (address) => {
    const element = (name, field) =>
      new Promise((done) => {
        const one = document.createElement(name);
        one.onload = () => done('loaded');
        one.onerror = () => done('refused');
        one[field] = address;
        document.body.append(one);
        setTimeout(() => done('refused'), 2000);
      });
    return [
      await element('script', 'src'),
      await fetch(address).then(
        () => 'read',
        () => 'refused',
      ),
    ];
  }, open.address);
  assert.deepEqual(tried, ['refused', 'refused']);
  assert.equal(dialogs, 0, 'nothing ran');
  await core.call('stop_playing', { id: open.id });
  await context.close();
});
