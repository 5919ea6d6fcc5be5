// The built UI on the mock core, for the tests of its parts: one server and one browser for a file of tests, and pages that begin in a
// folder.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from './browser.mjs';
import { serve } from './static-server.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const dist = join(root, 'ui/dist-mock');

/** The folder with photos that pages begin in. */
export const RAW = 's3://inspections-prod/bridges/A14-viaduct/2026-11-20/raw/';

let browser;
let server;

/** To be called once in a file of tests. */
export function onMock() {
  before(async () => {
    assert.ok(existsSync(join(dist, 'index.html')), 'run `npm run build:mock` first');
    server = await serve(dist);
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });
}

export async function goTo(page, address) {
  await page.keyboard.press('Control+l');
  const field = page.locator('.path input');
  await field.fill(address);
  await field.press('Enter');
  await field.waitFor({ state: 'detached' });
}

/** A page as the query says; without `fast`, large lists come in page by page. */
export async function openAt(query, { fast = true, ...options } = {}) {
  const opened = await openPage(browser, `${server.url}/?${fast ? 'fast' : ''}${query}`, options);
  opened.page.setDefaultTimeout(15_000);
  return opened;
}

/** A page that shows [`RAW`]. */
export async function open(query = '', options = {}) {
  const { page, context, errors } = await openAt(query, options);
  await page.locator('.info').waitFor();
  await goTo(page, RAW);
  await page.getByRole('row', { name: /DJI_0401/ }).waitFor();
  return { page, context, errors };
}

/** Waits until the row with this name has the focus. */
export async function focusOn(page, name) {
  await page.waitForFunction(
    (text) => document.activeElement?.role === 'row' && document.activeElement.ariaLabel?.includes(text),
    name,
  );
}
