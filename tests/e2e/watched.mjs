// A page that is watched for whatever must never happen: dialogs, errors, other windows, frames, requests to elsewhere, and violations
// of the content policy.
import assert from 'node:assert/strict';

/** Requests of a list that a newer one has replaced meanwhile end in 404, and are made anew. */
const isExpected = (message) => message.location().url.endsWith('/api/call/listing_window');

/** Opens the page; `nothing` fails when something of that kind happened. */
export async function openWatched(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => wrong.push(`error: ${error}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message)) wrong.push(message.text());
  });
  context.on('page', () => wrong.push('a window was opened'));
  const origin = new URL(address).origin;
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith('data:image/')) wrong.push(`request: ${url}`);
  });
  page.on('framenavigated', (frame) => {
    if (frame !== page.mainFrame()) wrong.push(`a frame: ${frame.url()}`);
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
  });
  await page.goto(address);
  const nothing = async (what) => {
    assert.deepEqual(await page.evaluate(() => window.violations), [], `${what}: violations of the content policy`);
    assert.equal(await page.evaluate(() => ({}).polluted), undefined, what);
    assert.equal(await page.evaluate(() => window.ran), undefined, what);
    assert.equal(
      await page.locator('script:not([type=module]), iframe, object, embed, base, meta[http-equiv=refresh]').count(),
      0,
      what,
    );
    assert.deepEqual(wrong, [], what);
  };
  return { page, context, nothing };
}
