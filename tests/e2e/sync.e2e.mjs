// Sync folders that go both ways, in a browser against the mock core: plan, brake, conflicts, undo, options, by keyboard and
// looked over by axe. Pictures of every part in both themes go to build/screenshots/.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test, after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from './browser.mjs';
import { examine, shots } from './picture.mjs';
import { serve } from './static-server.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const dist = join(root, 'ui/dist-mock');

let browser;
let server;

before(async () => {
  assert.ok(existsSync(join(dist, 'index.html')), 'run `npm run build:mock` first');
  server = await serve(dist);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
});

async function open(options = {}, query = '?fast') {
  const opened = await openPage(browser, `${server.url}/${query}`, options);
  opened.page.setDefaultTimeout(15_000);
  await opened.page.locator('.info').waitFor();
  return opened;
}

const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
const dialog = (page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));

async function look(page, name, theme) {
  await page.screenshot({ path: join(shots, `${name}-${theme}.png`) });
  await examine(page, `${name}, ${theme}`);
}

for (const theme of ['light', 'dark']) {
  test(`parts of a sync folder in ${theme}`, async () => {
    const { page, context, errors } = await open({ colorScheme: theme });
    await page.getByTitle(/^Reports/).click();
    await page.getByText('1,284 of 1,284 in step').waitFor();
    await page.getByText('Last complete look 2 min ago').waitFor();
    await look(page, 'C-sync-two-way', theme);
    await page.getByRole('tab', { name: 'Plan' }).click();
    await page.getByRole('button', { name: 'Make a plan' }).click();
    await page.getByRole('treegrid').getByRole('row', { name: /^2026/ }).first().waitFor();
    await page.getByRole('button', { name: 'Unfold 2026', exact: true }).click();
    await page.getByRole('button', { name: 'Unfold ford-lane' }).click();
    await page.getByRole('row', { name: /old-sketch/ }).waitFor();
    await page.getByRole('checkbox', { name: 'Include old-sketch.png' }).click();
    await look(page, 'C-sync-plan', theme);
    await page.getByRole('tab', { name: /Conflicts/ }).click();
    await page.getByRole('row', { name: /DJI_0412/ }).waitFor();
    await look(page, 'C-sync-conflicts', theme);
    await page.getByRole('tab', { name: 'Activity' }).click();
    await page.getByRole('row', { name: /old-sketch/ }).waitFor();
    await look(page, 'C-sync-activity', theme);
    await page.getByRole('tab', { name: /Conflicts/ }).click();
    await page
      .getByRole('row', { name: /DJI_0407/ })
      .getByRole('button', { name: 'Choose…' })
      .click();
    await page.getByAltText('The photo in the bucket').waitFor();
    await look(page, 'G-conflicts', theme);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Options…' }).click();
    await dialog(page).getByLabel('Left out').waitFor();
    await look(page, 'C-sync-options', theme);
    await page.keyboard.press('Escape');
    await page.getByTitle(/^Bridge models/).click();
    await page.getByText('Stopped before deleting all 2,110 objects').first().waitFor();
    await look(page, 'C-sync-asking', theme);
    await page.getByRole('button', { name: 'Answer…' }).click();
    await dialog(page).waitFor();
    await look(page, 'G-brake', theme);
    await page.getByRole('radio', { name: /It was meant: delete/ }).click();
    await look(page, 'G-brake-delete', theme);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Add sync folder…' }).click();
    await page.getByRole('radio', { name: 'Two-way' }).click();
    await look(page, 'C-add-folder-modes', theme);
    await page.getByLabel('Local folder').fill('/home/field/Drawings');
    await page.getByRole('button', { name: 'Add and see the plan' }).click();
    await page.getByRole('treegrid').getByRole('row', { name: /^2026/ }).first().waitFor();
    await look(page, 'C-plan-dialog', theme);
    await page.keyboard.press('Escape');
    await page.getByText('Not started yet').waitFor();
    await look(page, 'C-sync-not-started', theme);
    await page.getByTitle(/^Site photos/).click();
    await page.getByRole('tab', { name: 'Plan' }).click();
    await page.getByRole('button', { name: 'Make a plan' }).click();
    await page.getByRole('treegrid').getByRole('row', { name: /^2026/ }).first().waitFor();
    await look(page, 'C-sync-ingest-plan', theme);
    await page.getByTitle(/^Drawings/).click();
    await page.setViewportSize({ width: 760, height: 520 });
    await page.getByRole('button', { name: 'See the plan…' }).first().click();
    await page.getByRole('treegrid').waitFor();
    await look(page, 'C-plan-dialog-760', theme);
    assert.deepEqual(errors, []);
    await context.close();
  });
}

for (const theme of ['light', 'dark']) {
  test(`every state of a sync folder says what it means, in ${theme}`, async () => {
    const { page, context, errors } = await open({ colorScheme: theme }, '?fast&states');
    const said = async (folder, name, ...texts) => {
      await page.getByTitle(new RegExp(`^${folder}`)).click();
      await page.getByRole('heading', { level: 1, name: folder }).waitFor();
      for (const text of texts) await page.getByRole('main').getByText(text).first().waitFor();
      await look(page, `C-state-${name}`, theme);
    };
    await said('Field notes', 'offline', 'The folder is not there', 'Nothing is deleted on the other side');
    await said('Office share', 'waiting', '288 of 320 in step', 'The sign-in has ended.');
    await said('Old server', 'weak', 'cannot refuse a change that comes too late');
    await said('Public reports', 'nameless', '3 objects in the bucket have names that no file here can have.');
    await page.getByText('3 objects in the bucket').click();
    await page.getByText('../outside.txt').waitFor();
    await look(page, 'C-state-nameless-open', theme);
    await said('Survey plans', 'stopped', 'Stopped: please look', 'Permission denied');
    await said('Cleaned up', 'unmarked', 'its marker file .windlass/root.json is missing', 'Merge again');
    await said('Restored', 'merged', 'Not answering');
    await said('Answered', 'answered', 'Nothing of it is deleted. What is missing comes back.');
    await page.getByTitle(/^Old server/).click();
    await page.getByRole('button', { name: 'What it can do…' }).click();
    await page.getByRole('heading', { name: 'What Old server can do' }).waitFor();
    await page.keyboard.press('Escape');
    assert.deepEqual(errors, []);
    await context.close();
  });
}

/** Presses Tab until this has the focus. */
async function tabTo(page, name) {
  const at = () =>
    page.evaluate(() => {
      const at = document.activeElement;
      return at?.getAttribute('aria-label') ?? at?.labels?.[0]?.textContent ?? at?.textContent?.trim() ?? '';
    });
  for (let i = 0; i < 80; i += 1) {
    if (name.test(await at())) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no Tab leads to ${name}`);
}

test('by keyboard alone: plan, start, conflicts, brake', async () => {
  const { page, context, errors } = await open();
  const key = (name) => page.keyboard.press(name);
  await tabTo(page, /^Add sync folder/);
  await key('Enter');
  await tabTo(page, /^Local folder/);
  await page.keyboard.type('/home/field/Drawings');
  await tabTo(page, /^Ingest/);
  await key('ArrowDown');
  await tabTo(page, /^Add and see the plan/);
  await key('Enter');
  await page.getByRole('row', { name: /^2025/ }).waitFor();
  assert.equal(await focused(page), 'Not now');
  // Up to the tree, a folder opened and one of its files left out.
  await tabTo(page, /^2026/);
  await key('ArrowRight');
  await page.getByRole('row', { name: /^ford-lane/ }).waitFor();
  await key('End');
  await key(' ');
  await page.getByText('1 file is left out').waitFor();
  await tabTo(page, /^Start$/);
  await key('Enter');
  await page.getByText('Drawings has started.').waitFor();
  await tabTo(page, /^Reports/);
  await key('Enter');
  await tabTo(page, /^Choose…/);
  await key('Enter');
  await page.getByAltText('The photo in the bucket').waitFor();
  assert.equal(await focused(page), 'Keep both', 'the focus is on the safe choice');
  await tabTo(page, /^2026\/mill-road\/DJI_0412/);
  await key('ArrowDown');
  await page.getByText('Yours is now DJI_0407 (conflict, field-laptop, 23 Nov).JPG').last().waitFor();
  await tabTo(page, /^What to do with 2026\/mill-road\/DJI_0407/);
  await key('ArrowDown');
  await page.getByText('Keeps both for 4 and keeps yours for 1.').waitFor();
  await tabTo(page, /^Resolve 5/);
  await key('Enter');
  await page.getByText('5 conflicts resolved.').waitFor();
  await tabTo(page, /^Bridge models/);
  await key('Enter');
  await tabTo(page, /^Answer…/);
  await key('Enter');
  await page.getByRole('alertdialog').waitFor();
  assert.equal(await focused(page), 'Keep everything');
  await tabTo(page, /^Keep everything and pause/);
  await key('ArrowUp');
  await tabTo(page, /^Type 2110 to allow/);
  await page.keyboard.type('2,110');
  await tabTo(page, /^Delete 2,110/);
  await key('Enter');
  await page.getByText('It goes on with exactly that.').first().waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a two-way folder begins with its plan, and what is unticked is left out', async () => {
  const { page, context, errors } = await open();
  await page.getByRole('button', { name: 'Add sync folder…' }).click();
  await page.getByLabel('Local folder').fill('/home/field/Drawings');
  await page.getByRole('radio', { name: 'Ingest' }).focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.getByRole('radio', { name: 'Two-way' }).getAttribute('aria-checked'), 'true');
  await page.getByRole('button', { name: 'Add and see the plan' }).click();
  await page.getByRole('heading', { name: 'What Drawings would do' }).waitFor();
  assert.equal(await focused(page), 'Not now', 'the focus is on the safe choice');
  await page.getByText(/^Uploads 36 new files/).waitFor();
  // The tree by keyboard: open, go down, leave a folder out.
  const row = (name) => page.getByRole('row', { name });
  await row(/^2025/).waitFor();
  await page.getByRole('treegrid').locator('[role=row][tabindex="0"]').focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await row(/ford-lane/).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const tick = (name) => page.getByRole('checkbox', { name: `Include ${name}`, exact: true });
  assert.equal(await tick('mill-road').getAttribute('aria-checked'), 'true');
  await row(/mill-road/).focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowDown');
  await row(/mill-road/).focus();
  await page.keyboard.press(' ');
  assert.equal(await tick('mill-road').getAttribute('aria-checked'), 'false');
  assert.equal(await tick('2026').getAttribute('aria-checked'), 'mixed');
  await page.getByText('36 files are left out: neither sent, fetched nor deleted.').waitFor();
  await page.getByRole('button', { name: 'Deletes and replaces' }).click();
  await row(/mill-road/).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByText('Drawings has started.').waitFor();
  await page.getByRole('button', { name: 'Options…' }).click();
  assert.equal(await dialog(page).getByLabel('Left out').inputValue(), '/2026/mill-road/');
  assert.deepEqual(errors, []);
  await context.close();
});

test('the brake: Enter and Escape delete nothing, a delete needs its number', async () => {
  const { page, context, errors } = await open();
  await page.getByTitle(/^Bridge models: Asks you/).click();
  await page.getByRole('button', { name: 'Answer…' }).click();
  const asks = page.getByRole('alertdialog');
  await asks.getByText(/wants to delete 2,110 objects in the bucket/).waitFor();
  assert.equal(await focused(page), 'Keep everything');
  await page.keyboard.press('Escape');
  await asks.waitFor({ state: 'detached' });
  await page.getByText('Stopped before deleting all 2,110 objects').first().waitFor();

  await page.getByRole('button', { name: 'Answer…' }).click();
  await asks.getByRole('radio', { name: /It was meant/ }).click();
  const act = asks.getByRole('button', { name: 'Delete 2,110' });
  assert.ok(await act.isDisabled());
  await asks.getByLabel('Type 2110 to allow').fill('211');
  assert.ok(await act.isDisabled(), 'another number allows nothing');
  await asks.getByLabel('Type 2110 to allow').fill('2110');
  await page.keyboard.press('Enter');
  await asks.waitFor();
  assert.ok(await act.isEnabled());
  // The focus stays inside: Tab goes round within the dialog.
  for (let i = 0; i < 12; i += 1) {
    await page.keyboard.press('Tab');
    const where = await page.evaluate(() => {
      const at = document.activeElement;
      return at === document.body || at?.closest('dialog') !== null;
    });
    assert.ok(where, 'the focus left the dialog');
  }
  await act.click();
  await page.getByText('It goes on with exactly that.').first().waitFor();
  await page.getByRole('button', { name: 'Answer…' }).waitFor({ state: 'detached' });
  assert.deepEqual(errors, []);
  await context.close();
});

test('the brake: bring back, keep and pause, see all of it', async () => {
  const { page, context, errors } = await open();
  await page.getByTitle(/^Bridge models/).click();
  await page.getByRole('button', { name: 'Answer…' }).click();
  await page.getByRole('button', { name: 'See all 2,110' }).click();
  await page.getByRole('treegrid').waitFor();
  await page.getByText(/2,110 files, 2,110 deleted or replaced/).waitFor();
  await page.getByRole('button', { name: 'Answer…' }).click();
  await page.getByRole('button', { name: 'Keep everything' }).click();
  await page.getByRole('alertdialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Resume' }).first().waitFor();
  await page.getByRole('button', { name: 'Answer…' }).click();
  await page.getByRole('radio', { name: /It was not meant: bring 2,110 files back/ }).click();
  await page.getByRole('button', { name: 'Bring back' }).click();
  await page
    .getByText(/What is missing comes back/)
    .first()
    .waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('conflicts: one dialog for all, its sentence counts what is chosen', async () => {
  const { page, context, errors } = await open();
  await page.getByTitle(/^Reports/).click();
  await page.getByText('5 files were changed on both sides. Both are kept; nothing is lost.').waitFor();
  await page.getByRole('button', { name: 'Choose…' }).click();
  const asks = page.getByRole('dialog');
  await asks.getByText('Keeps both for 5. Nothing is lost.').waitFor();
  await asks.getByLabel('What to do with 2026/mill-road/DJI_0407.JPG').selectOption('mine');
  await asks.getByText('Keeps both for 4 and keeps yours for 1. Nothing is lost.').waitFor();
  await asks.getByLabel('What to do with 2026/mill-road/DJI_0413.JPG').selectOption('theirs');
  await asks.getByLabel('What to do with 2026/mill-road/span-3.e57').selectOption('later');
  const sentence = 'Keeps both for 2, keeps yours for 1, keeps the bucket’s for 1 and leaves 1 for later.';
  await asks.getByText(sentence).waitFor();
  await asks.getByText('written by device 7f3a91c2').waitFor();
  await asks.getByRole('button', { name: 'Resolve 4' }).click();
  await page.getByText('4 conflicts resolved.').waitFor();
  await page.getByText('1 file was changed on both sides.').waitFor();
  await page.getByRole('button', { name: 'Choose…' }).click();
  await asks.getByRole('button', { name: 'Decide later' }).click();
  assert.ok(await asks.getByRole('button', { name: 'Resolve 0' }).isDisabled());
  await page.keyboard.press('Escape');
  await asks.waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'Choose…', 'the focus comes back to where it was');
  assert.deepEqual(errors, []);
  await context.close();
});

test('activity: what can be taken back is, what cannot says why', async () => {
  const { page, context, errors } = await open();
  await page.getByTitle(/^Reports/).click();
  await page.getByRole('tab', { name: 'Activity' }).click();
  const rename = page.getByRole('button', { name: 'Undo: 2025/overview.pdf' });
  assert.equal(await rename.getAttribute('aria-disabled'), 'true');
  assert.match((await rename.getAttribute('title')) ?? '', /Rename it back/);
  await page.getByRole('row', { name: /overview/ }).focus();
  await page.keyboard.press('Enter');
  await page
    .locator('.toast')
    .getByText(/Rename it back/)
    .waitFor();
  await page.getByRole('button', { name: 'Undo: 2026/ford-lane/draft-2.docx' }).click();
  await page.getByText('2026/ford-lane/draft-2.docx is back.').waitFor();
  await page
    .getByRole('row', { name: /draft-2/ })
    .getByText('Taken back')
    .waitFor();
  await page.getByRole('tab', { name: 'Activity' }).focus();
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('grid', { name: 'Conflicts' }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('another mode pauses the folder and shows its plan', async () => {
  const { page, context, errors } = await open();
  await page.getByTitle(/^Reports/).click();
  await page.getByRole('button', { name: 'Options…' }).click();
  await dialog(page).getByLabel('Files an hour').fill('many');
  await dialog(page).getByText('Numbers only, and shares up to 100.').waitFor();
  assert.ok(await dialog(page).getByRole('button', { name: 'Save' }).isDisabled());
  await dialog(page).getByLabel('Files an hour').fill('50');
  await dialog(page).getByRole('radio', { name: 'Mirror down' }).click();
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'What Reports would do' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('Not started yet').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
