// Pictures of a page in both themes, each looked over by axe: what a machine can tell of contrast, names and roles.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from './core.mjs';
import { forGuide, toGuide } from './guide.mjs';

/** Where pictures go. */
export const shots = join(root, 'build/screenshots');
mkdirSync(shots, { recursive: true });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Fails when axe finds something on the page, or the page is wider than its window. */
export async function examine(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }),
  );
  const told = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((n) => `    ${n.target} ${n.failureSummary}`).join('\n')}`,
  );
  assert.deepEqual(told, [], what);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${what}: ${wide} px too wide`);
}

/**
 * A picture in both themes, each examined; the light one is also kept for the guide, if a name there is given and the guide is
 * being made. The page is light afterwards.
 */
export async function picture(page, name, { guide = null, keep = toGuide } = {}) {
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme });
    await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, theme);
    await page.screenshot({ path: join(shots, `${name}-${theme}.png`) });
    await examine(page, `${name}, ${theme}`);
    if (forGuide && theme === 'light' && guide !== null) await keep(page, guide);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
