// Files let go on a folder's row, a bookmark or a bucket, in the built UI on the mock core. Pictures in both themes, each looked over
// by axe, go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTo, onMock, open } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

/** Sends one step of a drag with a file to an element. */
const send = (target, kind, name) =>
  target.evaluate(
    (element, [type, file]) => {
      const data = new DataTransfer();
      data.items.add(new File(['bytes'], file));
      element.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    },
    [kind, name],
  );

test('files let go on a folder row, a bookmark or a bucket go there, and not to the place that is shown', async () => {
  const { page, context, errors } = await open();
  await page.getByRole('button', { name: 'Bookmark this place' }).click();
  await page.locator('.mark button').first().waitFor();
  await goTo(page, 's3://inspections-prod/');
  const folder = page.locator('[role=row][data-drop]').first();
  await folder.waitFor();
  const folderName =
    JSON.parse(await folder.getAttribute('data-drop'))[2]
      .split('/')
      .at(-2) + '/';
  const mark = page.locator('.mark .nav__i[data-drop$="/raw/\\"]"]').first();
  const bucket = page.locator('.nav__i[title="inspections-prod"]');
  for (const [target, name, words] of [
    [folder, 'row.jpg', folderName],
    [mark, 'mark.jpg', 'raw/'],
    [bucket, 'bucket.jpg', 'inspections-prod'],
  ]) {
    await send(target, 'dragover', name);
    await page.getByText(`Drop to upload to ${words}`, { exact: true }).waitFor();
    assert.equal(await page.locator('[data-aimed]').count(), 1, 'one thing is aimed at, and marked');
    assert.ok(await target.evaluate((element) => element.matches('[data-aimed]')), 'it is the one under the pointer');
    await picture(page, `A-drop-${name.split('.')[0]}`);
    await send(target, 'drop', name);
    await page.locator('.dropzone').waitFor({ state: 'detached' });
    assert.equal(await page.locator('[data-aimed]').count(), 0, 'nothing is aimed at any more');
    await page
      .getByText(new RegExp(`goes to ${words}\\.`))
      .first()
      .waitFor();
  }
  // Over nothing of these, the place that is shown takes them: one that no notice names yet.
  await goTo(page, 's3://inspections-prod/bridges/A14-viaduct/');
  await page
    .getByRole('row', { name: /2026-11-20/ })
    .first()
    .waitFor();
  await send(page.getByRole('grid'), 'drop', 'list.jpg');
  await page.getByText('1 file goes to A14-viaduct/.').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a drag that leaves the window, or carries no files, aims at nothing', async () => {
  const { page, context, errors } = await open();
  const bucket = page.locator('.nav__i[title="inspections-prod"]');
  await send(bucket, 'dragover', 'x.jpg');
  await page.locator('.dropzone').waitFor();
  await bucket.evaluate((element) => element.dispatchEvent(new DragEvent('dragleave', { bubbles: true })));
  await page.locator('.dropzone').waitFor({ state: 'detached' });
  await bucket.evaluate((element) =>
    element.dispatchEvent(
      new DragEvent('dragover', { dataTransfer: new DataTransfer(), bubbles: true, cancelable: true }),
    ),
  );
  assert.equal(await page.locator('[data-aimed]').count(), 0, 'text is no file');
  assert.deepEqual(errors, []);
  await context.close();
});
