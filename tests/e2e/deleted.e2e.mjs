// Deleted objects in the list and bringing them back, and whether a bucket keeps versions, by keyboard, on the mock core. Looked
// over by axe in both themes; pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusOn, goTo, onMock, open, openAt, RAW } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

const GONE = /DJI_0399\.JPG, 23\.6 megabytes, .*Deleted 21 Nov 2026, \d\d:12/;
const onSwitch = (page) => page.getByRole('switch', { name: 'Show deleted' });
const dialogOf = (page, name) => page.getByRole('dialog', { name });
const inspector = (page) => page.getByRole('complementary', { name: 'Inspector' });

/** A page that shows the photos with the deleted ones among them, turned on in the palette. */
async function withDeleted(query = '') {
  const opened = await open(query);
  await fromPalette(opened.page, 'show or hide deleted');
  await opened.page.getByRole('row', { name: GONE }).waitFor();
  return opened;
}

async function fromPalette(page, words) {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`> ${words}`);
  await page.getByRole('option', { selected: true }).waitFor();
  await page.keyboard.press('Enter');
}

const rowCount = async (page) =>
  Number(await page.getByRole('grid', { name: /Objects in/ }).getAttribute('aria-rowcount'));

test('deleted objects are shown only when asked for, sorted and filtered as the others, in this tab alone', async () => {
  const { page, context, errors } = await open();
  const before = await rowCount(page);
  assert.equal(await page.getByRole('row', { name: GONE }).count(), 0, 'not by default');
  assert.equal(await onSwitch(page).getAttribute('aria-checked'), 'false');
  await page.getByRole('button', { name: 'Versions on' }).waitFor();
  await onSwitch(page).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('row', { name: GONE }).waitFor();
  assert.equal(await onSwitch(page).getAttribute('aria-checked'), 'true');
  assert.ok(await onSwitch(page).evaluate((it) => it === document.activeElement), 'it keeps the focus');
  assert.equal(await rowCount(page), before + 5, 'four objects, and the folder in which all was deleted');
  await page.getByRole('row', { name: /drafts, Folder/ }).waitFor();
  const struck = page.getByText('DJI_0399.JPG', { exact: true }).first();
  assert.match(await struck.evaluate((it) => getComputedStyle(it).textDecorationLine), /line-through/);
  await picture(page, 'A-deleted');

  // They are filtered, and sorted by their state, as the others.
  await page.locator('#filter').fill('scan');
  const second = page.locator('.tb [aria-rowindex="3"]');
  await page.waitForFunction(() => document.querySelector('.tb')?.ariaRowCount === '3');
  assert.match(await second.getAttribute('aria-label'), /P07.*Archived/);
  await page.getByRole('button', { name: /^State/ }).click();
  await page.waitForFunction(() => /P06.*Deleted/.test(document.querySelector('.tb [aria-rowindex="3"]')?.ariaLabel));
  await page.getByRole('button', { name: /^Name/ }).click();
  await page.locator('#filter').fill('');
  await page.getByRole('row', { name: GONE }).waitFor();

  // Another tab begins without them; this one has them when it is shown again.
  await page.keyboard.press('Control+t');
  await page.getByRole('row', { name: /DJI_0401/ }).waitFor();
  await page.waitForFunction(() => document.querySelector('.swl')?.ariaChecked === 'false');
  assert.equal(await page.getByRole('row', { name: GONE }).count(), 0);
  await page.keyboard.press('Control+Tab');
  await page.getByRole('row', { name: GONE }).waitFor();
  await page.keyboard.press('Control+w');
  await page.waitForFunction(() => document.querySelector('.swl')?.ariaChecked === 'false');

  // The list options have it too, with what it costs.
  await page.getByRole('button', { name: 'List options' }).focus();
  await page.keyboard.press('Enter');
  const item = page.getByRole('menuitemcheckbox', { name: /Show deleted/ });
  await item.getByText(/costs more list requests/).waitFor();
  await picture(page, 'A-deleted-options');
  await item.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('row', { name: GONE }).waitFor();
  await page.keyboard.press('Escape');
  // The gallery shows them as well.
  await page.keyboard.press('Control+2');
  await page.getByRole('gridcell', { name: /DJI_0399.*Deleted/ }).waitFor();
  await picture(page, 'A-deleted-gallery');
  assert.deepEqual(errors, []);
  await context.close();
});

test('of a deleted object the inspector shows the versions first, and what cannot be done says why', async () => {
  const { page, context, errors } = await withDeleted();
  await page.getByRole('row', { name: GONE }).click();
  await inspector(page).getByRole('tab', { name: 'Versions', selected: true }).waitFor();
  const download = inspector(page).getByRole('button', { name: 'Download' });
  assert.equal(await download.getAttribute('aria-disabled'), 'true');
  assert.match(await download.getAttribute('title'), /Undelete it first/);
  assert.equal(await page.locator('.vers').count(), 0, 'nothing is read by itself');
  await inspector(page).getByRole('tab', { name: 'Versions' }).focus();
  await page.keyboard.press('ArrowLeft');
  await inspector(page).getByText('What was there last', { exact: true }).waitFor();
  await inspector(page)
    .getByText(/It was deleted on 21 Nov 2026/)
    .waitFor();
  await picture(page, 'A-deleted-details');

  // A living one has its own tab, as it was.
  await page.getByRole('row', { name: /DJI_0401/ }).click();
  await inspector(page).getByRole('tab', { name: 'Details', selected: true }).waitFor();
  await page.getByRole('row', { name: GONE }).focus();
  await page.getByRole('row', { name: GONE }).click();

  await page.keyboard.press('Shift+F10');
  const menu = page.getByRole('menu', { name: 'Actions' });
  for (const name of [/^Download/, /^Rename…/, /^Copy to…/, /^Delete…/, /^Properties…/]) {
    assert.equal(await menu.getByRole('menuitem', { name }).getAttribute('aria-disabled'), 'true', String(name));
  }
  for (const name of ['Show versions', 'Undelete…']) {
    assert.notEqual(await menu.getByRole('menuitem', { name }).getAttribute('aria-disabled'), 'true', name);
  }
  await menu.getByText(/It is deleted. Undelete it first/).waitFor();
  await picture(page, 'A-deleted-menu');
  await page.keyboard.press('Escape');
  for (const key of ['Control+d', 'F2', 'Delete', 'Control+y', 'Control+c']) {
    await page.keyboard.press(key);
    await page
      .getByText(/It is deleted. Undelete it first/)
      .first()
      .waitFor();
    assert.equal(await page.locator('dialog[open]').count(), 0, key);
  }
  // Enter leads to its versions.
  await page.getByRole('row', { name: GONE }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('grid', { name: 'Versions of DJI_0399.JPG' }).waitFor();
  await page.waitForFunction(() => document.activeElement?.closest('.vers'));
  assert.deepEqual(errors, []);
  await context.close();
});

test('a selection of deleted objects and folders comes back, and undo deletes it again', async () => {
  const { page, context, errors } = await withDeleted();
  await page.getByRole('row', { name: GONE }).click();
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByRole('row', { name: /drafts, Folder/ }).click({ modifiers: ['Control'] });
  await page.getByText('3 selected').waitFor();
  const bar = page.getByRole('toolbar', { name: 'Selection' });
  await picture(page, 'A-deleted-selected');
  await bar.getByRole('button', { name: 'Undelete…' }).focus();
  await page.keyboard.press('Enter');
  const dialog = dialogOf(page, 'Undelete 5 objects?');
  await dialog.getByText(/comes back as it was last/).waitFor();
  await dialog.getByRole('radio', { name: 'Put a copy on top', checked: true }).waitFor();
  await dialog.getByText('under $0.01', { exact: true }).waitFor();
  await picture(page, 'G-undelete-many');
  await dialog.getByRole('button', { name: 'Undelete 5' }).focus();
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('row', { name: /DJI_0399.JPG, 23.6 megabytes.*Stored/ }).waitFor();
  await page.getByRole('tab', { name: /^Done/ }).click();
  await page.getByText('5 objects restored.').waitFor();
  await page.getByRole('button', { name: /^Undo: Restore/ }).click();
  const undo = dialogOf(page, 'Undo the restore?');
  await undo.getByRole('button', { name: 'Undo 5' }).click();
  await page.getByRole('row', { name: GONE }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('of an archived one a copy is left with the reason, and without its marker it is back', async () => {
  const { page, context, errors } = await withDeleted();
  await page.locator('#filter').fill('P06');
  await page.getByRole('row', { name: /scan_A14_P06_part2.e57.*Deleted/ }).click();
  await fromPalette(page, 'undelete');
  const dialog = dialogOf(page, 'Undelete scan_A14_P06_part2.e57?');
  await dialog.getByText('There is nothing to do: every object would be left as it is.').waitFor();
  await dialog.getByText('Archived', { exact: true }).first().waitFor();
  await picture(page, 'G-undelete-archived');
  await dialog.getByRole('radio', { name: 'Put a copy on top' }).focus();
  await page.keyboard.press('ArrowDown');
  const start = dialog.getByRole('button', { name: 'Undelete 1' });
  await start.click();
  await page.getByText('scan_A14_P06_part2.e57 is restored.').waitFor();
  await page.getByRole('row', { name: /scan_A14_P06_part2.e57.*Deep Archive/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('what is deleted here is shown as deleted, and among others only what is there is deleted', async () => {
  const { page, context, errors } = await withDeleted();
  await page.getByRole('row', { name: /DJI_0400.JPG.*Deleted/ }).click();
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByText('2 selected').waitFor();
  await page.keyboard.press('Delete');
  const dialog = page.getByRole('alertdialog', { name: 'Delete 1 object?' });
  await dialog.getByText(/This bucket keeps versions: what is deleted stays/).waitFor();
  assert.equal(await dialog.getByText('DJI_0400.JPG').count(), 0);
  await dialog.getByRole('button', { name: 'Delete 1' }).click();
  await page.getByRole('row', { name: /DJI_0401.JPG.*Deleted/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('whether the bucket keeps versions is always to be seen, and told with what it means', async () => {
  const { page, context, errors } = await open('&keeps=suspended');
  const chip = page.getByRole('button', { name: 'Versions suspended' });
  await chip.waitFor();
  await picture(page, 'A-suspended');
  await chip.focus();
  await page.keyboard.press('Enter');
  const told = dialogOf(page, 'Versions are suspended in inspections-prod');
  await told.getByText(/takes the place of whatever has no id/).waitFor();
  await picture(page, 'G-suspended');
  await told.getByRole('button', { name: 'Turn on versions…' }).focus();
  await page.keyboard.press('Enter');
  const asked = dialogOf(page, 'Turn on versions in inspections-prod?');
  await asked.getByText(/never be turned off again/).waitFor();
  await page.waitForFunction(() => document.activeElement?.textContent === 'Leave it as it is');
  await picture(page, 'G-turn-on');
  await asked.getByRole('button', { name: 'Turn on versions' }).click();
  await page.getByText('inspections-prod keeps versions from now on.').waitFor();
  await page.getByRole('button', { name: 'Versions on' }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('what a suspended bucket keeps is told before deletes', async () => {
  const { page, context, errors } = await open('&keeps=suspended');
  await page.getByRole('button', { name: 'Versions suspended' }).waitFor();
  await page.getByRole('row', { name: /DJI_0402/ }).click();
  await page.keyboard.press('Delete');
  const few = page.getByRole('alertdialog', { name: 'Delete 1 object?' });
  await few.getByText(/Versions are suspended here/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /pier-07/ }).click();
  await page.keyboard.press('Delete');
  const many = page.getByRole('alertdialog', { name: /Delete 1,204 objects/ });
  await many.getByText(/Suspended: what has a version id stays/).waitFor();
  await picture(page, 'G-delete-suspended');
  assert.deepEqual(errors, []);
  await context.close();
});

test('where no versions are kept, deleted objects cannot be shown, and a refusal to turn them on is told', async () => {
  const { page, context, errors } = await openAt('&rows=500');
  await page.locator('.info, .path').first().waitFor();
  await goTo(page, 's3://drone-raw-eu/');
  const chip = page.getByRole('button', { name: 'No versions' });
  await chip.waitFor();
  assert.equal(await onSwitch(page).getAttribute('aria-disabled'), 'true');
  await onSwitch(page).focus();
  await page.keyboard.press('Enter');
  await page
    .getByRole('log')
    .getByText(/keeps no versions: what is deleted here is gone/)
    .waitFor();
  assert.equal(await onSwitch(page).getAttribute('aria-checked'), 'false');
  await chip.click();
  const told = dialogOf(page, 'drone-raw-eu keeps no versions');
  await told.getByText(/Deleting is final/).waitFor();
  await picture(page, 'G-no-versions');
  await told.getByRole('button', { name: 'Turn on versions…' }).click();
  await dialogOf(page, /^Turn on/)
    .getByRole('button', { name: 'Turn on versions' })
    .click();
  await page
    .getByRole('alert')
    .getByText(/You may not turn on versions here/)
    .waitFor();
  await picture(page, 'G-turn-on-refused');
  await page.keyboard.press('Escape');
  // Where the server does not say, nothing is said.
  await goTo(page, RAW);
  await page.getByRole('button', { name: 'Versions on' }).waitFor();
  await page.getByRole('row', { name: /DJI_0401/ }).click();
  await focusOn(page, 'DJI_0401');
  assert.deepEqual(errors, []);
  await context.close();
});
