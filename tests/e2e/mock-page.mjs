// The built UI on the mock core, for the tests of its parts: one server and one browser for a file of tests, pages that begin in a
// folder, pictures in both themes that axe has looked over.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from './browser.mjs';
import { serve } from './static-server.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const dist = join(root, 'ui/dist-mock');
const shots = join(root, 'build/screenshots');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The folder with photos that pages begin in. */
export const RAW = 's3://inspections-prod/bridges/A14-viaduct/2026-11-20/raw/';

let browser;
let server;

/** To be called once in a file of tests. */
export function onMock() {
  before(async () => {
    assert.ok(existsSync(join(dist, 'index.html')), 'run `npm run build:mock` first');
    mkdirSync(shots, { recursive: true });
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

/** A page that shows [`RAW`]. */
export async function open(query = '', options = {}) {
  const { page, context, errors } = await openPage(browser, `${server.url}/?fast${query}`, options);
  page.setDefaultTimeout(15_000);
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

/** A picture in both themes, each looked over by axe. */
export async function shot(page, name) {
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme });
    await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, theme);
    await page.screenshot({ path: join(shots, `${name}-${theme}.png`) });
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
      window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }),
    );
    const broken = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
    assert.deepEqual(broken, [], `axe on ${name} in ${theme}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${name}: ${wide} px too wide`);
  }
}
