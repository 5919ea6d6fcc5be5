// The window with 1,000,000 keys in one prefix, on the real core and the null S3: how soon the first rows of a bucket that was never
// opened are painted after the click, how long one task holds the page while the list fills and is scrolled, sorted and filtered, how
// many frames a second a scroll gives, and how much the page holds afterwards.
//
// usage: node tests/bench/ui.mjs [--keys 1000000] [--clicks 21]; the programs are those that tests/e2e/core.mjs names.
// Figures go to build/bench/ui-many.json; a limit that is missed is one line, and the exit code is 1.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch, openPage } from '../e2e/browser.mjs';
import { draft, makeHome, root, startCore, startNothing } from '../e2e/core.mjs';
import { allowed, longest, startTracing, yardstick } from '../e2e/stall.mjs';

const { values } = parseArgs({
  options: { keys: { type: 'string', default: '1000000' }, clicks: { type: 'string', default: '21' } },
});
const KEYS = Number(values.keys);
const CLICKS = Number(values.clicks);
const LIMITS = { firstRowsMs: 100, heapMb: 150, frameMs: 1000 / 60 };
const PHASES = ['listing', 'scrolling', 'using'];

const percentile = (all, part) =>
  [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.ceil(all.length * part) - 1)];

/** From a click on a bucket to the frame after its first rows are in the page, by the page's own clock. */
function clickToRows(page, bucket) {
  return page.evaluate(
    (name) =>
      new Promise((painted, failed) => {
        const button = [...document.querySelectorAll('.nav__i')].find((one) => one.textContent?.trim() === name);
        if (!button) return failed(new Error(`no bucket ${name}`));
        const began = performance.now();
        const look = () => {
          const grid = document.querySelector(`[role=grid][aria-label="Objects in ${name}"]`);
          const rows = grid?.querySelectorAll('[role=row][aria-label^="DJI_"]').length ?? 0;
          // What is in the page now is on the screen with the frame after this one.
          if (rows > 10) requestAnimationFrame(() => painted(performance.now() - began));
          else requestAnimationFrame(look);
        };
        button.click();
        look();
        return undefined;
      }),
    bucket,
  );
}

/** Frames while a person turns the wheel for two seconds: the median distance of two, and the share that came late. */
function frames(page) {
  return page.evaluate(async () => {
    const list = document.querySelector('.vlist');
    const gaps = [];
    let last = await new Promise(requestAnimationFrame);
    for (const until = last + 2000; last < until;) {
      list.scrollTop += 220;
      const now = await new Promise(requestAnimationFrame);
      gaps.push(now - last);
      last = now;
    }
    gaps.sort((a, b) => a - b);
    return {
      median: gaps[gaps.length >> 1],
      late: gaps.filter((gap) => gap > 34).length / gaps.length,
      count: gaps.length,
    };
  });
}

async function heap(cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Runtime.getHeapUsage')).usedSize / 1e6;
}

async function measure(browser, core) {
  const { page, context } = await openPage(browser, core.address, { colorScheme: 'light' });
  page.setDefaultTimeout(600_000);
  const cdp = await context.newCDPSession(page);
  const bucket = (name) => page.locator('.nav').getByRole('button', { name, exact: true });
  await bucket('list-1').waitFor();
  const cold = [];
  for (let i = 1; i < CLICKS; i += 1) cold.push(await clickToRows(page, `list-${i}`));

  const phase = await startTracing(browser, page);
  await phase('listing');
  const began = performance.now();
  await clickToRows(page, 'list');
  const filled = page.waitForFunction(
    (n) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(n + 1),
    KEYS,
    { polling: 500 },
  );
  let filling = true;
  const complete = filled.then(() => {
    filling = false;
    return performance.now() - began;
  });
  await page.mouse.move(600, 400);
  while (filling) await page.mouse.wheel(0, 1500);
  const completeMs = await complete;
  await phase('scrolling');
  const smooth = await frames(page);
  for (let i = 0; i < 40; i += 1)
    await page.evaluate(
      async (part) => {
        const list = document.querySelector('.vlist');
        list.scrollTop = list.scrollHeight * part;
        await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
      },
      ((i * 7919) % 1000) / 1000,
    );
  await phase('using');
  const last = String(KEYS - 1).padStart(10, '0');
  await page.getByRole('button', { name: 'Size', exact: true }).click();
  await page.locator('[role=columnheader][aria-sort=descending]').waitFor();
  await page.getByRole('button', { name: 'Name', exact: true }).click();
  await page.keyboard.press('/');
  await page.keyboard.type(last);
  await page.getByRole('row', { name: new RegExp(`^DJI_${last}`) }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /^DJI_0000000000/ }).waitFor();
  await page.getByRole('row', { name: /^DJI_0000000000/ }).click();
  await page.keyboard.press('End');
  await page.getByRole('row', { name: new RegExp(`^DJI_${last}`) }).waitFor();
  await phase('end');
  const stalls = longest(await browser.stopTracing(), PHASES);
  const held = await heap(cdp);
  // The same list again, which the journal has by now.
  const warm = [];
  for (let i = 1; i < CLICKS; i += 1) {
    await clickToRows(page, `list-${i}`);
    warm.push(await clickToRows(page, 'list'));
  }
  const work = await yardstick(page);
  await context.close();
  return { cold, warm, completeMs, smooth, stalls, held, work };
}

const own = makeHome();
const server = await startNothing(KEYS, CLICKS);
const core = await startCore(own.home);
const browser = await launch();
try {
  await core.call('save_connection', { draft: draft(server.found, { name: 'Null' }) });
  const got = await measure(browser, core);
  const limit = allowed(got.work);
  const slow = limit / 50;
  const round = (n) => Math.round(n * 10) / 10;
  const figures = {
    keys: KEYS,
    cpus: cpus().length,
    load: round(loadavg()[0]),
    clicks: got.cold.length,
    first_rows_new_ms: { p50: round(percentile(got.cold, 0.5)), p95: round(percentile(got.cold, 0.95)) },
    first_rows_known_ms: { p50: round(percentile(got.warm, 0.5)), p95: round(percentile(got.warm, 0.95)) },
    complete_s: round(got.completeMs / 1000),
    frame_ms: round(got.smooth.median),
    frames_late: round(got.smooth.late * 100),
    ...Object.fromEntries(PHASES.map((name) => [`stall_${name}_ms`, round(got.stalls[name].cpu)])),
    heap_mb: round(got.held),
    yardstick_ms: round(got.work),
    stall_limit_ms: limit,
  };
  mkdirSync(join(root, 'build/bench'), { recursive: true });
  writeFileSync(join(root, 'build/bench/ui-many.json'), `${JSON.stringify(figures, null, 2)}\n`);
  console.log(JSON.stringify(figures, null, 2));
  const missed = [];
  const hold = (what, value, most) => value <= most || missed.push(`${what}: ${round(value)}, at most ${round(most)}`);
  hold('first rows of a new bucket, p95, ms', figures.first_rows_new_ms.p95, LIMITS.firstRowsMs * slow);
  hold('first rows of a known list, p95, ms', figures.first_rows_known_ms.p95, LIMITS.firstRowsMs * slow);
  hold('a frame of a scroll, median, ms', figures.frame_ms, LIMITS.frameMs * 1.05);
  for (const name of PHASES) hold(`longest task, ${name}, ms`, figures[`stall_${name}_ms`], limit);
  hold('heap, MB', figures.heap_mb, LIMITS.heapMb);
  for (const line of missed) console.log(`missed: ${line}`);
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  await browser.close();
  await core.stop();
  await server.stop();
  own.remove();
}
