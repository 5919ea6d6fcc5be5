// Making and deleting a bucket by keyboard alone, on the mock core. Every dialog is looked over by axe in both themes; pictures go to
// build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onMock, open, openAt } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

const places = (page) => page.getByRole('complementary', { name: 'Places' });
const bucket = (page, name) => places(page).getByRole('button', { name, exact: true });

async function command(page, name) {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Command palette' }).fill(`>${name}`);
  await page
    .getByRole('option', { name: new RegExp(name) })
    .first()
    .waitFor();
  await page.keyboard.press('Enter');
}

test('a bucket is made by keyboard: its name is checked while it is typed', async () => {
  const { page, context, errors } = await open();
  await command(page, 'New bucket');
  const dialog = page.getByRole('dialog', { name: 'New bucket' });
  const name = dialog.getByRole('textbox', { name: 'Name' });
  await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
  const create = dialog.getByRole('button', { name: 'Create bucket' });
  await page.keyboard.type('ca');
  assert.equal(await create.isDisabled(), true);
  assert.equal(await name.getAttribute('aria-invalid'), 'false', 'a name that is only begun is not called wrong');
  await page.keyboard.type('rd_photos');
  await dialog.getByText('not “_”').waitFor();
  assert.equal(await name.getAttribute('aria-invalid'), 'true');
  await picture(page, 'buckets-name');
  await page.keyboard.press('Enter');
  await dialog.waitFor();

  await name.fill('inspections-prod');
  await page.waitForFunction(() => document.querySelector('dialog .btn--pri')?.disabled === false);
  await page.keyboard.press('Enter');
  await dialog.getByText('You have a bucket inspections-prod already').waitFor();
  await name.fill('card-photos');
  await page.waitForFunction(() => document.querySelector('dialog .btn--pri')?.disabled === false);
  assert.equal(await dialog.getByRole('textbox', { name: 'Region' }).inputValue(), 'us-east-1');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  const versions = dialog.getByRole('checkbox', { name: 'Keep older versions' });
  const locks = dialog.getByRole('checkbox', { name: 'Allow locks on objects' });
  assert.equal(await locks.getAttribute('aria-checked'), 'true');
  assert.equal(await versions.getAttribute('aria-checked'), 'true', 'locks keep versions');
  await picture(page, 'buckets-new');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('The bucket card-photos was made.').waitFor();
  await bucket(page, 'card-photos').waitFor();
  assert.equal(await bucket(page, 'card-photos').getAttribute('aria-current'), 'page', 'it is shown');
  assert.deepEqual(errors, []);
  await context.close();
});

test('a bucket that holds something says what, and an empty one goes with all that led into it', async () => {
  const { page, context, errors } = await open();
  await command(page, 'Delete bucket');
  let dialog = page.getByRole('alertdialog', { name: 'Delete the bucket inspections-prod?' });
  const field = (name) => dialog.getByRole('textbox', { name: `Type ${name} to delete it` });
  const remove = dialog.getByRole('button', { name: 'Delete bucket' });
  await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT');
  await page.keyboard.type('inspections');
  assert.equal(await remove.isDisabled(), true);
  await page.keyboard.press('Enter');
  await page.keyboard.type('-prod');
  await page.keyboard.press('Enter');
  await dialog.getByRole('alert').getByText('holds 385 objects and 12 older versions').waitFor();
  await picture(page, 'buckets-delete');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  await command(page, 'New bucket');
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('for-a-day');
  await page.waitForFunction(() => document.querySelector('dialog .btn--pri')?.disabled === false);
  await page.keyboard.press('Enter');
  await bucket(page, 'for-a-day').waitFor();
  await page.keyboard.press('Control+b');
  await places(page).getByRole('button', { name: 'for-a-day', exact: true }).nth(1).waitFor();

  // From its row in the sidebar: by the key for menus, and by the button that stands there.
  await bucket(page, 'for-a-day').first().focus();
  await bucket(page, 'for-a-day').first().click({ button: 'right' });
  const menu = page.getByRole('menu', { name: 'More for for-a-day' });
  await menu.getByRole('menuitem', { name: 'Delete bucket…' }).waitFor();
  await page.waitForFunction(() => document.activeElement?.role === 'menuitem');
  await picture(page, 'buckets-menu');
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  await page.keyboard.press('Enter');
  await menu.waitFor();
  await page.waitForFunction(() => document.activeElement?.role === 'menuitem');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  dialog = page.getByRole('alertdialog', { name: 'Delete the bucket for-a-day?' });
  await field('for-a-day').fill('for-a-day');
  await page.keyboard.press('Enter');
  await page.getByText('The bucket for-a-day was deleted.').waitFor();
  await bucket(page, 'for-a-day').first().waitFor({ state: 'detached' });
  assert.equal(await places(page).getByText('for-a-day').count(), 0, 'no bookmark leads there');
  assert.equal(await page.locator('.path').getByText('for-a-day').count(), 0, 'and no tab shows it');
  assert.deepEqual(errors, []);
  await context.close();
});

test('the page of all buckets has the same', async () => {
  const route = encodeURIComponent(JSON.stringify({ kind: 'buckets', connection: 'c1' }));
  const { page, context, errors } = await openAt(`&route=${route}`);
  const list = page.getByRole('list', { name: 'Buckets' });
  await list.waitFor();
  await page.getByRole('main').getByRole('button', { name: 'New bucket…' }).waitFor();
  await list.getByRole('button', { name: 'More for inspections-archive' }).click();
  await page.getByRole('menuitem', { name: 'Delete bucket…' }).waitFor();
  await picture(page, 'buckets-all');
  assert.deepEqual(errors, []);
  await context.close();
});
