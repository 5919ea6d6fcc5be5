// A look into files on the real core with its real decoder: the photos of the practice bucket in gallery, inspector and quick
// look (pictures for the guide), then a bucket full of hostile files. Nothing of them may run: content policy violations,
// dialogs, navigations and requests to elsewhere are counted, and there are none (hazards HS1, HS2, HS17).
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { launch, openPage } from './browser.mjs';
import { draft, makeHome, s3, startCore, startPractice } from './core.mjs';
import { picture, shots } from './picture.mjs';
import { openWatched } from './watched.mjs';

const LONG = 30_000;

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

const inspector = (page) => page.getByRole('complementary', { name: 'Inspector' });

async function goTo(page, address) {
  await page.keyboard.press('Control+l');
  await page.getByRole('combobox', { name: 'Edit location' }).fill(address);
  await page.keyboard.press('Enter');
}

test('photos of the practice bucket: gallery, facts, quick look', { timeout: 120_000 }, async () => {
  const { page, context, errors } = await openPage(browser, core.address, { colorScheme: 'light' });
  page.setDefaultTimeout(LONG);
  await page.getByRole('button', { name: 'Try the practice bucket' }).click();
  const photo = page.getByRole('row', { name: /\.jpe?g/i }).nth(1);
  await photo.click();
  await inspector(page).getByRole('heading', { name: 'Capture' }).waitFor();
  await inspector(page).getByRole('heading', { name: 'Place' }).waitFor();
  const small = inspector(page).locator('.prev img');
  await small.waitFor();
  assert.match(await small.getAttribute('src'), /^data:image\/jpeg;base64,/);
  assert.ok((await small.evaluate((img) => img.naturalWidth)) > 0, 'the picture is one');
  await page.waitForFunction(() => document.querySelectorAll('.tr .th:not(.th--img)').length === 0);
  await picture(page, 'look-inspector', { guide: 'look-inspector' });

  await page.keyboard.press('Control+2');
  await page.waitForFunction(() => document.querySelectorAll('.tile__img > .i').length === 0);
  await picture(page, 'look-gallery', { guide: 'look-gallery' });
  await page.keyboard.press('Enter');
  const large = page.getByRole('dialog').getByRole('img', { name: /^Picture of/ });
  await page.waitForFunction(() => document.querySelector('.look__b')?.getAttribute('aria-busy') === 'false');
  assert.ok((await large.evaluate((img) => img.naturalWidth)) > 400, 'the whole photo was read');
  await picture(page, 'look-quick');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // Small pictures are kept on the disk.
  assert.ok(readdirSync(join(own.home, 'data/cache/previews')).length > 5);

  // What the previews told can be asked for, and the answer says of how many objects it is known.
  await page.keyboard.press('Control+f');
  const search = page.getByRole('textbox', { name: 'Search', exact: true });
  await search.fill('camera:dji taken:2026');
  await page.getByText(/^Camera data is known of [1-9]\d* of [\d,]+ objects$/).waitFor();
  await page
    .getByRole('row', { name: /\.jpe?g/i })
    .first()
    .waitFor();
  await picture(page, 'search-facts', { guide: 'search-facts' });
  await search.fill('camera:nikon');
  await page.getByText('Nothing fits').waitFor();
  await page.getByText(/^Camera data is known of .* Others may fit/).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

const ATTACK = '<img src=x onerror="alert(1)"><script>alert(2)</script>';
const crc = (bytes) => {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let i = 0; i < 8; i += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return ~value >>> 0;
};
const u32 = (n) => Buffer.from([n >>> 24, n >>> 16, n >>> 8, n].map((b) => b & 255));
const chunk = (name, body) => {
  const named = Buffer.concat([Buffer.from(name), body]);
  return Buffer.concat([u32(body.length), named, u32(crc(named))]);
};
const png = (width, height, data, more = Buffer.alloc(0)) =>
  Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', Buffer.concat([u32(width), u32(height), Buffer.from([8, 2, 0, 0, 0])])),
    more,
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
const pixels = deflateSync(
  Buffer.concat(Array.from({ length: 40 }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(180, 90)]))),
);

/** A document of one page that is whole, and wants to run, open and fetch whatever it can. */
function eager() {
  const page = 'BT /F1 24 Tf 20 40 Td (Pier 07, north face) Tj ET';
  const objects = [
    '<</Type/Catalog/Pages 2 0 R/OpenAction 6 0 R/AA<</WC 6 0 R>>>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[7 0 R 8 0 R]/AA<</O 6 0 R>>>>',
    `<</Length ${page.length}>>stream\n${page}\nendstream`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    '<</S/JavaScript/JS(app.launchURL\\("https://example.invalid/",true\\);)>>',
    '<</Type/Annot/Subtype/Link/Rect[0 0 300 100]/A<</S/URI/URI(https://example.invalid/)>>>>',
    '<</Type/Annot/Subtype/Link/Rect[0 0 300 100]/A<</S/Launch/F(/bin/true)>>>>',
  ];
  let file = '%PDF-1.7\n';
  const offsets = objects.map((object, i) => {
    const at = file.length;
    file += `${i + 1} 0 obj${object}endobj\n`;
    return `${String(at).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  return `${file}${table}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${file.length}\n%%EOF\n`;
}

/** Files of a stranger, and what quick look has to say of each. */
const HOSTILE = [
  ['a.svg', `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>`, /onload=/],
  ['b.html', `<!doctype html><body onload="alert(1)">${ATTACK}<iframe src="javascript:alert(3)">`, /onerror=/],
  ['c.md', `[x](javascript:alert(1)) ${ATTACK}`, /javascript:alert/],
  ['d.json', JSON.stringify({ [ATTACK]: ATTACK, __proto__: { polluted: 1 } }), /onerror/],
  ['e.csv', `name,note\n"${ATTACK.replaceAll('"', '""')}",=cmd|' /C calc'!A0\n`, /onerror/],
  ['f.jpg', `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, /onload=/],
  ['g.pdf', '%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj', /do not add up/],
  ['h.png', png(60_000, 60_000, Buffer.alloc(60_000, 0x78)), /Too large/],
  ['i.png', png(60, 40, pixels, chunk('tEXt', Buffer.from(`Comment\0${ATTACK}`))), null],
  ['j.gif', `GIF89a/*${ATTACK}*/=alert(1);//`, /do not add up|Too large/],
  [
    'k.jpg',
    Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0]), Buffer.from(ATTACK)]),
    /do not add up|could not be read/,
  ],
  [
    'l.tif',
    Buffer.concat([Buffer.from('II*\0\x08\0\0\0\xff\xff', 'latin1'), Buffer.alloc(4000, 0x41)]),
    /do not add up|could not be read/,
  ],
  [
    'm.mp4',
    Buffer.concat([
      u32(24),
      Buffer.from('ftypisom'),
      Buffer.alloc(12),
      u32(1),
      Buffer.from('moov'),
      Buffer.alloc(8, 255),
    ]),
    /do not add up|No still of this film/,
  ],
  [`<img src=x onerror=alert(4)>.txt`, ATTACK, /onerror/],
  ['n\u202Egpj.txt', `right to left \u202E ${ATTACK}`, /right to left/],
  ['p.pdf', eager(), null],
  ['o.bin', Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 7919) % 256)), /does not know this kind/],
];

test('hs2 hs17 hostile files are shown as what they are, and nothing in them runs', { timeout: 180_000 }, async (t) => {
  const practice = await startPractice(join(own.home, 'server'));
  t.after(() => practice.stop());
  const bucket = 'hostile';
  await s3(practice.found, 'PUT', bucket);
  for (const [key, body] of HOSTILE) await s3(practice.found, 'PUT', bucket, key, Buffer.from(body));
  const row = await core.call('save_connection', { draft: draft(practice.found, { start_in: `${bucket}/` }) });

  const { page, context, nothing } = await openWatched(browser, core.address);
  page.setDefaultTimeout(LONG);
  await page.locator('.info').waitFor();
  await page.getByRole('button', { name: /^Connection:/ }).click();
  await page
    .getByRole('menuitemradio', { name: /Test server/ })
    .or(page.getByRole('menuitem', { name: /Test server/ }))
    .click();
  await goTo(page, `s3://${bucket}/`);
  await page.getByRole('row', { name: /a\.svg/ }).click();
  assert.equal(await page.getByRole('grid').getAttribute('aria-rowcount'), String(HOSTILE.length + 1));

  await page.keyboard.press('Home');
  await page.keyboard.press('Control+y');
  const dialog = page.getByRole('dialog');
  const keys = HOSTILE.map(([key]) => key).sort((a, b) => (Buffer.from(a) < Buffer.from(b) ? -1 : 1));
  for (const [at, key] of keys.entries()) {
    await dialog.getByText(`${at + 1} of ${HOSTILE.length}`, { exact: true }).waitFor();
    await page.waitForFunction(() => document.querySelector('.look__b')?.getAttribute('aria-busy') === 'false');
    const says = HOSTILE.find(([each]) => each === key)?.[2];
    if (says) await dialog.locator('.look__b').getByText(says).first().waitFor();
    else await dialog.getByRole('img', { name: /^Picture of/ }).waitFor();
    assert.equal(
      await dialog.locator('script, iframe, object, embed, svg:not(.i), img:not([alt^="Picture of"])').count(),
      0,
      key,
    );
    if (at + 1 < keys.length) await page.keyboard.press('ArrowRight');
  }
  await page.keyboard.press('Escape');
  // Every one of them in the inspector and in the gallery too.
  await page.keyboard.press('Control+2');
  await page.getByRole('grid', { name: /Gallery/ }).waitFor();
  await page.keyboard.press('Home');
  for (let i = 0; i < HOSTILE.length; i += 1) {
    await inspector(page).getByRole('heading', { name: 'Metadata' }).waitFor();
    await page.keyboard.press('ArrowRight');
  }
  await page.screenshot({ path: join(shots, 'look-hostile.png') });
  await nothing('hostile files');
  // The core answers as ever.
  assert.ok((await core.call('connections')).some((each) => each.id === row.id));
  await context.close();
});
