import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TimeCounts, TimePlace, TimePlan, TimeWindow } from '../src/lib/api/types';
import type { Backend, CallName } from '../src/lib/backend';
import type { TimeRoute } from '../src/lib/state/history';
import { TimeTravel } from '../src/lib/state/time.svelte';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 27, 12);
const ROUTE: TimeRoute = {
  kind: 'time',
  connection: 'c',
  bucket: 'b',
  prefix: 'a/',
  moment: null,
  range: '12w',
  show: 'differences',
  text: '',
};
const none = { objects: 0, bytes: 0 };
const ROW = {
  ...{ keys: 1, versions: 1, bytes: 1, requests: 1, complete: true, running: false, rate: null, expected: null },
  ...{ id: 'h1', connection: 'c', bucket: 'b', prefix: '', began_at: NOW - DAY, ended_at: NOW - DAY, error: null },
};
const PLACE: TimePlace = { versions: 'on', index: ROW, filling: null, first: NOW - 50 * DAY, last: NOW - DAY };

const counts = (moment: number): TimeCounts => ({
  ...{ then: none, now: none, same: 0, rewritten: 0, changed: none, added: none },
  deleted: { objects: 1, bytes: 1 },
  earlier: moment - 1000,
  later: moment + 1000,
});
const window = (key: string): TimeWindow => ({
  rows: [{ key, name: key, change: 'deleted', then: null, now: null, when: 1, lone_marker: true }],
  total: 1,
});
const plan = (objects: number): TimePlan => ({
  undelete: { objects, bytes: 1 },
  ...{ unmark: none, roll_back: none, thaw: none, hide: 0, left: 0 },
  price: { kind: 'free', amount: 0, why: '', currency: '', date: '', region: '', lines: [], early: [] },
});

interface Asked {
  name: CallName;
  args: Record<string, unknown>;
  answer: (answer: unknown) => void;
}

/** A core that answers by itself but for the calls that are held. */
function core(held: CallName[] = []) {
  const asked: Asked[] = [];
  const own = (name: CallName, args: Record<string, unknown>): unknown => {
    switch (name) {
      case 'open_time':
        return PLACE;
      case 'time_counts':
        return counts(Number(args.moment));
      case 'time_window':
        return window(`at ${String(args.moment)}`);
      case 'time_plan':
        return plan(1);
      case 'time_samples':
        return { asked: 1, readable: 1, seconds: 3, problem: null };
      default:
        return [];
    }
  };
  const call = (name: CallName, args: Record<string, unknown>): Promise<unknown> =>
    new Promise((resolve) => {
      asked.push({ name, args, answer: resolve });
      if (!held.includes(name)) resolve(own(name, args));
    });
  return {
    backend: { call } as unknown as Backend,
    of: (name: CallName) => asked.filter((each) => each.name === name),
  };
}

const rest = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(NOW);
});
afterEach(() => void vi.useRealTimers());

async function opened(backend: Backend, route = ROUTE): Promise<TimeTravel> {
  const time = new TimeTravel(backend);
  time.open(route, 1);
  await rest(2000);
  return time;
}

test('counts are asked for on every move, one question at a time; rows and plan once the moment rests', async () => {
  const { backend, of } = core(['time_counts']);
  const time = await opened(backend);
  of('time_counts')[0]?.answer(counts(NOW));
  await rest(10);
  const before = { counts: of('time_counts').length, rows: of('time_window').length, plans: of('time_plan').length };
  for (const ago of [1, 2, 3, 4]) {
    time.move(NOW - ago * DAY);
    await rest(50);
  }
  expect(
    of('time_counts')
      .slice(before.counts)
      .map(({ args }) => args.moment),
  ).toEqual([NOW - DAY]);
  of('time_counts')
    .at(-1)
    ?.answer(counts(NOW - DAY));
  await rest(0);
  expect(of('time_counts').at(-1)?.args.moment).toBe(NOW - 4 * DAY);
  expect(time.fresh).toBe(false);
  expect(of('time_window')).toHaveLength(before.rows);
  await rest(200);
  expect(of('time_plan')).toHaveLength(before.plans);
  await rest(100);
  expect(
    of('time_window')
      .slice(before.rows)
      .map(({ args }) => args.moment),
  ).toEqual([NOW - 4 * DAY]);
  expect(
    of('time_plan')
      .slice(before.plans)
      .map(({ args }) => args.moment),
  ).toEqual([NOW - 4 * DAY]);
  of('time_counts')
    .at(-1)
    ?.answer(counts(NOW - 4 * DAY));
  await rest(0);
  expect(time.fresh).toBe(true);
  expect(time.rested?.moment).toBe(NOW - 4 * DAY);
});

test('rows and a plan of an older question are never shown for a newer one', async () => {
  const { backend, of } = core(['time_window', 'time_plan']);
  const time = await opened(backend);
  time.move(NOW - DAY);
  await rest(300);
  time.move(NOW - 2 * DAY);
  await rest(300);
  const [, older, newer] = of('time_window');
  const [, olderPlan, newerPlan] = of('time_plan');
  newer?.answer(window('newer'));
  newerPlan?.answer(plan(2));
  await rest(0);
  older?.answer(window('older'));
  olderPlan?.answer(plan(1));
  await rest(0);
  expect(time.rows.at(0)?.key).toBe('newer');
  expect(time.plan?.undelete.objects).toBe(2);
  expect(time.planned).toBe(NOW - 2 * DAY);
  // A plan that came after the moment went on stays a plan of its own moment, and says that it is behind.
  time.move(NOW - 3 * DAY);
  expect([time.planBehind, time.rowsBehind]).toEqual([true, true]);
});

test('old versions are looked at only when a plan that copies something stood for a second', async () => {
  const { backend, of } = core();
  const time = await opened(backend);
  expect(of('time_samples')).toHaveLength(1);
  time.tick({ key: 'k', change: 'deleted' });
  await rest(900);
  time.tick({ key: 'l', change: 'deleted' });
  expect(time.samples).toBeNull();
  await rest(900);
  expect(of('time_samples')).toHaveLength(1);
  await rest(300);
  expect(of('time_samples')).toHaveLength(2);
  expect(of('time_samples')[1]?.args.choice).toMatchObject({ but: ['k', 'l'] });
  expect(time.samples?.asked).toBe(1);
});

test('ticks belong to their moment and their tab', async () => {
  const { backend } = core();
  const time = await opened(backend, { ...ROUTE, moment: NOW - DAY });
  time.tick({ key: 'k', change: 'deleted' });
  time.move(NOW - 2 * DAY);
  expect(time.ticks.size).toBe(0);
  time.move(NOW - DAY);
  expect([...time.ticks.keys()]).toEqual(['k']);
  time.choose({ added: 'hide' });
  time.open({ ...ROUTE, moment: NOW - DAY }, 2);
  expect([time.ticks.size, time.choice.added]).toEqual([0, 'keep']);
  time.open({ ...ROUTE, moment: NOW - DAY }, 1);
  expect([time.ticks.size, time.choice.added]).toEqual([1, 'hide']);
  expect(time.request()?.restore).toMatchObject({ moment: NOW - DAY, added: 'hide', deleted: true, but: ['k'] });
});

test('a step waits for the counts of the moment that is left', async () => {
  const { backend, of } = core(['time_counts']);
  const time = await opened(backend, { ...ROUTE, moment: NOW - DAY });
  time.step('earlier');
  expect(time.moment).toBe(NOW - DAY);
  of('time_counts')[0]?.answer(counts(NOW - DAY));
  await rest(0);
  expect(time.moment).toBe(NOW - DAY - 1000);
});

test('a moment before the strip makes it reach further back; none is after now', async () => {
  const { backend } = core();
  const time = await opened(backend);
  const notes: (number | null)[] = [];
  time.onroute = ({ moment }) => notes.push(moment);
  time.setRange('30d');
  time.move(NOW - 40 * DAY);
  expect(time.range).toBe('12w');
  time.move(NOW + 5 * DAY);
  expect(time.moment).toBe(time.span.to);
  await rest(400);
  expect(notes.at(-1)).toBeNull();
});
