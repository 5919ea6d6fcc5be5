// Two hundred hostile keys on the real core and the practice server: markup, templates, scripts, right-to-left, traversal, control
// characters, names of devices, percent signs, names that are addresses. Each has its row, is spoken, selected, looked at and told of in
// dialogs as what it is; nothing in one runs, and nothing leaves its frame (hazards HS1, HS5, HS7).
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { draft, makeHome, s3, startCore, startPractice } from './core.mjs';
import { examine, shots } from './picture.mjs';
import { openWatched } from './watched.mjs';

const RUN = 'window.ran=1';
const MARKUP = [
  `<img src=x onerror="${RUN}">`,
  `<script>${RUN}</script>`,
  `"><svg onload=${RUN}>`,
  `'><body onload='${RUN}'>`,
  `<iframe src="javascript:${RUN}">`,
  `<math><mtext><img src=x onerror=${RUN}>`,
  `<style>*{display:none}</style>`,
  `<link rel=stylesheet href=http:evil.example>`,
  `<base href=http:evil.example>`,
  `<meta http-equiv=refresh content=0;url=http:evil.example>`,
  `<a href=javascript:${RUN}>x<a>`,
  `<form action=http:evil.example><button>`,
  `<input autofocus onfocus=${RUN}>`,
  `<details open ontoggle=${RUN}>`,
  `&lt;img src=x onerror=${RUN}&gt;`,
  `&#60;script&#62;${RUN}`,
  `<!--`,
  `-->`,
  `]]>`,
  `<![CDATA[x`,
  `<?xml version="1.0"?>`,
  `<!DOCTYPE x [<!ENTITY a "b">]>`,
  `<template><b>`,
  `<noscript>`,
  `<plaintext>`,
];
const TEMPLATES = [
  '{{constructor.constructor("window.ran=1")()}}',
  '${window.ran=1}',
  '{@html "<img src=x onerror=window.ran=1>"}',
  '{#if true}x{:else}y',
  '<%= window.ran=1 %>',
  '#{7*7}',
  '`${7}`',
  '%s%n%d%x',
  '{0} {name}',
  '$1 $& $`',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  'true',
  '-1',
  '1e999',
];
const SCRIPTS = [
  'javascript:window.ran=1',
  'data:text;html,<script>window.ran=1',
  'vbscript:x',
  'file:etc',
  'http:evil.example',
  'windlass:open',
  's3:bucket',
  'arn:aws:s3:::x',
  '=cmd|calc!A0',
  '+1+1',
  '@SUM(1+1)',
  "'; DROP TABLE objects;--",
  '" OR ""="',
  '; rm -rf ~',
  '$(touch x)',
  '`touch x`',
  '| cat',
  '-rf',
  '--help',
  '*',
  '?',
  '[a-z]',
  '~',
  '~root',
  '%APPDATA%',
];
const hex = (point) => String.fromCodePoint(Number.parseInt(point, 16));
/** Characters that cut a line, hide, turn the order round, or pile up. */
const ODD_POINTS =
  '1 7 8 9 a b c d 1b 1f 7f 80 85 9b a0 ad 34f 61c 115f 1680 180e 2000 2003 200b 200c 200d 200e 200f 2028 2029 202a 202b 202c 202d 202e 202f 2060 2066 2067 2068 2069 206a 3000 3164 fe0f feff fff9 fffc fffd e0001 e007f'.split(
    ' ',
  );
const TRAVERSAL = [
  '%2e%2e%2fetc%2fpasswd',
  '..%5c..%5cx',
  '..\\..\\x',
  'C:',
  'C:\\x',
  '\\\\server\\share',
  'a:b',
  '\uff0e\uff0e',
  '\u2025',
  '\u2024\u2024',
  '...',
  ' ..',
  '.. ',
  '. ',
  'CON',
  'con.txt',
  'NUL',
  'AUX.jpg',
  'COM1',
  'LPT9.txt',
  'CONIN$',
  '.windlass',
  '.git',
  'desktop.ini',
  'Thumbs.db',
];
const SHAPES = [
  ' leading',
  'trailing ',
  'trailing.',
  ' ',
  '.',
  'A'.repeat(700),
  'e\u0301',
  '\u00e9',
  'Ⅷ',
  'ﬃ',
  'I\u0307',
  'ı',
  'ß',
  'ΣΑΣ',
  'م‎ا',
  'שלום.jpg',
  'السلام عليكم',
  '漢字',
  '한글',
  '🏳️‍🌈',
  '👨‍👩‍👧‍👦',
  `Z${'\u0300'.repeat(60)}algo`,
  'a\u0338b',
  'x'.repeat(255),
  '%',
  '%%%',
  '%00',
  '%ZZ',
  '%F0%28%8C%28',
  '+',
  'a+b c%20d',
  '#',
  '#fragment?query=1',
  '?versionId=null',
  '&uploads',
  ';acl',
  '^',
  '|',
  '"',
  "'",
];
const flat = [...MARKUP, ...TEMPLATES, ...SCRIPTS, ...TRAVERSAL, ...SHAPES].map((name) => name.replaceAll('/', '∕'));
const odd = ODD_POINTS.map((point) => `u${hex(point)}${hex(point)}exe.jpg`);
const mixed = ODD_POINTS.slice(0, 24).map((point) => `<${hex(point)}img src=x onerror${hex(point)}=${RUN}>`);
const NAMES = [...new Set([...flat, ...odd, ...mixed])];
/** Folders of keys that no disk would take. */
const FOLDERS = ['..', '.', `<img src=x onerror=${RUN}>`, `b\u202Eexe`, '%2e%2e', 'C:'];

let browser;
let core;
let own;
before(async () => {
  own = makeHome();
  core = await startCore(own.home);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await core?.stop();
  own?.remove();
});

/** Whether what a row shows stays in the row, and what the inspector shows in the inspector. */
const inFrame = (page) =>
  page.evaluate(() => {
    const wide = [];
    for (const frame of document.querySelectorAll('.tr, .tile, .insp, .side, .toolbar')) {
      const box = frame.getBoundingClientRect();
      for (const part of frame.querySelectorAll('*')) {
        const { left, right, width, height } = part.getBoundingClientRect();
        if (width === 0 || height === 0 || getComputedStyle(part).position === 'absolute') continue;
        if (left < box.left - 1 || right > box.right + 1)
          wide.push(`${frame.className}: ${part.className} ${right - box.right}`);
      }
    }
    if (document.documentElement.scrollWidth > window.innerWidth) wide.push('the page');
    return wide.slice(0, 5);
  });

test(
  `hs1 hs5 hs7 ${NAMES.length} hostile names and ${FOLDERS.length} folders are what they are, and nothing in them runs`,
  {
    timeout: 400_000,
  },
  async (t) => {
    assert.ok(NAMES.length >= 200, `${NAMES.length} names`);
    const practice = await startPractice(join(own.home, 'server'), ['--no-sample']);
    t.after(() => practice.stop());
    await s3(practice.found, 'PUT', 'names');
    for (const name of NAMES) await s3(practice.found, 'PUT', 'names', `h/${name}`, Buffer.from('x'));
    for (const folder of FOLDERS) await s3(practice.found, 'PUT', 'names', `f/${folder}/in.txt`, Buffer.from('x'));
    const { id } = await core.call('save_connection', { draft: draft(practice.found, { start_in: 'names/' }) });

    // What the core has is what was put, to the byte.
    const listing = await core.call('open_listing', {
      connection: id,
      bucket: 'names',
      prefix: 'h/',
      refresh: false,
      deleted: false,
    });
    const range = { id: listing.id, offset: 0, limit: 1000, sort: 'name', descending: false, filter: '' };
    let rows = [];
    for (let i = 0; i < 200 && rows.length < NAMES.length; i += 1)
      ({ rows } = await core.call('listing_window', range));
    assert.deepEqual(rows.map((row) => row.key).sort(), NAMES.map((name) => `h/${name}`).sort());

    const { page, context, nothing } = await openWatched(browser, core.address, { colorScheme: 'light' });
    page.setDefaultTimeout(30_000);
    await page.locator('.info').waitFor();
    const goTo = async (address) => {
      await page.keyboard.press('Control+l');
      await page.getByRole('combobox', { name: 'Edit location' }).fill(address);
      await page.keyboard.press('Enter');
    };
    await goTo('s3://names/h/');
    const grid = page.getByRole('grid', { name: 'Objects in h/' });
    await page.waitForFunction(
      (n) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(n + 1),
      NAMES.length,
    );

    // Every row by keyboard, with the inspector beside it.
    await grid.getByRole('row').nth(1).click();
    await page.keyboard.press('Home');
    const spoken = new Set();
    for (let at = 0; at < NAMES.length; at += 1) {
      await page.waitForFunction(
        (index) => document.activeElement?.getAttribute('aria-rowindex') === String(index + 2),
        at,
      );
      const said = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
      assert.ok(said.length > 3, `row ${at} says ${JSON.stringify(said)}`);
      // eslint-disable-next-line no-control-regex
      assert.doesNotMatch(said, /[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/, 'nothing invisible is read out');
      spoken.add(said);
      assert.deepEqual(await inFrame(page), [], said);
      await page.keyboard.press('ArrowDown');
    }
    assert.equal(spoken.size, NAMES.length, 'no two rows sound alike');
    await nothing('the list');
    await page.screenshot({ path: join(shots, 'names-list.png') });
    await examine(page, 'hostile names');

    // The same in the gallery, the search, a filter, tabs, bookmarks and the palette.
    await page.keyboard.press('Control+2');
    await page.getByRole('grid', { name: /Gallery/ }).waitFor();
    for (let i = 0; i < 12; i += 1) {
      await page.keyboard.press('PageUp');
      assert.deepEqual(await inFrame(page), [], 'gallery');
    }
    await nothing('the gallery');
    await page.keyboard.press('Control+1');
    for (const folder of FOLDERS) {
      await goTo(`s3://names/f/`);
      await page.getByRole('grid', { name: 'Objects in f/' }).waitFor();
      await page
        .getByRole('row', { name: /Folder/ })
        .nth(FOLDERS.toSorted().indexOf(folder))
        .dblclick();
      await page.getByRole('row', { name: /^in\.txt/ }).waitFor();
      await page.keyboard.press('Control+b');
      await page.keyboard.press('Control+t');
    }
    assert.deepEqual(await inFrame(page), [], 'tabs, path and bookmarks');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('img');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Escape');
    await goTo('s3://names/');
    await page.getByRole('grid', { name: 'Objects in names' }).waitFor();
    await page.keyboard.press('Control+f');
    await page.locator('#search').fill('onerror');
    await page
      .getByRole('row', { name: /onerror/ })
      .first()
      .waitFor();
    const turned = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
    assert.doesNotMatch(await page.locator('body').innerText(), turned, 'no text is turned round');
    await nothing('search, tabs, bookmarks and palette');
    await page.screenshot({ path: join(shots, 'names-search.png') });

    // Dialogs tell names as what they are: rename, delete with a plan of all, and a download that can only take some.
    await goTo('s3://names/h/');
    await grid
      .getByRole('row', { name: /onerror/ })
      .first()
      .click();
    await page.keyboard.press('F2');
    await page.getByRole('dialog').waitFor();
    await nothing('rename');
    await page.keyboard.press('Escape');
    await grid
      .getByRole('row', { name: /onerror/ })
      .first()
      .click();
    await page.keyboard.press('Control+a');
    await page.getByText(`${NAMES.length} selected`).waitFor();
    await page.keyboard.press('Delete');
    await page.getByRole('dialog').waitFor();
    await page.screenshot({ path: join(shots, 'names-delete.png') });
    await nothing('delete');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    const target = join(own.home, 'taken/deep');
    mkdirSync(target, { recursive: true });
    await page.getByRole('button', { name: 'Download', exact: true }).first().click();
    await page.getByLabel('To folder').fill(target);
    await page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
    for (;;) {
      const { counts } = await core.call('transfers', { offset: 0, limit: 0, filter: 'open' });
      if (counts.done + counts.failed === NAMES.length) break;
      await page.waitForTimeout(200);
    }
    await page.getByRole('tab', { name: /Failed/ }).click();
    assert.deepEqual(await inFrame(page), [], 'transfers');
    await nothing('transfers');
    await page.screenshot({ path: join(shots, 'names-transfers.png') });
    // What was written lies flat in the folder that was chosen, and nowhere else.
    const all = readdirSync(target);
    assert.ok(all.length > 150, `${all.length} files`);
    for (const name of all) assert.ok(statSync(join(target, name)).isFile(), name);
    assert.deepEqual(readdirSync(join(own.home, 'taken')), ['deep']);
    for (const gone of ['x', 'etc']) assert.ok(!existsSync(join(own.home, gone)));
    await context.close();
  },
);
