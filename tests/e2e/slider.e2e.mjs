// An accident in the practice bucket on the real core: a folder is deleted, the slider is moved to before it, the folder comes
// back and goes again by undo. Pictures go to build/screenshots/; with WINDLASS_SHOTS=docs two of them are the guide's.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { makeHome, startCore } from './core.mjs';
import { picture } from './picture.mjs';

const BUCKET = 'inspections-practice';
const DAY = 'bridges/A14-viaduct/2026-05-12/';

let browser;
let core;
let own;
let connection;

before(async () => {
  own = makeHome();
  core = await startCore(own.home);
  connection = (await core.call('start_practice')).id;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await core?.stop();
  own?.remove();
});

/** Keys below a prefix, as the server has them. */
async function keys(prefix) {
  const place = { connection, bucket: BUCKET, prefix };
  const list = await core.call('open_listing', { ...place, refresh: true });
  const ask = { id: list.id, offset: 0, limit: 1000, sort: 'name', descending: false, filter: '' };
  for (;;) {
    const seen = await core.call('listing_window', ask);
    if (seen.summary.complete) return seen.rows.map((row) => row.key);
    await new Promise((again) => setTimeout(again, 50));
  }
}

/** Waits until the newest job is over, and says what it did. */
async function over(known = '') {
  for (;;) {
    const [job] = await core.call('jobs');
    if (job && job.id !== known && ['done', 'failed'].includes(job.state)) {
      return { kind: job.kind, done: job.done, left: job.left, id: job.id };
    }
    await new Promise((again) => setTimeout(again, 50));
  }
}

test('a folder is deleted, found again with the slider, restored and taken back', { timeout: 180_000 }, async () => {
  assert.equal(await core.call('bucket_versions', { connection, bucket: BUCKET }), 'on');
  const files = (await keys(`${DAY}raw/`)).length;
  assert.ok(files > 3, `${files}`);
  const { page, errors } = await openPage(browser, core.address, { colorScheme: 'light' });
  page.setDefaultTimeout(30_000);
  const goTo = async (address) => {
    await page.keyboard.press('Control+l');
    await page.keyboard.type(address);
    await page.keyboard.press('Enter');
  };
  const slider = page.getByRole('slider', { name: 'Moment' });
  const plan = page.getByRole('complementary', { name: 'Restore plan' });

  // The accident, at least a second after the sample was made: that is what versions tell apart.
  await page.getByRole('grid').getByRole('row').nth(1).waitFor();
  await goTo(`s3://${BUCKET}/${DAY}`);
  await page.getByRole('grid').getByRole('row', { name: /^raw/ }).click();
  await page.keyboard.press('Delete');
  const question = page.getByRole('alertdialog', { name: `Delete ${files} objects?` });
  await question.getByRole('button', { name: `Delete ${files}` }).click();
  const deleted = await over();
  assert.deepEqual([deleted.kind, deleted.done, deleted.left], ['delete', files, 0]);
  assert.deepEqual(await keys(`${DAY}raw/`), []);

  // It opened the transfers, which would lie over half of the page.
  await page.getByRole('tab', { name: /^Done/ }).waitFor();
  await page.keyboard.press('Control+j');
  await page.getByRole('tab', { name: /^Done/ }).waitFor({ state: 'detached' });
  await page.keyboard.press('Control+Shift+T');
  await page.getByRole('button', { name: 'Read versions' }).click();
  await slider.waitFor();
  const wanted = new RegExp(`\\b${files} deleted`);
  await slider.focus();
  for (let step = 0; step < files + 2; step += 1) {
    if (wanted.test(await slider.getAttribute('aria-valuetext'))) break;
    const before = await slider.getAttribute('aria-valuenow');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction((then) => document.activeElement.ariaValueNow !== then, before);
    // The words follow the counts of the moment.
    await page.waitForFunction(() => /Since then|Nothing differs/.test(document.activeElement.ariaValueText));
  }
  await page.waitForFunction((n) => document.activeElement.ariaValueText.includes(`${n} deleted`), files);
  await plan.getByRole('heading', { name: new RegExp(`^Restore ${files} objects`) }).waitFor();
  await plan.getByText(/Read access checked on \d samples/).waitFor();
  await page
    .getByRole('row', { name: /^Deleted: .*raw\// })
    .first()
    .waitFor();
  await picture(page, 'slider', { guide: 'time-slider' });

  await plan.getByRole('button', { name: `Review ${files} objects` }).click();
  const review = page.getByRole('dialog', { name: 'Every call of this plan' });
  await review
    .getByRole('row', { name: /^Copy on top: / })
    .first()
    .waitFor();
  await picture(page, 'slider-review', { guide: 'time-review' });
  await page.keyboard.press('Escape');
  await review.waitFor({ state: 'detached' });

  await page.keyboard.press('Control+Shift+R');
  await page.waitForFunction(() => document.activeElement?.textContent.includes('Restore…'));
  await page.keyboard.press('Enter');
  await page
    .getByRole('dialog', { name: /^Restore / })
    .getByRole('button', { name: 'Restore', exact: true })
    .click();
  const restored = await over(deleted.id);
  assert.deepEqual([restored.kind, restored.done, restored.left], ['restore', files, 0]);
  assert.equal((await keys(`${DAY}raw/`)).length, files);

  // Whoever restores sees how far it is.
  await page.getByRole('tab', { name: /^Done/ }).click();
  await page.getByRole('button', { name: /^Undo: Restore/ }).click();
  const back = page.getByRole('dialog', { name: 'Undo the restore?' });
  await back.getByRole('button', { name: /^Undo \d+/ }).click();
  const undone = await over(restored.id);
  assert.deepEqual([undone.kind, undone.done, undone.left], ['restore', files, 0]);
  assert.deepEqual(await keys(`${DAY}raw/`), []);
  assert.deepEqual(errors, []);
});
