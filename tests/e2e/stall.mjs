// How long the page's main thread is held by one task: what a person feels as a stall.
//
// The processor time of a task is held against the limit: that is what the page does itself. On a busy machine the same task
// takes longer by the clock.
import assert from 'node:assert/strict';

/** Most processor time of one task, in milliseconds, on the machine that `YARDSTICK_MS` is of. */
export const STALL_MS = 50;
/**
 * What `yardstick` takes on the machine that the limit of a stall was set on (its longest task was 29 ms of processor time). The same
 * page has a longest task of 63 ms where the yardstick takes 1.9 times as long.
 */
const YARDSTICK_MS = 20;

/** Records what the page's main thread does, until `browser.stopTracing()`. Gives the function that begins a phase; the last mark ends the last phase. */
export async function startTracing(browser, page) {
  await browser.startTracing(undefined, { categories: ['toplevel', 'blink.user_timing'] });
  return (name) => page.evaluate((text) => void performance.mark(`phase-${text}`), name);
}

/** The limit here, held against what the machine can do in the same minute; a quick machine gets no stricter limit. */
export function allowed(yardstickMs) {
  return Math.round(STALL_MS * Math.max(1, yardstickMs / YARDSTICK_MS));
}

/** Longest task of the page's main thread in each phase, in milliseconds: processor time, and by the clock. */
export function longest(trace, phases) {
  const events = JSON.parse(trace.toString()).traceEvents;
  const marks = events.filter((e) => /^phase-/.test(e.name) && e.cat.includes('blink.user_timing'));
  assert.equal(marks.length, phases.length + 1, 'every phase is marked');
  const { pid, tid } = marks[0];
  const tasks = events.filter((e) => e.pid === pid && e.tid === tid && e.name === 'ThreadControllerImpl::RunTask');
  assert.ok(
    tasks.some((task) => task.tdur > 0),
    'the browser measures processor time',
  );
  return Object.fromEntries(
    phases.map((name, i) => {
      const within = tasks.filter((task) => task.ts >= marks[i].ts && task.ts < marks[i + 1].ts);
      // No spread: a long phase has more tasks than a call takes arguments.
      const most = (field) => within.reduce((top, task) => Math.max(top, task[field] ?? 0), 0) / 1000;
      return [name, { cpu: most('tdur'), clock: most('dur'), tasks: within.length }];
    }),
  );
}

/** The quickest of many runs of a fixed piece of work such as rows are made of: what this machine can do right now. */
export function yardstick(page) {
  return page.evaluate(() => {
    const box = document.body.appendChild(document.createElement('div'));
    box.style.cssText = 'position:fixed;left:-2000px;width:1000px;contain:strict;height:800px';
    let best = Infinity;
    for (let run = 0; run < 40; run += 1) {
      const began = performance.now();
      const rows = Array.from({ length: 100 }, (_, i) => {
        const row = document.createElement('div');
        row.style.cssText = 'display:grid;grid-template-columns:1fr 1fr 1fr 1fr;height:32px';
        for (let cell = 0; cell < 8; cell += 1) {
          const text = row.appendChild(document.createElement('span'));
          text.textContent = `${run} ${i} ${new Intl.NumberFormat('en').format(i * cell * 7919)}`;
        }
        return row;
      });
      box.replaceChildren(...rows);
      void box.scrollHeight;
      best = Math.min(best, performance.now() - began);
    }
    box.remove();
    return best;
  });
}
