// Gallery, quick look and the facts of a photo, by keyboard, on the mock core. Every part is looked over by axe in both
// themes; pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTo, onMock, open } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

async function tileWithFocus(page, name) {
  await page.waitForFunction(
    (text) => document.activeElement?.role === 'gridcell' && document.activeElement.ariaLabel?.includes(text),
    name,
  );
}

test('the gallery has the rows of the list, one tab stop, and the same selection', async () => {
  const { page, context, errors } = await open();
  await page.getByRole('row', { name: /DJI_0405/ }).click();
  await page.keyboard.press('Control+2');
  await page.getByRole('grid', { name: /Gallery of/ }).waitFor();
  await tileWithFocus(page, 'DJI_0405.JPG');
  assert.equal(await page.locator('.gal [tabindex="0"]').count(), 1, 'one tab stop');
  const columns = Number(await page.getByRole('grid').getAttribute('aria-colcount'));
  assert.ok(columns >= 3, `${columns} columns`);

  await page.keyboard.press('ArrowRight');
  await tileWithFocus(page, 'DJI_0406.JPG');
  await page.keyboard.press('ArrowDown');
  await tileWithFocus(page, `DJI_0${406 + columns}`);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowLeft');
  await tileWithFocus(page, 'DJI_0405.JPG');
  await page.keyboard.press('Space');
  await page.getByText('1 selected').waitFor();
  await page.keyboard.press('Shift+ArrowRight');
  await page.getByText('2 selected').waitFor();
  await page.getByRole('gridcell', { name: /DJI_0408/ }).click({ modifiers: ['Control'] });
  await page.getByText('3 selected').waitFor();
  await page.locator('.tile__img img').nth(5).waitFor();
  await picture(page, 'view-gallery');

  await page.keyboard.press('End');
  await tileWithFocus(page, 'what?.json');
  const drawn = await page.getByRole('gridcell').count();
  assert.ok(drawn < 120, `${drawn} of 385 tiles are in the document`);
  await page.keyboard.press('Home');
  await tileWithFocus(page, 'overlap-check');
  // Larger tiles: fewer in a row, and the focus stays.
  await page.getByRole('slider', { name: 'Size of the tiles' }).fill('320');
  await page.waitForFunction(
    (before) => Number(document.querySelector('[role=grid]')?.getAttribute('aria-colcount')) < before,
    columns,
  );
  await page.getByRole('gridcell', { name: /DJI_0402/ }).focus();
  await page.keyboard.press('Control+1');
  await page.getByText('3 selected').waitFor();
  await page.getByRole('row', { name: /DJI_0405/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a long list is stopped and goes on by keyboard, and the button keeps the focus', async () => {
  const { page, context, errors } = await open('&rows=1000000', { fast: false });
  await goTo(page, 's3://drone-raw-eu/');
  const count = async () => Number(await page.getByRole('grid').getAttribute('aria-rowcount'));
  await page.getByRole('button', { name: 'Stop', exact: true }).focus();
  await page.keyboard.press('Enter');
  const onward = page.getByRole('button', { name: 'Go on', exact: true });
  await onward.waitFor();
  assert.ok(await onward.evaluate((button) => button === document.activeElement));
  await picture(page, 'A-stopped');
  const before = await count();
  assert.ok(before < 1_000_000, `${before}`);
  await page.keyboard.press('Enter');
  await page.waitForFunction((n) => Number(document.querySelector('[role=grid]').ariaRowCount) > n, before);
  assert.deepEqual(errors, []);
  await context.close();
});

test('quick look: by key, on with the arrows, and back to the row', async () => {
  const { page, context, errors } = await open();
  await page.getByRole('row', { name: /DJI_0401/ }).click();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: /DJI_0401/ });
  await dialog.getByRole('img', { name: 'Picture of DJI_0401.JPG' }).waitFor();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('dialog', { name: /DJI_0402/ }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page
    .getByRole('dialog', { name: /DJI_0404/ })
    .getByRole('img', { name: 'Picture of DJI_0404.MP4' })
    .waitFor();
  await page.keyboard.press('ArrowUp');
  await page.getByRole('img', { name: 'Picture of DJI_0403.JPG' }).waitFor();
  await picture(page, 'view-quick-look');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.ariaLabel?.includes('DJI_0403'));

  await page.getByRole('row', { name: /DJI_0401/ }).click();
  await page.keyboard.press('End');
  await page.keyboard.press('Control+y');
  await page.getByRole('region', { name: /Text of what/ }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /flight-log/ }).click();
  await page.keyboard.press('Shift+Space');
  const table = page.getByRole('region', { name: /First rows of flight-log/ });
  await table.waitFor();
  assert.equal(await table.locator('td b').count(), 0, 'markup in a cell is text');
  await table.getByText('<b>11.4</b>').waitFor();
  await picture(page, 'view-table');
  // Space closes it, as it does on a Mac.
  await page.getByRole('region').focus();
  await page.keyboard.press('Space');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(errors, []);
  await context.close();
});

test('a film is played by keyboard, and one that no player knows says so with its facts', async () => {
  const { page, context } = await open();
  await page.getByRole('row', { name: /DJI_0404/ }).click();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  const play = dialog.getByRole('button', { name: 'Play DJI_0404.MP4' });
  await play.waitFor();
  assert.equal(await dialog.locator('video').count(), 0, 'nothing that could read stands there before');
  await picture(page, 'view-film');
  await play.focus();
  await page.keyboard.press('Space');
  const film = dialog.locator('video');
  await film.waitFor();
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0.1);
  assert.ok(await film.evaluate((element) => element === document.activeElement && element.controls));
  assert.equal(await film.getAttribute('aria-label'), 'Film DJI_0404.MP4');
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelector('video')?.paused);
  await page.keyboard.press('Space');
  await page.waitForFunction(() => document.querySelector('video')?.paused === false);
  // The arrows are the player's own; the next file is at the buttons.
  await page.keyboard.press('ArrowRight');
  await dialog.getByText(/^6 of/).waitFor();
  await page.evaluate(() => (window.played = document.querySelector('video')));
  await dialog.getByRole('button', { name: /Next/ }).click();
  await page.getByRole('img', { name: 'Picture of DJI_0405.JPG' }).waitFor();
  assert.ok(await page.evaluate(() => window.played.paused && window.played.getAttribute('src') === null), 'let go of');
  await page.keyboard.press('Escape');

  await page.getByRole('row', { name: /DJI_0414/ }).click();
  await page.keyboard.press('Enter');
  await dialog.getByText('No still of this film can be drawn here').waitFor();
  await dialog.getByRole('button', { name: 'Play DJI_0414.MP4' }).click();
  await dialog.getByRole('alert').getByText('This computer has no player for it (video/mp4)').waitFor();
  await dialog.getByText('3840 × 2160').waitFor();
  await page.waitForFunction(() => document.activeElement?.ariaLabel === 'Play DJI_0414.MP4');
  await picture(page, 'view-film-unknown');
  await page.keyboard.press('Escape');
  await context.close();
});

test('quick look turns the pages of a document, and the next object begins at its first', async () => {
  const { page, context, errors } = await open();
  await page.getByRole('row', { name: /DJI_0401/ }).click();
  await page.keyboard.press('End');
  await page.getByRole('row', { name: /site-notes\.pdf/ }).click();
  await page.keyboard.press('Control+y');
  const dialog = page.getByRole('dialog', { name: /site-notes/ });
  await dialog.getByRole('img', { name: 'Page 1 of site-notes.pdf' }).waitFor();
  const first = await dialog.getByRole('img').getAttribute('src');
  assert.ok(await dialog.getByRole('button', { name: /Previous page/ }).isDisabled());
  await page.keyboard.press('PageDown');
  await dialog.getByText('Page 2 of 12', { exact: true }).waitFor();
  await page.waitForFunction((old) => document.querySelector('.look__b img')?.src !== old, first);
  await dialog.getByRole('button', { name: /Next page/ }).click();
  await dialog.getByRole('img', { name: 'Page 3 of site-notes.pdf' }).waitFor();
  await picture(page, 'view-pages');
  await page.keyboard.press('PageUp');
  await dialog.getByText('Page 2 of 12', { exact: true }).waitFor();
  await page.keyboard.press('ArrowLeft');
  await dialog.waitFor({ state: 'detached' });
  await page.keyboard.press('ArrowRight');
  await dialog.getByRole('img', { name: 'Page 1 of site-notes.pdf' }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('the inspector shows the facts of a photo and where it was taken', async () => {
  const { page, context, errors } = await open();
  await page.getByRole('row', { name: /DJI_0412/ }).click();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await inspector.getByRole('heading', { name: 'Capture' }).waitFor();
  for (const fact of ['f/4', 'DJI FC3582', '24 mm', '5280 × 3956']) await inspector.getByText(fact).waitFor();
  await inspector.getByRole('img', { name: /52.4012 N, 0.2634 E/ }).waitFor();
  await inspector.getByRole('button', { name: 'Copy position' }).waitFor();
  await picture(page, 'view-inspector');
  await inspector.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('dialog', { name: /DJI_0412/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
