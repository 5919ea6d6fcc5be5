// Looking into versions of one object, comparing two of them, and saving one as a file, by keyboard, on the mock core. Looked over
// by axe in both themes; pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusOn, goTo, onMock, open, RAW } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

const list = (page, name) => page.getByRole('grid', { name: `Versions of ${name}` });
const dialogOf = (page, name) => page.getByRole('dialog', { name });

/** Puts the focus on an object and asks for its versions in the palette. */
async function ask(page, name) {
  await goTo(page, `${RAW}${name}`);
  await focusOn(page, name);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('> show versions');
  await page.getByRole('option', { name: /Show versions/, selected: true }).waitFor();
  await page.keyboard.press('Enter');
  await list(page, name).waitFor();
  await page.waitForFunction(() => document.activeElement?.closest('.vers [role=row]'));
}

/** The menu of the row with the focus. */
async function menuOf(page) {
  await page.keyboard.press('Shift+F10');
  const menu = page.getByRole('menu', { name: /Actions of/ });
  await menu.waitFor();
  return menu;
}

async function choose(menu, name) {
  await menu.getByRole('menuitem', { name }).focus();
  await menu.page().keyboard.press('Enter');
  await menu.waitFor({ state: 'detached' });
}

test('a version is looked into, and the arrow keys go on to the others', async () => {
  const { page, context, errors } = await open();
  await ask(page, 'DJI_0412.JPG');
  await page.keyboard.press('ArrowDown');
  await choose(await menuOf(page), 'Preview');
  const look = dialogOf(page, /Preview of a version.*DJI_0412/);
  await look.getByText(/Version of 12 Nov 2026, .*23\.0 MB/).waitFor();
  await look.getByRole('img', { name: 'Picture of DJI_0412.JPG' }).waitFor();
  await picture(page, 'D-version-look');
  const shown = () => look.getByRole('img', { name: 'Picture of DJI_0412.JPG' }).getAttribute('src');
  const second = await shown();
  await page.keyboard.press('ArrowLeft');
  await look.getByText('Current', { exact: true }).waitFor();
  await page.waitForFunction((src) => document.querySelector('.look img')?.src !== src, second);
  assert.equal(await look.getByRole('button', { name: 'Newer version' }).getAttribute('aria-disabled'), 'true');
  // The marker is passed over; what is archived says so.
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('ArrowRight');
  await look.getByText(/has to be thawed before it can be read/).waitFor();
  assert.equal(await look.getByRole('button', { name: 'Save as a file…' }).getAttribute('aria-disabled'), 'true');
  await picture(page, 'D-version-look-archived');
  await page.keyboard.press('Escape');
  await look.waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.closest('.vers'));
  // The keys of quick look mean the version here.
  await page.keyboard.press('Control+y');
  await look.getByText(/Version of 12 Nov 2026/).waitFor();
  await page.keyboard.press('Space');
  await page.keyboard.press('Escape');
  await look.waitFor({ state: 'detached' });
  // A row that cannot be looked into says why.
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+Space');
  await page.getByText('A delete marker holds nothing to look into.').first().waitFor();
  await page.keyboard.press('ArrowDown');
  const menu = await menuOf(page);
  for (const name of ['Preview', 'Save as a file…', 'Compare with the current one', 'Compare with the one before']) {
    assert.equal(await menu.getByRole('menuitem', { name }).getAttribute('aria-disabled'), 'true', name);
  }
  assert.deepEqual(errors, []);
  await context.close();
});

test('a version is saved as a file', async () => {
  const { page, context, errors } = await open();
  await ask(page, 'DJI_0412.JPG');
  await page.keyboard.press('ArrowDown');
  await page
    .getByRole('button', { name: /^Save the version of 12 Nov 2026.* as a file/ })
    .first()
    .focus();
  await page.keyboard.press('Enter');
  const dialog = dialogOf(page, /^Save the version of 12 Nov 2026/);
  await dialog.getByRole('textbox', { name: 'To folder' }).fill('/home/field/Desktop');
  await picture(page, 'G-save-version');
  await page.keyboard.press('Enter');
  await page.getByText(/^The version of 12 Nov 2026, \d\d:\d\d goes to \/home\/field\/Desktop/).waitFor();
  await dialog.waitFor({ state: 'detached' });
  assert.deepEqual(errors, []);
  await context.close();
});

test('two texts line by line, with what is gone and what is new', async () => {
  const { page, context, errors } = await open();
  await ask(page, 'what?.json');
  // The current one has none to be compared with but the one before.
  const first = await menuOf(page);
  assert.equal(
    await first.getByRole('menuitem', { name: 'Compare with the current one' }).getAttribute('aria-disabled'),
    'true',
  );
  await picture(page, 'D-versions-menu-compare');
  await choose(first, 'Compare with the one before');
  const dialog = dialogOf(page, 'Compare versions of what?.json');
  await dialog.getByText(/\d+ lines gone, \d+ lines new/).waitFor();
  const diff = dialog.getByRole('grid', { name: 'Lines of what?.json that differ' });
  await diff.getByRole('row', { name: '3, Only in the older one: "inspector": "ops-anna",' }).waitFor();
  await diff.getByRole('row', { name: /4, Only in the newer one:.*weather/ }).waitFor();
  await picture(page, 'G-compare-text');
  await diff.getByRole('row').nth(1).focus();
  await page.keyboard.press('End');
  await page.waitForFunction(() => document.activeElement?.ariaLabel?.endsWith('}'));
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.closest('.vers'));
  assert.deepEqual(errors, []);
  await context.close();
});

test('two chosen versions are compared: photos side by side, wiped, and their difference', async () => {
  const { page, context, errors } = await open();
  await ask(page, 'DJI_0412.JPG');
  await page.keyboard.press('Control+Space');
  await page.getByText('1 version chosen. Choose another one.').first().waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Control+Space');
  await page.getByText('2 versions chosen').waitFor();
  assert.equal(await list(page, 'DJI_0412.JPG').getByRole('row', { selected: true }).count(), 2);
  await picture(page, 'D-versions-chosen');
  // What cannot be looked into is not chosen.
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Control+Space');
  await page.getByText('A delete marker holds nothing to look into.').first().waitFor();
  await page.getByText('2 versions chosen').waitFor();
  await page.getByRole('button', { name: 'Compare', exact: true }).focus();
  await page.keyboard.press('Enter');
  const dialog = dialogOf(page, 'Compare versions of DJI_0412.JPG');
  await dialog.getByRole('img', { name: 'Picture of the older version' }).waitFor();
  const facts = dialog.getByRole('table', { name: 'What differs inside' });
  await facts.getByRole('row', { name: /Camera DJI FC6310 DJI FC3582/ }).waitFor();
  await picture(page, 'G-compare-beside');

  await dialog.getByRole('radio', { name: 'Side by side' }).focus();
  await page.keyboard.press('ArrowRight');
  await dialog.getByRole('radio', { name: 'Wipe', checked: true }).waitFor();
  const share = dialog.getByRole('slider', { name: 'Share of the older picture' });
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  assert.equal(await share.getAttribute('aria-valuetext'), '51 percent older');
  const line = dialog.locator('.pics__frame');
  const box = await line.boundingBox();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 80);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.25, box.y + 90);
  await page.mouse.up();
  assert.equal(await share.getAttribute('aria-valuetext'), '25 percent older');
  await picture(page, 'G-compare-wipe');
  await dialog.getByRole('radio', { name: 'Wipe' }).focus();
  await page.keyboard.press('ArrowRight');
  await dialog.getByRole('img', { name: 'Difference of both pictures' }).waitFor();
  await picture(page, 'G-compare-difference');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Choose none' }).click();
  await page.getByText('2 versions chosen').waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.closest('.vers [role=row]'));
  // The same by mouse.
  await list(page, 'DJI_0412.JPG')
    .getByRole('row')
    .nth(1)
    .click({ modifiers: ['Control'], position: { x: 60, y: 10 } });
  await page.getByText('1 version chosen. Choose another one.').first().waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('same bytes are told, so is what can be compared by its facts only', async () => {
  const { page, context, errors } = await open();
  await ask(page, 'DJI_0415.JPG');
  await page.keyboard.press('ArrowDown');
  await choose(await menuOf(page), 'Compare with the current one');
  const same = dialogOf(page, 'Compare versions of DJI_0415.JPG');
  await same.getByText('Both hold the same bytes: their ETags are equal.').waitFor();
  await picture(page, 'G-compare-same');
  await page.keyboard.press('Escape');
  await ask(page, 'DJI_0414.MP4');
  await choose(await menuOf(page), 'Compare with the one before');
  const film = dialogOf(page, 'Compare versions of DJI_0414.MP4');
  await film.getByText(/No still of this film can be drawn here.*by what the server says/).waitFor();
  await film
    .getByRole('table', { name: 'What differs inside' })
    .getByRole('row', { name: /Length 1:31 1:48/ })
    .waitFor();
  await film
    .getByRole('table', { name: 'What the server says' })
    .getByRole('row', { name: /^Size 1\.\d+ GB 1\.\d+ GB/ })
    .waitFor();
  await picture(page, 'G-compare-facts');
  assert.deepEqual(errors, []);
  await context.close();
});

test('a comparison that fails says what is missing, and can be tried again', async () => {
  const { page, context, errors } = await open();
  await ask(page, 'site-notes.pdf');
  await choose(await menuOf(page), 'Compare with the one before');
  const dialog = dialogOf(page, 'Compare versions of site-notes.pdf');
  await dialog
    .getByRole('alert')
    .getByText(/Ask for s3:GetObjectVersion/)
    .waitFor();
  await picture(page, 'G-compare-refused');
  await dialog.getByRole('button', { name: 'Try again' }).focus();
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('in a small window both pictures and facts have room', async () => {
  const { page, context, errors } = await open('', { viewport: { width: 720, height: 480 } });
  await ask(page, 'DJI_0412.JPG');
  await choose(await menuOf(page), 'Compare with the one before');
  const dialog = dialogOf(page, 'Compare versions of DJI_0412.JPG');
  await dialog.getByRole('img', { name: 'Picture of the older version' }).waitFor();
  await picture(page, 'G-compare-small');
  assert.deepEqual(errors, []);
  await context.close();
});
