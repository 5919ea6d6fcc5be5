// Lifecycle rules by keyboard, on the mock core: their forecast as a chart and as a table, events and what can be done about them, the
// editor with comparison and conflict, and unfinished uploads. Looked over by axe in both themes; pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTo, onMock, openAt } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

const chart = (page) => page.getByRole('grid', { name: 'What the rules will do, line by line' });
const editor = (page, bucket = 'inspections-prod') =>
  page.getByRole('dialog', { name: `Lifecycle rules of ${bucket}`, exact: true });
const events = (page) => page.getByRole('region', { name: 'What to know' });

/** The rules of a bucket, by their keys. */
async function rulesOf(query = '', address = 's3://inspections-prod/', options = {}) {
  const opened = await openAt(query, options);
  const { page } = opened;
  await page.locator('.info').waitFor();
  await goTo(page, address);
  await page.keyboard.press('Control+Shift+L');
  await page.getByRole('heading', { name: 'Lifecycle forecast' }).waitFor();
  return opened;
}

/** The same with the editor open. */
async function edit(query = '') {
  const opened = await rulesOf(query);
  const { page } = opened;
  await chart(page).waitFor();
  await page.getByRole('button', { name: 'Edit rules…' }).click();
  await editor(page)
    .getByRole('button', { name: /^Raw photos/, exact: false })
    .first()
    .waitFor();
  return opened;
}

const rule = (page, name) =>
  editor(page).getByRole('list', { name: 'Rules' }).locator('.rules__pick', { hasText: name });
const field = (page, name) => editor(page).getByRole('textbox', { name, exact: true });
const press = (page, name) => editor(page).getByRole('button', { name, exact: true }).click();

/** Waits until what has the focus says this. */
const says = (page, words) => page.waitForFunction((text) => document.activeElement?.ariaLabel?.includes(text), words);

test('a key opens the forecast, arrows tell what becomes of each line, and Esc comes back', async () => {
  const { page, context, errors } = await rulesOf();
  await chart(page).waitFor();
  await page.getByText(/^6 rules read \d\d:\d\d, run over the local index of 276,471 objects$/).waitFor();
  await events(page).getByText('12,400 objects to Deep Archive').first().waitFor();
  await picture(page, 'H-lifecycle', { guide: 'lifecycle' });

  await chart(page).locator('[tabindex="0"]').focus();
  await says(page, 'Raw photos: Standard, from ');
  await page.keyboard.press('ArrowDown');
  await says(page, 'Raw video: Infrequent, from ');
  await page.keyboard.press('ArrowRight');
  await says(page, 'Raw video: Deep Archive, 12 to 48 h to get back, from ');
  await says(page, '12,400 objects to Deep Archive');
  await page.locator('.lc__told', { hasText: /Raw video: Deep Archive.*Warning on / }).waitFor();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowDown');
  await says(page, 'Processed: Standard, no rule');
  for (let down = 0; down < 3; down += 1) await page.keyboard.press('ArrowDown');
  await says(page, 'Old versions: ');
  await page.keyboard.press('End');
  await says(page, 'Old versions: gone from ');
  await page.keyboard.press('ArrowDown');
  await says(page, 'Storage in ');
  await page.keyboard.press('End');
  await says(page, '$65 a month');

  // The same as a table, and over a shorter time.
  await page.getByRole('radio', { name: 'Chart' }).focus();
  await page.keyboard.press('ArrowRight');
  const table = page.getByRole('table', { name: 'What the rules will do' });
  await table.getByRole('row', { name: /^Thumbnails .*Deleted from .*made again on demand/ }).waitFor();
  await page.getByRole('table', { name: 'Storage a month' }).waitFor();
  await picture(page, 'H-lifecycle-table');
  await page.getByRole('radio', { name: 'Table' }).press('ArrowLeft');
  await page.getByRole('radio', { name: '365 days' }).press('ArrowLeft');
  await page.getByText(/now, .* in 90 days$/).waitFor();
  await picture(page, 'H-lifecycle-90');
  await page.getByRole('radio', { name: '90 days' }).press('ArrowRight');
  await page.getByText(/in a year$/).waitFor();

  // All events, and the one that leads to the plan of a restore.
  await page.getByRole('button', { name: /^All \d events$/ }).click();
  await page.getByText('130,081 objects are deleted').first().waitFor();
  await page.getByRole('button', { name: 'Open plan' }).click();
  await page.getByRole('slider', { name: 'Moment' }).waitFor();
  await page.keyboard.press('Control+Shift+L');
  await chart(page).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('slider', { name: 'Moment' }).waitFor();

  // Another bucket from its menu, and one that may not be read from the palette.
  const row = page
    .getByRole('listitem')
    .filter({ has: page.getByRole('button', { name: 'drone-raw-eu', exact: true }) });
  await row
    .getByRole('button', { name: /drone-raw-eu/ })
    .last()
    .click();
  await page.getByRole('menuitem', { name: 'Lifecycle rules' }).click();
  await page.getByText('No index of this bucket yet').waitFor();
  await goTo(page, 's3://public-reports/');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('> lifecycle');
  await page.getByRole('option', { name: /Lifecycle rules and forecast/, selected: true }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('You may not read the lifecycle rules of this bucket.').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a rule is edited, compared, foretold and saved; edits are not lost unasked', async () => {
  const { page, context, errors } = await edit();
  const dialog = editor(page);
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-current') === 'true');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => document.activeElement?.textContent.includes('Raw video'));
  assert.equal(await field(page, 'Name').inputValue(), 'Raw video');
  await picture(page, 'H-rules');
  assert.equal(await dialog.getByRole('button', { name: 'Compare…' }).isDisabled(), true);

  // What does not fit is told beside its field, and cannot be compared.
  const days = field(page, 'Move to another class 2: Days after the object was written');
  await days.fill('20');
  await dialog.getByText('Each move has to come after the one before.').waitFor();
  await dialog.getByText('1 rule is not in order yet.').waitFor();
  await field(page, 'Name').fill('Reports');
  await dialog.getByText('Another rule has this name.').waitFor();
  await field(page, 'Name').fill('Raw video');
  await days.fill('400');
  await rule(page, 'Raw video').getByText('They go to Deep Archive after 400 days.').waitFor();

  await page.keyboard.press('Escape');
  await dialog.getByText('Your changes are not saved.').waitFor();
  await page.waitForFunction(() => document.activeElement?.textContent.trim() === 'Keep editing');
  await page.keyboard.press('Enter');
  await dialog.getByText('Your changes are not saved.').waitFor({ state: 'detached' });
  assert.equal(await days.inputValue(), '400');

  await press(page, 'Compare…');
  await dialog
    .getByRole('row', { name: /, only in the newer one: .*<Days>400<\/Days>|<Days>400<\/Days>/ })
    .first()
    .waitFor();
  await dialog.getByText('what goes to Deep Archive has to be thawed').waitFor();
  await picture(page, 'H-rules-compare');
  await dialog.getByRole('radio', { name: 'Forecast as if it were saved' }).click();
  await dialog.getByText(/^Storage over 365 days: about \$[\d,]+ instead of \$[\d,]+\.$/).waitFor();
  await chart(dialog)
    .getByRole('gridcell', { name: /^Raw video: Infrequent, from / })
    .waitFor();
  assert.equal(
    await chart(dialog)
      .getByRole('gridcell', { name: /Raw video: Deep Archive/ })
      .count(),
    1,
  );
  await picture(page, 'H-rules-forecast');
  await press(page, 'Save 6 rules');
  await page.getByText('The rules of inspections-prod are saved.').waitFor();
  await dialog.waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.textContent.includes('Edit rules…'));
  await chart(page)
    .getByRole('gridcell', { name: /Raw video: Deep Archive.* from \d+ Nov 2027/ })
    .waitFor();

  // Discarded, nothing is written.
  await page.keyboard.press('Enter');
  await dialog.getByRole('switch', { name: 'Rule Thumbnails in force' }).click();
  await rule(page, 'Thumbnails').getByText('changed').waitFor();
  await page.keyboard.press('Escape');
  await press(page, 'Discard changes');
  await dialog.waitFor({ state: 'detached' });
  await chart(page)
    .getByRole('gridcell', { name: /^Thumbnails: deleted from/ })
    .waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('what somebody else changed meanwhile is shown, and the edits are made again on it', async () => {
  const { page, context, errors } = await edit('&conflict');
  const dialog = editor(page);
  await rule(page, 'Reports').click();
  await field(page, 'Keys that begin with').fill('reports/2026/');
  await press(page, 'Compare…');
  await press(page, 'Save 6 rules');
  await dialog.getByText('Changed since you opened it').waitFor();
  await dialog.getByRole('listitem').filter({ hasText: 'Site notes' }).getByText('new there').waitFor();
  await dialog.getByRole('listitem').filter({ hasText: 'Thumbnails' }).getByText('changed there').waitFor();
  await picture(page, 'H-rules-conflict');
  await press(page, 'Back to my edits');
  await press(page, 'Save 6 rules');
  await press(page, 'Apply my edits to it');
  await dialog.getByRole('row', { name: /reports\/2026\// }).waitFor();
  assert.equal(await dialog.getByRole('row', { name: /150/ }).count(), 0, 'what they changed is no change of mine');
  await press(page, 'Save 7 rules');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText(/^7 rules read/).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('rules are made, copied and deleted, as forms and as JSON', async () => {
  const { page, context, errors } = await edit();
  const dialog = editor(page);
  await press(page, 'New rule');
  await page.waitForFunction(() => document.activeElement?.value === 'New rule');
  await dialog.getByText('This rule does nothing yet.').waitFor();
  await field(page, 'Keys that begin with').fill('/notes');
  await dialog.getByRole('checkbox', { name: 'Delete them' }).click();
  await press(page, 'Compare…');
  // What only the core knows is told with the rule's name, and beside the rule.
  await dialog.getByText('Rule “New rule”: no key here begins with “/”').waitFor();
  await press(page, 'Back to editing');
  await dialog.getByRole('alert').getByText('Rule “New rule”: no key here begins with').waitFor();
  await field(page, 'Keys that begin with').fill('notes/');
  await dialog.getByText('no key here begins with').waitFor({ state: 'detached' });
  await rule(page, 'Exports').click();
  await dialog.getByText('It has ExportHint, which Windlass does not know. This is kept as it is').waitFor();
  await rule(page, 'Thumbnails').press('Delete');
  await rule(page, 'Thumbnails').waitFor({ state: 'detached' });
  await dialog.getByRole('button', { name: 'Reports', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Duplicate' }).click();
  await rule(page, 'Reports copy').waitFor();

  await dialog.getByRole('tab', { name: 'JSON' }).click();
  const json = dialog.getByRole('textbox', { name: 'All rules as JSON' });
  await page.waitForFunction(() => document.querySelector('.rules textarea')?.value.includes('"Reports copy"'));
  const text = await json.inputValue();
  assert.ok(text.includes('"notes/"') && !text.includes('"Thumbnails"'));
  await json.fill(text.replace('"Days": 14', '"Days": '));
  await dialog.getByText('This is no JSON.').waitFor();
  await picture(page, 'H-rules-json');
  // What does not fit cannot become forms.
  await dialog.getByRole('tab', { name: 'Rule', exact: true }).click();
  await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
  await json.fill(text.replace('"Days": 14', '"Days": 21'));
  await dialog.getByText('This can be saved.').waitFor();
  await dialog.getByRole('tab', { name: 'Rule', exact: true }).click();
  await rule(page, 'Exports').getByText('They are deleted after 21 days.').waitFor();
  await dialog.getByRole('tab', { name: 'Rule', exact: true }).press('ArrowLeft');
  await dialog.getByRole('region', { name: 'What is written to the bucket' }).getByText('<ExportHint>').waitFor();
  await press(page, 'Compare…');
  await press(page, 'Save 7 rules');
  await dialog.waitFor({ state: 'detached' });
  await chart(page)
    .getByRole('gridcell', { name: /^Thumbnails: Standard, no rule/ })
    .waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('objects of an event are held by a job, and small ones are left out of a rule', async () => {
  const { page, context, errors } = await rulesOf();
  await page.getByRole('button', { name: /^Hold 11,084…/ }).click();
  const plan = page.getByRole('dialog', { name: 'Hold 11,084 objects?' });
  await plan.waitFor();
  await picture(page, 'H-hold');
  await plan.getByRole('button', { name: /11,084/ }).click();
  await plan.waitFor({ state: 'detached' });
  // A held object is still moved: the event stays, and says how many of them bear a hold.
  await page.keyboard.press('F5');
  await events(page).getByText('12,400 of them bear a hold.').waitFor();
  await page.keyboard.press('Control+j');

  await page.getByRole('button', { name: /^Exclude…/ }).click();
  const larger = field(page, 'Larger than');
  await page.waitForFunction(() => document.activeElement?.value === '128 KiB');
  assert.equal(await larger.inputValue(), '128 KiB');
  await press(page, 'Compare…');
  await editor(page)
    .getByRole('row', { name: /ObjectSizeGreaterThan>131072/ })
    .waitFor();
  await press(page, 'Save 6 rules');
  await page.getByRole('button', { name: /^Exclude…/ }).waitFor({ state: 'detached' });
  assert.deepEqual(errors, []);
  await context.close();
});

test('unfinished uploads are counted and ended; without an index it is read; a small window shows all of it', async () => {
  const { page, context, errors } = await rulesOf('&unread&trouble');
  await page.getByText('No index of this bucket yet').waitFor();
  await page.getByText(/1,000 requests cost under \$0\.01/).waitFor();
  await picture(page, 'H-lifecycle-none');
  await page.getByRole('button', { name: 'Read the index' }).click();
  await page.getByRole('heading', { name: 'Reading versions' }).waitFor();
  await page.getByRole('alert').getByText('The server does not answer.').waitFor();
  await page.getByRole('button', { name: 'Go on' }).click();
  await chart(page).waitFor();

  await page.getByRole('button', { name: 'Lifecycle rules', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Unfinished uploads…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Unfinished uploads' });
  const grid = dialog.getByRole('grid', { name: 'Uploads that nobody finished' });
  await grid
    .getByRole('row', { name: /in use here\. A transfer on this computer uses it/ })
    .first()
    .waitFor();
  await grid.getByRole('checkbox', { name: 'Choose all that can be ended' }).click();
  await dialog.getByText('14 uploads, 12 chosen').waitFor();
  await dialog.getByRole('button', { name: 'Count 12' }).click();
  await dialog.getByText(/12 counted: [\d.]+ GB, \$[\d.]+ a month/).waitFor();
  await picture(page, 'H-orphans');
  await grid.locator('[role=row][tabindex="0"]').focus();
  await page.keyboard.press('Space');
  await dialog.getByText('14 uploads, 11 chosen').waitFor();
  await dialog.getByRole('button', { name: 'End 11 uploads…' }).click();
  await page.waitForFunction(() => document.activeElement?.textContent.trim() === 'Cancel');
  await dialog.getByText('Their parts are deleted for good.').waitFor();
  await dialog.getByRole('button', { name: 'End 11', exact: true }).click();
  await dialog.getByText('10 uploads were ended, 1 were not.').waitFor();
  await dialog.getByRole('button', { name: 'Add a rule that ends them after 7 days' }).click();
  await rule(page, 'End unfinished uploads').getByText('Unfinished uploads are ended after 7 days.').waitFor();
  await press(page, 'Compare…');
  await press(page, 'Save 7 rules');
  await page.getByText(/^7 rules read/).waitFor();
  assert.deepEqual(errors, []);
  await context.close();

  const small = await rulesOf('', 's3://inspections-prod/', {
    viewport: { width: 720, height: 480 },
    deviceScaleFactor: 2,
  });
  await chart(small.page).waitFor();
  await picture(small.page, 'H-lifecycle-200');
  await small.page.getByRole('button', { name: 'Edit rules…' }).click();
  await rule(small.page, 'Raw photos').waitFor();
  assert.ok(await editor(small.page).getByRole('button', { name: 'Compare…' }).isVisible());
  assert.deepEqual(small.errors, []);
  await small.context.close();
  const forced = await rulesOf('', 's3://inspections-prod/', { forcedColors: 'active' });
  await chart(forced.page).waitFor();
  await picture(forced.page, 'H-lifecycle-forced');
  assert.deepEqual(forced.errors, []);
  await forced.context.close();
});
