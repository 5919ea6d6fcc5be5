// Controls for what was refused here before, on the mock core: they say so, and let a person try again. Looked over by axe in both themes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onMock, open } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

const REFUSED = /^This identity was refused writing here today at \d\d:\d\d\.$/;
const DELETING = /^This identity was refused deleting here today at \d\d:\d\d\.$/;

const disabled = (control) => control.getAttribute('aria-disabled');

test('what was refused here is disabled with its reason, and can be tried again by keyboard', async () => {
  const { page, context, errors } = await open('&refused');
  const upload = page.locator('#upload-button');
  const folder = page.getByRole('button', { name: 'New folder' });
  await page.waitForFunction(() => document.getElementById('upload-button')?.ariaDisabled === 'true');
  assert.match(await upload.getAttribute('title'), REFUSED);
  assert.equal(await disabled(folder), 'true');
  await page.getByRole('row', { name: /DJI_0405/ }).click();
  await page.keyboard.press('Space');
  const bar = page.getByRole('toolbar', { name: 'Selection' });
  const remove = bar.getByRole('button', { name: 'Delete' });
  assert.equal(await disabled(remove), 'true');
  assert.match(await remove.getAttribute('title'), DELETING);
  assert.equal(await disabled(bar.getByRole('button', { name: 'Download' })), null, 'reading was not refused');
  await picture(page, 'refused-bar');

  await page.getByRole('row', { name: /DJI_0405/ }).click({ button: 'right' });
  const item = page.getByRole('menuitem', { name: 'Delete…' });
  assert.equal(await disabled(item), 'true');
  assert.match(await item.getAttribute('title'), DELETING);
  assert.equal(await disabled(page.getByRole('menuitem', { name: 'Download' })), 'false');
  const reasons = await page.getByRole('menu').locator('.menu__why').allInnerTexts();
  assert.ok(reasons.length === 2 && REFUSED.test(reasons[0]) && DELETING.test(reasons[1]), reasons.join());
  await picture(page, 'refused-menu');
  await page.keyboard.press('Escape');

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Command palette' }).fill('>new folder');
  await page.getByRole('option', { name: /New folder.*refused writing here/ }).waitFor();
  await page.keyboard.press('Escape');

  // The key leads to the question, and its safe answer changes nothing.
  await page.getByRole('row', { name: /DJI_0405/ }).focus();
  await page.keyboard.press('Delete');
  const asks = page.getByRole('dialog', { name: 'This was refused before' });
  await asks.getByText(DELETING).waitFor();
  await picture(page, 'refused-asks');
  await page.keyboard.press('Enter');
  await asks.waitFor({ state: 'detached' });
  assert.equal(await disabled(remove), 'true');
  await page.keyboard.press('Delete');
  await asks.waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('alertdialog', { name: 'Delete 1 object?' }).waitFor();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('.selbar .btn--dngtext')?.ariaDisabled);
  assert.equal(await disabled(upload), 'true', 'what else was refused is still so');
  assert.deepEqual(errors, []);
  await context.close();
});

test('where nothing was refused nothing is disabled', async () => {
  const { page, context, errors } = await open();
  assert.equal(await disabled(page.locator('#upload-button')), null);
  await page.getByRole('row', { name: /DJI_0405/ }).click();
  await page.keyboard.press('Delete');
  await page.getByRole('alertdialog', { name: 'Delete 1 object?' }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('files that are let go where writing was refused wait for an answer, and go when it is yes', async () => {
  const { page, context, errors } = await open('&refused');
  await page.waitForFunction(() => document.getElementById('upload-button')?.ariaDisabled === 'true');
  const drop = () =>
    page.getByRole('grid').evaluate((element) => {
      const data = new DataTransfer();
      data.items.add(new File(['bytes'], 'dropped.jpg'));
      element.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    });
  await drop();
  const asks = page.getByRole('dialog', { name: 'This was refused before' });
  await asks.getByText(REFUSED).waitFor();
  await page.keyboard.press('Enter');
  await asks.waitFor({ state: 'detached' });
  assert.equal(await page.getByText('1 file goes to raw/.').count(), 0, 'nothing is uploaded');
  await drop();
  await asks.waitFor();
  await asks.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('1 file goes to raw/.').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('the menu of a bucket says that deleting it was refused, and asks before it is tried again', async () => {
  const { page, context, errors } = await open('&refused');
  await page.locator('.nav__i[title="public-reports"]').click({ button: 'right' });
  const item = page.getByRole('menuitem', { name: 'Delete bucket…' });
  await page.waitForFunction(() => document.querySelector('.menu .dngtext')?.ariaDisabled === 'true');
  assert.match(
    await item.getAttribute('title'),
    /^This identity was refused deleting this bucket today at \d\d:\d\d\.$/,
  );
  await picture(page, 'refused-bucket');
  await item.focus();
  await page.keyboard.press('Enter');
  const asks = page.getByRole('dialog', { name: 'This was refused before' });
  await asks.getByRole('button', { name: 'Try again' }).click();
  await page
    .getByRole('alertdialog')
    .or(page.getByRole('dialog', { name: /public-reports/ }))
    .first()
    .waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
