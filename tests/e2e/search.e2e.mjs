// Search on the mock core, by keyboard: reach, results by prefix, a saved search, indexes and their cost. Every part is looked over by
// axe in both themes; pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusOn, onMock, open } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

const field = (page) => page.getByRole('textbox', { name: 'Search', exact: true });

test('found while one types, walked by keys, and left for where it lies', async () => {
  const { page, context, errors } = await open();
  await page.keyboard.press('Control+f');
  await page.waitForFunction(() => document.activeElement?.id === 'search');
  await page.keyboard.type('dji 041 jpg');
  await page.getByText('9 objects, ').waitFor();
  await page.getByText(/of 1,284,310, listed 3 h ago/).waitFor();
  await picture(page, 'search');
  await page.keyboard.press('ArrowDown');
  await focusOn(page, 'inspections-prod/bridges/A14-viaduct/2026-11-20/raw/');
  await page.keyboard.press('ArrowDown');
  await focusOn(page, 'DJI_0410.JPG');
  assert.match(await page.evaluate(() => document.activeElement.ariaLabel), /megabytes.*2026.*Standard/);
  await page.keyboard.press('Enter');
  await page.getByRole('grid', { name: /^Objects in raw/ }).waitFor();
  await focusOn(page, 'DJI_0410.JPG');
  // The search is a place: back comes to it, with what was typed.
  await page.keyboard.press('Alt+ArrowLeft');
  await page.getByText('9 objects, ').waitFor();
  assert.equal(await field(page).inputValue(), 'dji 041 jpg');
  assert.deepEqual(errors, []);
  await context.close();
});

test('a reach, a question that makes no sense, and one that fits nothing', async () => {
  const { page, context, errors } = await open();
  await page.keyboard.press('Control+f');
  await page.getByRole('button', { name: 'This folder', pressed: true }).waitFor();
  await page.keyboard.type('size:huge');
  await page.getByText('“size:huge” does not say which size. Write it like size:>10mb.').waitFor();
  await picture(page, 'search-problem');
  await field(page).fill('nothing like it');
  await page.getByText('Nothing fits').waitFor();
  await picture(page, 'search-none');
  await field(page).fill('overlap');
  await page.getByText('Nothing fits').waitFor();
  await page.getByRole('button', { name: 'Everywhere' }).click();
  await page.getByRole('button', { name: 'Everywhere', pressed: true }).waitFor();
  assert.equal(await page.getByRole('region', { name: 'Index' }).count(), 0, 'everywhere has no one bucket');
  assert.deepEqual(errors, []);
  await context.close();
});

test('what no list tells is asked for, and the answer says of how many objects it is known', async () => {
  const { page, context, errors } = await open();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('dji 04');
  await page.getByText(/of 1,284,310, listed 3 h ago/).waitFor();
  assert.equal(await page.getByText('known of').count(), 0, 'a question about names says nothing of it');
  await field(page).fill('dji tag:case=open');
  await page.getByText('Tags are known of 312 of 1,284,310 objects', { exact: true }).waitFor();
  await page.getByRole('row', { name: /DJI_/ }).first().waitFor();
  await picture(page, 'search-tags');
  await field(page).fill('tag:case camera:dji');
  await page.getByText('Tags are known of 312, camera data of 288, of 1,284,310 objects').waitFor();
  await field(page).fill('camera:nikon');
  await page.getByText('Nothing fits').waitFor();
  await page.getByText(/^Camera data is known of 288 of 1,284,310 objects\. Others may fit/).waitFor();
  await picture(page, 'search-not-known');
  // It is a search like any other: kept as a bookmark, with all of it.
  await page.getByRole('button', { name: 'Keep this search as a bookmark' }).click();
  await page.getByText('The search “camera:nikon” is in the bookmarks.').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a saved search is a bookmark, and stays over a restart', async () => {
  const { page, context, errors } = await open();
  await page.keyboard.press('Control+f');
  await page.keyboard.type('dji mp4');
  await page.locator('.info').getByText('38 objects', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Keep this search as a bookmark' }).click();
  await page.getByText('The search “dji mp4” is in the bookmarks.').waitFor();
  await page.reload();
  await page.locator('.info').getByText('38 objects', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'inspections-archive' }).first().click();
  await page.getByRole('button', { name: 'dji mp4', exact: true }).click();
  await page.locator('.info').getByText('38 objects', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Remove the bookmark of this search' }).click();
  assert.equal(await page.getByRole('button', { name: 'dji mp4', exact: true }).count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test('an index tells what it cost, fills with progress, stops and goes', async () => {
  const { page, context, errors } = await open();
  await page.keyboard.press('Control+f');
  const strip = page.getByRole('region', { name: 'Index' });
  await strip.getByText('Indexed 3 h ago: 1,284,310 objects in 1,285 LIST requests.').waitFor();
  await strip.getByRole('button', { name: 'Index again' }).click();
  await strip.getByText('Indexing: 412,000 objects, 412 LIST requests, 3,400 a second').waitFor();
  await strip.getByText('about 4 min left').waitFor();
  assert.equal(await strip.getByRole('progressbar').getAttribute('aria-valuenow'), '32');
  await picture(page, 'search-indexing');
  await strip.getByRole('button', { name: 'Stop' }).click();
  await strip.getByText('The index stands at 412,000 objects after 412 LIST requests.').waitFor();
  await strip.getByRole('button', { name: 'Drop the index' }).click();
  await strip.getByText(/^Indexed 3 h ago/).waitFor();
  await strip.getByRole('button', { name: 'Drop the index' }).click();
  await strip.getByText('Only folders that were opened are searched.').waitFor();
  await strip.getByRole('button', { name: 'Index this bucket' }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('folders of an indexed bucket show what lies in them', async () => {
  const { page, context, errors } = await open();
  const row = page.getByRole('row', { name: /^overlap-check/ });
  await row.getByText('4.12 GB').waitFor();
  await row.getByText('96 objects').waitFor();
  await picture(page, 'folder-sizes');
  assert.deepEqual(errors, []);
  await context.close();
});
