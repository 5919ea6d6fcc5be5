// A place in time, by keyboard, on the mock core: the strip, the differences, the plan, its review, a restore and its undo; reading the
// versions, buckets without them, and what is refused. Looked over by axe in both themes; pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusOn, goTo, onMock, openAt } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

const SITE = 's3://inspections-prod/bridges/A14-viaduct/';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sept', 'Oct', 'Nov', 'Dec'];

/** A day so many days ago, as it is written: the sample history ends today. */
function day(ago) {
  const at = new Date();
  at.setDate(at.getDate() - ago);
  return `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}`;
}
/** The afternoon before the accident. */
const BEFORE = `${day(15)}, 14:05`;

const slider = (page) => page.getByRole('slider', { name: 'Moment' });
const field = (page) => page.getByRole('textbox', { name: 'Moment that is looked at' });
const plan = (page) => page.getByRole('complementary', { name: 'Restore plan' });
const tab = (page, name) => page.getByRole('tab', { name });
const says = (page) => slider(page).getAttribute('aria-valuetext');
const title = (page, words) => plan(page).getByRole('heading', { name: words }).waitFor();

/** A place, and then the same in time by its keys. */
async function inTime(address = SITE, query = '', options = {}) {
  const opened = await openAt(query, options);
  const { page } = opened;
  await page.locator('.info').waitFor();
  await goTo(page, address);
  await page.getByText(address.split('/').at(-2)).first().waitFor();
  await page.keyboard.press('Control+Shift+T');
  return opened;
}

/** The same, at the afternoon before the accident. */
async function beforeAccident(query = '', options = {}) {
  const opened = await inTime(SITE, query, options);
  await type(opened.page, BEFORE);
  await title(opened.page, /^Restore \d+ objects/);
  return opened;
}

async function type(page, text) {
  await field(page).fill(text);
  await field(page).press('Enter');
}

/** Number in the name of a tab. */
async function number(page, name) {
  const text = await tab(page, name).textContent();
  return Number(/([\d,]+)\s*$/.exec(text)[1].replace(',', ''));
}

/** Waits until the plan follows and its samples are there. */
const checked = (page) => plan(page).getByText('Read access checked on 5 samples').waitFor();

test('a key opens the place in time, arrows go from change to change, and Esc comes back', async () => {
  const { page, context, errors } = await inTime();
  await slider(page).waitFor();
  await page.waitForFunction(() => document.activeElement?.role === 'slider');
  await page.getByRole('heading', { name: 'Nothing differs' }).waitFor();
  await page.getByRole('button', { name: /^Just before .*09:12.*142 deleted/ }).waitFor();
  await picture(page, 'D-time-now');
  assert.match(await says(page), /Nothing differs from now/);

  // One change back is the last of all: what came with it is there already. Before it, it was not.
  const end = await slider(page).getAttribute('aria-valuenow');
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction((then) => document.activeElement.ariaValueNow !== then, end);
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => /Since then: .*added/.test(document.activeElement.ariaValueText));
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => /Nothing differs/.test(document.activeElement.ariaValueText));
  const now = Number(await slider(page).getAttribute('aria-valuenow'));
  await page.keyboard.press('PageDown');
  assert.equal(now - Number(await slider(page).getAttribute('aria-valuenow')), 86_400_000);
  await page.keyboard.press('Control+ArrowLeft');
  await page.keyboard.press('PageUp');
  assert.equal(now - Number(await slider(page).getAttribute('aria-valuenow')), 3_600_000);
  await page.keyboard.press('Home');
  const { from, at } = await slider(page).evaluate((each) => ({ from: each.ariaValueMin, at: each.ariaValueNow }));
  assert.equal(from, at);
  await page.keyboard.press('End');
  await page.getByRole('heading', { name: 'Nothing differs' }).waitFor();

  // What is typed is understood, or it says how to write it.
  await type(page, 'soon');
  await page.getByText('This is no date and time.').waitFor();
  await page.keyboard.press('Escape');
  await type(page, BEFORE);
  assert.equal(await field(page).inputValue(), BEFORE);
  await title(page, /^Restore \d+ objects/);
  await page.getByText(/: 142 deleted$/).waitFor();
  // Ticked off the field, Esc leads back to the list, and Back in the history to the moment.
  await slider(page).focus();
  await page.keyboard.press('Escape');
  await page.getByRole('grid', { name: /^Objects in/ }).waitFor();
  assert.equal(await slider(page).count(), 0);
  await page.keyboard.press('Alt+ArrowRight');
  await slider(page).waitFor();
  assert.equal(await field(page).inputValue(), BEFORE);
  await page.getByRole('button', { name: 'Back to now' }).click();
  await page.getByRole('grid', { name: /^Objects in/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('the handle is dragged: the numbers follow at once, the rows when it rests', async () => {
  const { page, context, errors } = await inTime();
  await slider(page).waitFor();
  const box = await slider(page).boundingBox();
  const y = box.y + 60;
  await page.mouse.move(box.x + box.width - 2, y);
  await page.mouse.down();
  for (let step = 1; step <= 10; step += 1) await page.mouse.move(box.x + box.width * (1 - 0.0214 * step), y);
  await page.waitForFunction(() => /\d deleted/.test(document.querySelector('[role=slider]').ariaValueText));
  await page.mouse.up();
  assert.ok((await number(page, /^Deleted since/)) > 100);
  await page
    .getByRole('row', { name: /^Deleted: / })
    .first()
    .waitFor();
  // Ranges are one stop with arrows; the strip stays where the moment is.
  await page.getByRole('radio', { name: '12 weeks' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('radio', { name: '1 year', checked: true }).waitFor();
  await picture(page, 'D-time-year');
  await page.keyboard.press('ArrowRight');
  await page.getByRole('radio', { name: 'All', checked: true }).waitFor();
  // Of what an early day had, the strip must show it.
  await page.getByRole('radio', { name: '30 days' }).click();
  await type(page, day(60));
  await page.getByRole('radio', { name: '12 weeks', checked: true }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('tabs show kinds of differences, and ticks change the plan', async () => {
  const { page, context, errors } = await beforeAccident();
  await checked(page);
  await picture(page, 'D-time');
  const deleted = await number(page, /^Deleted since/);
  const changed = await number(page, /^Changed since/);
  const added = await number(page, /^Added since/);
  assert.equal(await number(page, /^All differences/), deleted + changed + added);
  const heading = async () => Number(/Restore (\d+)/.exec(await plan(page).locator('h2').textContent())?.[1] ?? 0);
  const whole = await heading();
  await plan(page).getByText('of these, archived').waitFor();
  const waits = (k) =>
    page.waitForFunction((n) => document.querySelector('.time__plan h2').textContent.includes(`Restore ${n} `), k);

  const all = page.getByRole('checkbox', { name: 'Restore all that was deleted or changed' });
  assert.equal(await all.getAttribute('aria-checked'), 'mixed', 'what was added is left');
  await tab(page, /^All differences/).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: /^Deleted since/, selected: true }).waitFor();
  const head = page.getByRole('checkbox', { name: 'Restore all that was deleted' });
  await head.waitFor();
  assert.equal(await head.getAttribute('aria-checked'), 'true');
  await page
    .getByRole('row', { name: /^Deleted: .*raw\/DJI/ })
    .first()
    .waitFor();

  // Space ticks the row with the focus.
  await page.locator('[role=row][tabindex="0"]').focus();
  await page.keyboard.press('End');
  await focusOn(page, 'Deleted: ');
  await page.keyboard.press('Space');
  await focusOn(page, 'In the plan: Left out');
  await waits(whole - 1);
  assert.equal(await head.getAttribute('aria-checked'), 'mixed');
  await plan(page).getByText('1 key is ticked by hand').waitFor();
  await picture(page, 'D-time-ticks');
  await head.click();
  await waits(whole);
  await head.click();
  await page.waitForFunction(
    (n) => document.querySelector('.time__plan h2').textContent.includes(`Restore ${n} `),
    changed - 3,
  );
  await head.click();
  await waits(whole);

  // A filter, and what it does not find.
  await page.getByRole('textbox', { name: 'Filter keys' }).fill('scan_A14');
  await page.waitForFunction(() => document.querySelectorAll('.time__rows .vlist__row').length === 2);
  await page
    .getByRole('row', { name: /In the plan: Thaw first/ })
    .first()
    .waitFor();
  await page.getByRole('textbox', { name: 'Filter keys' }).fill('nothing like it');
  await page.getByText('No key with “nothing like it”').waitFor();
  await page.keyboard.press('Escape');
  await page
    .getByRole('row', { name: /^Deleted: / })
    .first()
    .waitFor();

  // Added ones are kept unless it is said; the same bytes are rolled back only when asked for.
  await tab(page, /^Added since/).click();
  await page
    .getByRole('row', { name: /^Added: .*In the plan: Keep as it is/ })
    .first()
    .waitFor();
  await plan(page).getByRole('radio', { name: 'Hide them with delete markers' }).click();
  await page
    .getByRole('row', { name: /^Added: .*In the plan: Hide/ })
    .first()
    .waitFor();
  await title(page, new RegExp(`^Restore ${whole} objects and hide ${added}`));
  await page.getByRole('checkbox', { name: 'Hide all that was added', checked: true }).waitFor();
  await plan(page).getByRole('radio', { name: 'Keep them' }).click();
  await tab(page, /^Changed since/).click();
  await plan(page)
    .getByRole('checkbox', { name: /same bytes too/ })
    .click();
  await waits(whole + 3);
  await plan(page)
    .getByRole('checkbox', { name: /same bytes too/ })
    .click();
  await waits(whole);

  // The other way back: single markers go, archived or not; the three with two markers are copied.
  await plan(page)
    .getByRole('radio', { name: /^Put a copy on top/ })
    .focus();
  await page.keyboard.press('ArrowDown');
  await plan(page).getByText('Take the delete marker away').first().waitFor();
  await waits(whole + 2);
  await tab(page, /^Deleted since/).click();
  await page
    .getByRole('row', { name: /In the plan: Remove marker/ })
    .first()
    .waitFor();
  await tab(page, /^As it was/).click();
  await page
    .getByRole('row', { name: /^Same: / })
    .first()
    .waitFor();
  await picture(page, 'D-time-then');
  assert.deepEqual(errors, []);
  await context.close();
});

test('a plan is reviewed call by call, started, and taken back', async () => {
  const { page, context, errors } = await beforeAccident();
  await checked(page);
  const listed = Number(
    /Review (\d+)/.exec(
      await plan(page)
        .getByRole('button', { name: /^Review/ })
        .textContent(),
    )[1],
  );
  await plan(page)
    .getByRole('button', { name: /^Review/ })
    .click();
  const review = page.getByRole('dialog', { name: 'Every call of this plan' });
  await page.getByRole('dialog', { name: 'Looking at what is there now' }).waitFor();
  await review.waitFor();
  const calls = review.getByRole('grid', { name: 'Calls of the plan' });
  await calls
    .getByRole('row', { name: /^Copy on top: / })
    .first()
    .waitFor();
  // Two changed within the last hour, after the index was read.
  assert.equal(await calls.getAttribute('aria-rowcount'), String(listed + 2 + 1));
  await review.getByText('2 more than by the index: something changed after it was read.').waitFor();
  await calls
    .getByRole('row', { name: /^Left: .*has to be thawed/ })
    .first()
    .waitFor();
  await picture(page, 'D-time-review');
  await page.keyboard.press('Escape');
  await review.waitFor({ state: 'detached' });

  // Ctrl+Shift+R leads to the button; Enter asks once, and does nothing yet.
  await slider(page).focus();
  await page.keyboard.press('Control+Shift+R');
  await page.waitForFunction(() => document.activeElement?.textContent.includes('Restore…'));
  await page.keyboard.press('Enter');
  const ask = page.getByRole('dialog', { name: new RegExp(`^Restore .*A14-viaduct/? to ${BEFORE}\\?$`) });
  await ask.waitFor();
  await ask.getByText('Nothing is erased').waitFor();
  await ask.getByText('Archived').first().waitFor();
  await picture(page, 'D-time-ask');
  await ask.getByRole('button', { name: 'Restore', exact: true }).click();
  await ask.waitFor({ state: 'detached' });
  await page.getByText(/^Restoring \d+ objects\. It goes on after every interruption\./).waitFor();
  const over = page.getByText(`${listed} objects restored, 2 left as they were.`);
  await over.first().waitFor({ timeout: 30_000 });
  await page.keyboard.press('Control+j');
  await page.getByText('What is shown here is from before it.').waitFor();
  await picture(page, 'D-time-done');

  // Read again, only the archived are still missing.
  await page.getByRole('button', { name: 'Read versions again' }).click();
  await page.getByText(/^Reading again: /).waitFor();
  await page.getByText(/^Reading again: /).waitFor({ state: 'detached' });
  await page.waitForFunction(() =>
    /Deleted since\s*2$/.test(document.querySelector('[role=tab][id$=-deleted]').textContent.trim()),
  );
  assert.equal(await field(page).inputValue(), BEFORE, 'the moment stays');

  // Undo, from the transfers.
  await page.keyboard.press('Control+j');
  await page.getByRole('tab', { name: /^Done/ }).click();
  await page
    .getByRole('button', { name: /^Undo: Restore/ })
    .first()
    .click();
  const back = page.getByRole('dialog', { name: 'Undo the restore?' });
  await back.getByRole('button', { name: /^Undo \d+/ }).click();
  await back.waitFor({ state: 'detached' });
  await page.getByText(/^Taken back: /).waitFor({ timeout: 30_000 });
  assert.deepEqual(errors, []);
  await context.close();
});

test('each tab has a moment and ticks of its own, and the palette leads there', async () => {
  const { page, context, errors } = await beforeAccident();
  await tab(page, /^Deleted since/).click();
  await page
    .getByRole('row', { name: /^Deleted: / })
    .first()
    .waitFor();
  await page
    .getByRole('row', { name: /^Deleted: .*DJI/ })
    .first()
    .getByRole('checkbox')
    .click();
  await plan(page).getByText('1 key is ticked by hand').waitFor();
  await page.keyboard.press('Control+t');
  await page.getByRole('tab', { name: /in time/, selected: true }).waitFor();
  await goTo(page, 's3://inspections-prod/culverts/');
  await page.locator('.info').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('> restore this place');
  await page.getByRole('option', { name: /Restore this place to a moment/, selected: true }).waitFor();
  await page.keyboard.press('Enter');
  await slider(page).waitFor();
  assert.notEqual(await field(page).inputValue(), BEFORE);
  await page.keyboard.press('Control+Tab');
  await page.waitForFunction((text) => document.querySelector('.time__field input')?.value === text, BEFORE);
  await page.getByRole('tab', { name: /^Deleted since/, selected: true }).waitFor();
  await plan(page).getByText('1 key is ticked by hand').waitFor();
  await page.keyboard.press('Control+Shift+T');
  await page.getByRole('grid', { name: /^Objects in/ }).waitFor();
  await page.keyboard.press('F1');
  await page.getByRole('dialog').getByText('Look at this place in time').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('versions are read only when asked for, with a stop, a fault and a way on', async () => {
  const { page, context, errors } = await inTime(SITE, '&trouble&unread');
  await page.getByText('No versions are read yet').waitFor();
  await page.getByText(/nobody knows before\. 1,000 requests cost under \$0\.01/).waitFor();
  await page.waitForFunction(() => document.activeElement?.textContent.includes('Read versions'));
  await picture(page, 'D-time-none');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Reading versions' }).waitFor();
  await page.getByText(/versions, .*requests, 21,400 a second/).waitFor();
  await picture(page, 'D-time-reading').catch((thrown) => {
    // It may be over meanwhile; what axe finds is told all the same.
    if (thrown.code === 'ERR_ASSERTION') throw thrown;
  });
  await page.getByRole('alert').getByText('The server does not answer. Go on when it does again.').waitFor();
  await page.getByText(/^Stopped after .* versions\. What was read is kept\./).waitFor();
  await picture(page, 'D-time-stopped');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText(/^Stopped after/).waitFor();
  await page.getByRole('button', { name: 'Go on' }).click();
  await slider(page).waitFor();
  await page.getByText(/^As of \d\d:\d\d today/).waitFor();
  // While it is read again the old one serves.
  await page.getByRole('button', { name: 'Read again' }).click();
  await page.getByText(/^Reading again: .*The old one serves meanwhile\./).waitFor();
  await slider(page).waitFor();
  await page.getByText(/^Reading again/).waitFor({ state: 'detached' });
  assert.deepEqual(errors, []);
  await context.close();
});

test('a bucket that keeps no versions says what that means, and they are turned on', async () => {
  const { page, context, errors } = await openAt('');
  await page.locator('.info').waitFor();
  await page.getByRole('button', { name: 'New bucket…' }).first().click();
  await page.getByRole('textbox', { name: 'Name' }).fill('field-notes');
  await page.getByRole('button', { name: 'Create bucket' }).click();
  await page.getByText('The bucket field-notes was made.').first().waitFor();
  await goTo(page, 's3://field-notes/');
  await page.getByRole('button', { name: 'Look at this place in time' }).click();
  await page.getByText('This bucket keeps no versions').waitFor();
  await picture(page, 'D-time-off');
  await page.getByRole('button', { name: 'Turn on versions…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Turn on versions in field-notes?' });
  await dialog.getByText('never be turned off again').waitFor();
  await dialog.getByText('Nothing of before comes back').waitFor();
  await picture(page, 'D-time-keep');
  await dialog.getByRole('button', { name: 'Turn on versions' }).click();
  await page.getByText('field-notes keeps versions from now on.').waitFor();
  await page.getByRole('button', { name: 'Read versions' }).click();
  await page.getByText('Nothing was ever here').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a suspended bucket can be looked at, not restored; one that may not be listed says so', async () => {
  const { page, context, errors } = await inTime('s3://inspections-archive/');
  await page.getByText('No versions are read yet').waitFor();
  await page.getByText('Versions are suspended in this bucket.').waitFor();
  await page.getByRole('button', { name: 'Read versions' }).click();
  await slider(page).waitFor();
  await page.getByText(/an undo could not be promised/).waitFor();
  await picture(page, 'D-time-suspended');
  await page.keyboard.press('Escape');
  await goTo(page, 's3://public-reports/');
  await page.keyboard.press('Control+Shift+T');
  await page.getByText('You may not list the versions of this bucket.').waitFor();
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('what cannot be read is told before a restore is begun', async () => {
  const { page, context, errors } = await beforeAccident('&unreadable');
  await plan(page)
    .getByText(/5 of 5 samples cannot be read\..*s3:GetObjectVersion/)
    .waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('in a small window, at twice the size, and with colours forced, all of it is there', async () => {
  const small = await beforeAccident('', { viewport: { width: 720, height: 480 }, deviceScaleFactor: 2 });
  await checked(small.page);
  await picture(small.page, 'D-time-200');
  await tab(small.page, /^Deleted since/).click();
  await small.page
    .getByRole('row', { name: /^Deleted: / })
    .first()
    .waitFor();
  assert.deepEqual(small.errors, []);
  await small.context.close();

  const forced = await beforeAccident('', { forcedColors: 'active' });
  await checked(forced.page);
  await picture(forced.page, 'D-time-forced');
  assert.deepEqual(forced.errors, []);
  await forced.context.close();
});
