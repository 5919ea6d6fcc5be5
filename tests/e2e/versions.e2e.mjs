// Versions of one object, by keyboard, on the mock core: read on demand, paged, restored, undeleted both ways, and undone. Looked
// over by axe in both themes; pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusOn, goTo, onMock, open, RAW } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

const list = (page, name) => page.getByRole('grid', { name: `Versions of ${name}` });
const rows = (page, name) => list(page, name).getByRole('row', { name: /20\d\d/ });
const job = (page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));

/** Puts the focus on an object and asks for its versions in the palette. */
async function ask(page, name) {
  await goTo(page, `${RAW}${name}`);
  await focusOn(page, name);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('> show versions');
  await page.getByRole('option', { name: /Show versions/, selected: true }).waitFor();
  await page.keyboard.press('Enter');
  await list(page, name).waitFor();
}

/** Waits until the version row that says this has the focus. */
const onRow = (page, words) =>
  page.waitForFunction(
    (text) => document.activeElement?.closest('.vers') && document.activeElement.ariaLabel?.includes(text),
    words,
  );

/** Takes the newest job back in the transfers. */
async function undo(page) {
  await page
    .getByRole('button', { name: /^Undo: Restore/ })
    .first()
    .focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Undo the restore?' });
  await dialog.waitFor();
  await dialog.getByRole('button', { name: 'Undo 1' }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Waits until so many versions and markers are listed. */
const count = (page, k) =>
  page.waitForFunction((wanted) => document.querySelector('.vers [role=grid]')?.ariaRowCount === String(wanted + 1), k);

async function showDone(page) {
  if ((await page.getByRole('tab', { name: /^Done/ }).count()) === 0) await page.keyboard.press('Control+j');
  await page.getByRole('tab', { name: /^Done/ }).click();
}

test('versions are read only when asked for, and those of an object that lost the focus are forgotten', async () => {
  const { page, context, errors } = await open();
  await page.getByRole('row', { name: /DJI_0412/ }).click();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await inspector.getByRole('tab', { name: 'Details', selected: true }).focus();
  await page.keyboard.press('ArrowRight');
  await inspector.getByRole('tab', { name: 'Versions', selected: true }).waitFor();
  const show = inspector.getByRole('button', { name: 'Show versions' });
  await show.waitFor();
  assert.equal(await list(page, 'DJI_0412.JPG').count(), 0, 'nothing by itself');
  await picture(page, 'D-versions-asked');
  await show.focus();
  await page.keyboard.press('Enter');
  await onRow(page, 'Current');
  assert.equal(await rows(page, 'DJI_0412.JPG').count(), 6);
  assert.equal(await page.locator('.vers [role=row][tabindex="0"]').count(), 1, 'one tab stop');
  await page.getByText('6 in all').waitFor();
  await picture(page, 'D-versions');

  // What a row is, in words; the oldest was written while the bucket kept no versions.
  await page.keyboard.press('ArrowDown');
  await onRow(page, 'Written, 23.0 megabytes, Standard, by ops-anna');
  await page.keyboard.press('End');
  await onRow(page, 'Added, 22.1 megabytes, Standard, Written while the bucket kept no versions');
  await page.keyboard.press('ArrowUp');
  await onRow(page, 'Glacier, archived');
  // It cannot be copied: it says so, and nothing is planned.
  await page.keyboard.press('Enter');
  await page
    .getByText(/has to be thawed before it can be read or copied/)
    .first()
    .waitFor();
  assert.equal(await job(page).count(), 0);
  await page.keyboard.press('ArrowUp');
  await onRow(page, 'Deleted');

  // The menu of a row, by the menu key.
  await page.getByRole('log').getByRole('button', { name: 'Close' }).click();
  await list(page, 'DJI_0412.JPG').locator('[role=row][tabindex="0"]').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Shift+F10');
  const menu = page.getByRole('menu', { name: /Actions of the version of/ });
  await menu.waitFor();
  assert.equal(await menu.getByRole('menuitem', { name: 'Restore…' }).getAttribute('aria-disabled'), 'true');
  await menu.getByText(/has to be thawed/).waitFor();
  await picture(page, 'D-versions-menu');
  await menu.getByRole('menuitem', { name: 'Copy version id' }).click();
  await page.getByText('Version id copied.').waitFor();
  await onRow(page, 'archived');

  await page.getByRole('row', { name: /DJI_0413/ }).click();
  await show.waitFor();
  assert.equal(await page.locator('.vers').count(), 0, 'those of the other object are gone');
  await show.click();
  await page.getByText('This is the only one.').waitFor();
  await goTo(page, 's3://inspections-prod/');
  await page.getByRole('row', { name: /bridges/ }).click();
  await inspector.getByText('A folder is').waitFor();
  assert.equal(await inspector.getByRole('tab').count(), 0, 'a folder has no versions');
  assert.deepEqual(errors, []);
  await context.close();
});

test('2,500 versions come page by page, and only what is seen is in the document', async () => {
  const { page, context, errors } = await open();
  const name = 'flight-log_2026-11-20.csv';
  await ask(page, name);
  await onRow(page, 'Current');
  await page.getByText('1,000 so far').waitFor();
  const older = page.getByRole('button', { name: 'Older versions' });
  await older.focus();
  await page.keyboard.press('Enter');
  await page.getByText('2,000 so far').waitFor();
  await older.waitFor();
  assert.ok(await older.evaluate((button) => button === document.activeElement), 'it keeps the focus');
  await page.keyboard.press('Enter');
  await page.getByText('2,500 in all').waitFor();
  // After the last page it is gone; the focus is on the first row that came.
  await page.waitForFunction(() => document.activeElement?.ariaRowIndex === '2002');
  assert.equal(await older.count(), 0);
  assert.equal(await list(page, name).getAttribute('aria-rowcount'), '2501');
  assert.ok((await rows(page, name).count()) < 40);
  await page.keyboard.press('End');
  await onRow(page, 'Added, 701 kilobytes');
  await picture(page, 'D-versions-many');
  assert.deepEqual(errors, []);
  await context.close();
});

test('an older version is put on top, and undo brings the other back', async () => {
  const { page, context, errors } = await open();
  const name = 'DJI_0412.JPG';
  await ask(page, name);
  await onRow(page, 'Current');
  await page.keyboard.press('Enter');
  await page.getByText('This version is on top already.').waitFor();
  await page.keyboard.press('ArrowDown');
  await onRow(page, 'ops-anna');
  // Its button is the next stop.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.waitForFunction(() => document.activeElement?.ariaLabel?.startsWith('Restore the version of 12 Nov 2026'));
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: /^Restore DJI_0412.JPG of 12 Nov 2026/ });
  await dialog.getByText(/A copy of the version of 12 Nov 2026, \d\d:\d\d is put on top. Nothing is erased/).waitFor();
  await dialog.getByText('Kept: what is deleted').waitFor();
  assert.equal(await dialog.getByRole('radio').count(), 0, 'nothing was deleted');
  await picture(page, 'D-restore');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await rows(page, name).count(), 6, 'nothing was done');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
  await page.getByText(`${name} is restored.`).waitFor();
  await count(page, 7);
  await list(page, name)
    .getByRole('row', { name: /Written, Current, 23.0 megabytes.*by field-upload/ })
    .waitFor();
  // The list shows the object as it is now.
  await page.getByRole('row', { name: /DJI_0412.JPG, 23.0 megabytes/ }).waitFor();
  await showDone(page);
  await page.getByText('1 object restored.').waitFor();
  await picture(page, 'D-restored');
  await undo(page);
  await page.getByText(`${name} is as it was before.`).waitFor();
  // While the transfers are shown the inspector has no room; what it shows then is up to date.
  await page.keyboard.press('Control+j');
  await count(page, 6);
  await page.getByRole('row', { name: /DJI_0412.JPG, 23.3 megabytes/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('what is deleted comes back as a copy on top, and undo deletes it again', async () => {
  const { page, context, errors } = await open();
  const name = 'DJI_0407.JPG';
  await ask(page, name);
  await onRow(page, 'Deleted, Current');
  await picture(page, 'D-versions-deleted');
  // On the marker Enter means what lies below it.
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: `Undelete ${name}?` });
  const copy = dialog.getByRole('radio', { name: 'Put a copy on top' });
  await copy.waitFor();
  assert.equal(await copy.getAttribute('aria-checked'), 'true');
  const away = dialog.getByRole('radio', { name: 'Take the delete marker away' });
  assert.equal(await away.getAttribute('aria-disabled'), 'true', 'two markers are not taken away');
  await dialog.getByText(/It was deleted 2 times/).waitFor();
  await dialog.getByRole('button', { name: 'Undelete', exact: true }).waitFor();
  await picture(page, 'D-undelete');
  await dialog.getByRole('button', { name: 'Undelete', exact: true }).click();
  await page.getByText(`${name} is restored.`).waitFor();
  await count(page, 5);
  await list(page, name)
    .getByRole('row', { name: /Written, Current/ })
    .waitFor();
  assert.equal(
    await list(page, name)
      .getByRole('row', { name: /Deleted/ })
      .count(),
    2,
    'the deletions stay told',
  );
  await showDone(page);
  await undo(page);
  await page.getByText(`${name} is as it was before.`).waitFor();
  await page.getByRole('row', { name: /DJI_0407.JPG, / }).waitFor({ state: 'detached' });
  assert.deepEqual(errors, []);
  await context.close();
});

test('what is deleted comes back when its marker is taken away, by the arrow keys', async () => {
  const { page, context, errors } = await open();
  const name = 'DJI_0408.JPG';
  await ask(page, name);
  await onRow(page, 'Deleted, Current');
  await page.keyboard.press('ArrowDown');
  await onRow(page, 'Written');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: `Undelete ${name}?` });
  await dialog.getByRole('radio', { name: 'Put a copy on top' }).focus();
  await page.keyboard.press('ArrowDown');
  const away = dialog.getByRole('radio', { name: /^Take the .*marker/ });
  // Another plan is made; the choice keeps the focus meanwhile.
  await page.waitForFunction(() => document.activeElement?.getAttribute('data-choice') === 'remove_marker');
  assert.equal(await away.getAttribute('aria-checked'), 'true');
  await dialog.getByRole('button', { name: 'Undelete', exact: true }).click();
  await page.getByText(`${name} is restored.`).waitFor();
  await count(page, 2);
  assert.equal(
    await list(page, name)
      .getByRole('row', { name: /Deleted/ })
      .count(),
    0,
  );
  assert.deepEqual(errors, []);
  await context.close();
});

test('an archived version below a marker comes back only without the marker', async () => {
  const { page, context, errors } = await open();
  const name = 'scan_A14_P07_part1.e57';
  await ask(page, name);
  await onRow(page, 'Deleted, Current');
  await page.keyboard.press('ArrowDown');
  await onRow(page, 'Deep Archive, archived');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: `Undelete ${name}?` });
  const copy = dialog.getByRole('radio', { name: 'Put a copy on top' });
  assert.equal(await copy.getAttribute('aria-disabled'), 'true');
  await dialog.getByText(/has to be thawed before it can be read or copied/).waitFor();
  const away = dialog.getByRole('radio', { name: /^Take the .*marker/ });
  await away.focus();
  await page.keyboard.press('ArrowUp');
  await copy.click({ force: true });
  assert.equal(await away.getAttribute('aria-checked'), 'true');
  await dialog.getByRole('button', { name: 'Undelete', exact: true }).waitFor();
  await picture(page, 'D-undelete-archived');
  await dialog.getByRole('button', { name: 'Undelete', exact: true }).click();
  await page.getByText(`${name} is restored.`).waitFor();
  await count(page, 1);
  await list(page, name)
    .getByRole('row', { name: /Current, 9.64 gigabytes, Deep Archive, archived/ })
    .waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('in a small window the list has room too, and Escape leads back to the objects', async () => {
  const { page, context, errors } = await open('', { viewport: { width: 720, height: 480 }, deviceScaleFactor: 2 });
  await ask(page, 'DJI_0412.JPG');
  await onRow(page, 'Current');
  await page.keyboard.press('End');
  await onRow(page, 'Added');
  const seen = await page.evaluate(() => {
    const row = document.activeElement.getBoundingClientRect();
    return ['.vers .vlist', '.insp'].every((box) => {
      const { top, bottom } = document.querySelector(box).getBoundingClientRect();
      return row.top >= top && row.bottom <= bottom;
    });
  });
  assert.ok(seen, 'the row with the focus is seen whole');
  assert.equal(await page.locator('.insp .prev').isVisible(), false, 'the list has the room of the picture');
  await picture(page, 'D-versions-200');
  await page.keyboard.press('Escape');
  await page.locator('.vers').waitFor({ state: 'detached' });
  await focusOn(page, 'DJI_0412.JPG');
  assert.deepEqual(errors, []);
  await context.close();
});

test('where writing was refused, a restore asks whether to try it again', async () => {
  const { page, context, errors } = await open('&refused');
  await ask(page, 'DJI_0412.JPG');
  await onRow(page, 'Current');
  await page.keyboard.press('ArrowDown');
  await onRow(page, 'ops-anna');
  const button = list(page, 'DJI_0412.JPG')
    .getByRole('button', { name: /^Restore the version of 12 Nov/ })
    .first();
  assert.equal(await button.getAttribute('aria-disabled'), 'true');
  assert.match(await button.getAttribute('title'), /write|refused/);
  await page.keyboard.press('Enter');
  await job(page).getByRole('button', { name: /Try/ }).click();
  await page.getByRole('dialog', { name: /^Restore DJI_0412.JPG of 12 Nov/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
