// Prices on the mock core, by keyboard: the hint beside what is selected, and the question before a large download. Every part is
// looked over by axe in both themes; pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onMock, open } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

test('a large download is asked about, and the safe choice has the focus', async () => {
  const { page, context, errors } = await open();
  const bar = page.getByRole('toolbar', { name: 'Selection' });
  await page.getByRole('row', { name: /DJI_0405/ }).click();
  await page.keyboard.press('Space');
  await bar.getByText(/^(under|about) \$[\d.]+ to download$/).waitFor();
  await page.keyboard.press('Control+a');
  await bar.getByText(/^about \$[\d.]+ without \d+ folders$/).waitFor();
  await picture(page, 'prices-mock-selection');
  await page.keyboard.press('Control+d');
  const dialog = page.getByRole('dialog', { name: /^Download [\d,]+ objects, [\d.]+ GB\?$/ });
  await dialog.getByText(/GB out of eu-central-1 \$[\d.]+, list prices of 2026-11-01/).waitFor();
  await page.waitForFunction(() => document.activeElement?.textContent === 'Cancel');
  await dialog.getByLabel('Ask before downloads of at least').waitFor();
  await picture(page, 'prices-mock-download');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  // What is small is not asked about.
  await page.keyboard.press('Escape');
  await bar.waitFor({ state: 'detached' });
  await page.getByRole('row', { name: /DJI_0405/ }).click();
  await page.keyboard.press('Control+d');
  await page.getByRole('dialog', { name: /^Download 1 item/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});
