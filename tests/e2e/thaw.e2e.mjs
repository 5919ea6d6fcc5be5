// The thaw board on the mock core: what it shows, a thaw from the list to the disk by keyboard alone, what can be changed meanwhile, and
// what a restore left. Looked over by axe in both themes; pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusOn, goTo, onMock, open, openAt } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

const SITE = 's3://inspections-prod/bridges/A14-viaduct/';
const board = (page) => page.getByRole('grid', { name: 'Batches' });
const dialog = (page) => page.getByRole('dialog');
const line = (page, name) => board(page).getByRole('row', { name });
const nav = (page) => page.getByRole('button', { name: /^Thaw board/ });
const press = (page, ...keys) =>
  keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
/** The clock of the mock goes on: thawing takes hours. */
const pass = (page, hours) =>
  page.evaluate((detail) => window.dispatchEvent(new CustomEvent('mock-thaw-hours', { detail })), hours);
/** Waits until what has the focus has this name. */
const focusNamed = (page, name) =>
  page.waitForFunction(
    (text) => (document.activeElement.ariaLabel ?? document.activeElement.textContent).includes(text),
    name,
  );

/** The list of photos, with the focus on the scan in the archive. */
async function onScan(query = '') {
  const opened = await open(query);
  const { page } = opened;
  await page.getByRole('row', { name: /DJI_0401/ }).focus();
  await press(page, 'End', 'ArrowUp', 'ArrowUp');
  await focusOn(page, 'scan_A14_P07_part1.e57');
  return opened;
}

test('the board shows what ends first; its rows open, lead on and can be changed', async () => {
  const { page, context, errors } = await open('&thaw');
  await nav(page).getByText('2 ready').waitFor();
  await press(page, 'Control+Shift+A');
  await line(page, /Case C-1182/).waitFor();
  await page.getByText(/^2 thawing, 2 ready\. \$3\.05 asked for in /).waitFor();
  const names = await board(page)
    .getByRole('row')
    .evaluateAll((rows) => rows.slice(1).map((row) => row.ariaLabel.split(',')[0]));
  assert.deepEqual(names, ['Case C-1182 evidence', 'Ford Lane culvert', 'A14 viaduct', 'Mill Road bridge']);
  await picture(page, 'H-thaw', { guide: 'thaw-board' });

  // Enter opens the objects, Escape leads back to the row.
  await line(page, /Case C-1182/).focus();
  await press(page, 'ArrowDown', 'Enter');
  await dialog(page).getByRole('heading', { name: '1,204 objects of “Ford Lane culvert, 2023”' }).waitFor();
  await dialog(page)
    .getByRole('row', { name: /DJI_0401\.MP4.*Downloaded/ })
    .waitFor();
  await picture(page, 'H-thaw-objects');
  await press(page, 'Escape');
  await focusOn(page, 'Ford Lane culvert');

  // The menu key holds everything that can be done with a row.
  await press(page, 'ArrowDown', 'ArrowDown', 'Shift+F10');
  await page.getByRole('menu', { name: /Mill Road/ }).waitFor();
  await page.getByRole('menuitem', { name: 'Faster…' }).press('Enter');
  await dialog(page)
    .getByRole('radio', { name: /^Standard, \$/, checked: true })
    .waitFor();
  await picture(page, 'H-thaw-faster');
  await dialog(page).getByRole('button', { name: 'Ask again' }).press('Enter');
  await line(page, /Mill Road.*Standard/).waitFor();
  await focusOn(page, 'Mill Road');

  await page.getByRole('button', { name: 'Extend: Case C-1182 evidence' }).click();
  const days = dialog(page).getByRole('textbox', { name: 'Days that the copies can be read' });
  await days.fill('0');
  await dialog(page).getByText('Type a number from 1 to 365.').waitFor();
  assert.equal(await dialog(page).getByRole('button', { name: 'Extend' }).isDisabled(), true);
  await days.fill('10');
  await days.press('Enter');
  await line(page, /Case C-1182.*copy stays until: .* 10 d left/).waitFor();
  await focusOn(page, 'Case C-1182');

  await page.getByRole('button', { name: 'More for A14 viaduct, laser scans' }).click();
  await page.getByRole('menuitem', { name: 'Stop' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Stop' }).click();
  await line(page, /A14 viaduct/).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Past 32' }).click();
  await line(page, /A14 viaduct.*Stopped/).waitFor();
  await picture(page, 'H-thaw-past');
  assert.deepEqual(errors, []);
  await context.close();
});

test('by keyboard alone: from an archived object to the disk, and until the copy ends', async () => {
  const { page, context, errors } = await onScan();
  await press(page, 'Shift+F10');
  await page.getByRole('menuitem', { name: 'Thaw…' }).waitFor();
  await press(page, 'ArrowDown', 'ArrowDown');
  await focusNamed(page, 'Thaw…');
  await press(page, 'Enter');
  await dialog(page).getByRole('heading', { name: 'Thaw 1 object, 9.64 GB?' }).waitFor();
  await dialog(page).getByText('Nothing is asked for before you press Thaw.').waitFor();
  const standard = dialog(page).getByRole('radio', { name: /^Standard, \$/ });
  await standard.waitFor();
  assert.equal(await standard.getAttribute('aria-checked'), 'true');
  await dialog(page).getByText('nothing comes back from Deep Archive in minutes').waitFor();
  await picture(page, 'H-thaw-dialog');
  // Refused speeds are left out by the arrows; keeping the copy longer costs more.
  await standard.focus();
  await press(page, 'ArrowDown');
  await focusNamed(page, 'Bulk');
  const total = dialog(page).locator('.thaw__total .w6');
  const before = await total.textContent();
  await press(page, 'Tab', 'Control+a');
  await page.keyboard.type('90');
  await page.waitForFunction((old) => document.querySelector('.thaw__total .w6').textContent !== old, before);
  await press(page, 'Tab');
  await focusNamed(page, 'Tell me');
  await press(page, 'Tab', 'Tab');
  await focusNamed(page, 'Thaw 1');
  await press(page, 'Enter');

  // The new row has the focus; meanwhile the list tells of it too.
  await line(page, /scan_A14.*Deep Archive, Bulk.*Thawing/).waitFor();
  await focusOn(page, 'scan_A14');
  await press(page, 'Alt+ArrowLeft');
  await page.getByRole('row', { name: /scan_A14.*, Thawing/ }).waitFor();
  await page
    .getByText(/^Thawing\. Ready by /)
    .first()
    .waitFor();
  await pass(page, 48);
  const notice = page.getByRole('log');
  await notice.getByText(/scan_A14_P07_part1\.e57 can be read: 1 object, until /).waitFor();
  await page.getByRole('row', { name: /scan_A14.*, Thawed/ }).waitFor();
  await notice.getByRole('button', { name: 'Download' }).focus();
  await press(page, 'Enter');
  await dialog(page).getByRole('textbox').fill('/home/field/Thawed');
  await press(page, 'Enter');
  await dialog(page).waitFor({ state: 'detached' });
  await press(page, 'Control+Shift+A');
  // All is done that was wanted, so it is over; its copy can be read on until it ends.
  await page.getByRole('button', { name: 'Past 1' }).press('Enter');
  await line(page, /scan_A14.*Over.*1 of 1 downloaded/).waitFor();
  await line(page, /scan_A14/).press('Enter');
  await dialog(page).getByText('Downloaded to /home/field/Thawed').waitFor();
  await press(page, 'Escape');
  // The transfers, which the download opened, would lie over it in the list.
  await press(page, 'Control+j', 'Alt+ArrowLeft');
  await page.getByRole('row', { name: /scan_A14.*, Thawed/ }).waitFor();
  await pass(page, 91 * 24);
  await page.getByRole('row', { name: /scan_A14.*, Archived/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a plan that is not started is forgotten, and a place without archives says so', async () => {
  const { page, context, errors } = await onScan();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await inspector.getByText('Archived. Back in 12 h once it is thawed, or in 48 h for less.').waitFor();
  await inspector.getByRole('button', { name: 'Thaw…' }).click();
  await dialog(page)
    .getByRole('heading', { name: /^Thaw 1 object/ })
    .waitFor();
  await press(page, 'Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await focusNamed(page, 'Thaw…');

  // Quick look says what it is, and leads on.
  await page.getByRole('row', { name: /scan_A14/ }).focus();
  await press(page, 'Control+y');
  await dialog(page).getByText('Archived. Back in 12 h').waitFor();
  await dialog(page).getByRole('button', { name: 'Thaw…' }).press('Enter');
  await dialog(page)
    .getByRole('heading', { name: /^Thaw 1 object/ })
    .waitFor();
  await press(page, 'Escape');

  await press(page, 'Control+Shift+A');
  await page.getByText('Nothing is thawed', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Thaw more…' }).click();
  await dialog(page).getByRole('textbox', { name: 'Folder or prefix' }).fill('reports');
  await press(page, 'Enter');
  await dialog(page).getByRole('heading', { name: 'Nothing here is archived' }).waitFor();
  await press(page, 'Escape');
  await page.getByText('Nothing is thawed', { exact: true }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('what a restore leaves is thawed from its plan, or when it is done', async () => {
  const { page, context, errors } = await openAt('');
  await page.locator('.info').waitFor();
  await goTo(page, SITE);
  await page.getByText('A14-viaduct').first().waitFor();
  await press(page, 'Control+Shift+T');
  const day = new Date(Date.now() - 15 * 86_400_000);
  const field = page.getByRole('textbox', { name: 'Moment that is looked at' });
  await field.fill(`${day.getFullYear()}-${day.getMonth() + 1}-${day.getDate()} 14:05`);
  await field.press('Enter');
  const plan = page.getByRole('complementary', { name: 'Restore plan' });
  await plan.getByRole('button', { name: /^Thaw \d+ archived versions…$/ }).waitFor();
  await picture(page, 'H-thaw-plan');
  await plan.getByRole('button', { name: /^Thaw \d+ archived/ }).click();
  await dialog(page)
    .getByRole('heading', { name: /^Thaw \d+ objects?,/ })
    .waitFor();
  assert.equal(
    await dialog(page).getByRole('radio', { name: 'Go on with the restore' }).getAttribute('aria-checked'),
    'true',
  );
  await press(page, 'Escape');
  await dialog(page).waitFor({ state: 'detached' });

  await plan.getByRole('button', { name: 'Restore…' }).click();
  await dialog(page).getByRole('button', { name: 'Restore', exact: true }).click();
  await page.getByRole('button', { name: /left/ }).first().click();
  const these = page.getByRole('button', { name: 'Thaw these…' });
  await these.waitFor();
  await these.press('Enter');
  await dialog(page)
    .getByRole('heading', { name: /^Thaw \d+ objects?,/ })
    .waitFor();
  await dialog(page)
    .getByRole('button', { name: /^Thaw \d/ })
    .press('Enter');
  await line(page, /Left by a restore.*then restores by itself/).waitFor();
  await page.getByRole('button', { name: /^Restore plan: / }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
