// Starts Chromium for the tests: no sandbox (containers), no GPU, no background traffic.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser of this computer. */
export function launch() {
  const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  if (!executablePath) throw new Error('No Chromium found. Install it, or set CHROMIUM to its path.');
  return chromium.launch({ executablePath, args: FLAGS });
}

/** The browser notes every answer of 404; a window of a list that a newer one replaced meanwhile is asked for again. */
const isOfReplacedList = (message) =>
  /status of 404/.test(message.text()) && message.location().url.endsWith('/api/call/listing_window');

/** A page of the size that the design sheets have, with every error of the page collected. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isOfReplacedList(message)) errors.push(message.text());
  });
  await page.goto(url);
  return { page, context, errors };
}
