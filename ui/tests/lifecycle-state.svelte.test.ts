import { describe, expect, test, vi } from 'vitest';
import type { Forecast, ForecastEvent, JobRow, UiError } from '../src/lib/api/types';
import type { Backend } from '../src/lib/backend';
import type { LifecycleRoute } from '../src/lib/state/history';
import { LifecycleView } from '../src/lib/state/lifecycle.svelte';

const route = (bucket: string, days: 90 | 365 = 365): LifecycleRoute => ({
  ...{ kind: 'lifecycle', connection: 'c1', bucket, prefix: '', days },
});
const refused: UiError = { code: 'no_permission', message: 'You may not read the rules.', detail: null };

function view(more: Record<string, (args: Record<string, unknown>) => unknown> = {}) {
  const asked: [string, Record<string, unknown>][] = [];
  const answers: typeof more = {
    lifecycle: ({ bucket }) => ({ mark: `mark of ${String(bucket)}`, rules: [], json: '', xml: '', read_at: 0 }),
    forecast: ({ days }) => ({ to: days, error: null }),
    ...more,
  };
  const call = async (name: string, args: Record<string, unknown>): Promise<unknown> => {
    asked.push([name, args]);
    return answers[name]?.(args) ?? null;
  };
  const shown = new LifecycleView({ call } as unknown as Backend);
  const count = (name: string): number => asked.filter(([each]) => each === name).length;
  return { shown, asked, count };
}

describe('the rules of a bucket and their forecast', () => {
  test('are read once; another reach only runs them again, and is noted', async () => {
    const { shown, asked, count } = view();
    const noted = vi.fn();
    shown.onroute = noted;
    shown.open(route('a'));
    await vi.waitFor(() => expect(shown.forecast?.to).toBe(365));
    shown.open(route('a'));
    shown.reach(90);
    await vi.waitFor(() => expect(shown.forecast?.to).toBe(90));
    expect([count('lifecycle'), count('forecast')]).toEqual([1, 2]);
    expect(noted).toHaveBeenCalledExactlyOnceWith(route('a', 90));
    expect(asked.at(-1)?.[1]).toMatchObject({ mark: 'mark of a', days: 90, edit: null });
    shown.open(route('b'));
    expect(shown.forecast).toBeNull();
    await vi.waitFor(() => expect(shown.rules?.mark).toBe('mark of b'));
    shown.open(null);
    expect(shown.rules).toBeNull();
  });

  test('an answer for a bucket that was left is not shown', async () => {
    const waiting: ((forecast: Forecast) => void)[] = [];
    const { shown } = view({ forecast: () => new Promise((done) => waiting.push(done as never)) });
    shown.open(route('a'));
    await vi.waitFor(() => expect(waiting.length).toBe(1));
    shown.open(route('b'));
    await vi.waitFor(() => expect(waiting.length).toBe(2));
    waiting[1]?.({ to: 2, error: null } as Forecast);
    waiting[0]?.({ to: 1, error: null } as Forecast);
    await vi.waitFor(() => expect(shown.forecast?.to).toBe(2));
    await Promise.resolve();
    expect(shown.forecast?.to).toBe(2);
  });

  test('are run again when a job of the bucket is over, or an index changed; other buckets do not matter', async () => {
    const { shown, count } = view();
    shown.open(route('a'));
    await vi.waitFor(() => expect(shown.forecast).not.toBeNull());
    shown.ended({ connection: 'c1', bucket: 'other' } as JobRow);
    await new Promise((done) => queueMicrotask(() => done(null)));
    expect(count('forecast')).toBe(1);
    shown.ended({ connection: 'c1', bucket: 'a' } as JobRow);
    await vi.waitFor(() => expect(count('forecast')).toBe(2));
    shown.changed();
    await vi.waitFor(() => expect(count('forecast')).toBe(3));
    expect(count('lifecycle')).toBe(1);
  });

  test('say why they cannot be read, and a hold is planned with what was opened', async () => {
    let may = false;
    const { shown, asked } = view({
      lifecycle: () => {
        if (!may) throw refused;
        return { mark: 'm', rules: [], json: '', xml: '', read_at: 0 };
      },
      hold_objects: () => ({ id: 'j1' }),
    });
    shown.open(route('a'));
    await vi.waitFor(() => expect(shown.error?.message).toBe('You may not read the rules.'));
    const event = { kind: 'archived' } as ForecastEvent;
    expect(await shown.hold(event)).toBeNull();
    may = true;
    shown.reload();
    await vi.waitFor(() => expect(shown.forecast).not.toBeNull());
    expect(shown.error).toBeNull();
    expect((await shown.hold(event))?.id).toBe('j1');
    expect(asked.at(-1)?.[1]).toMatchObject({ event, mark: 'm', days: 365 });
    expect(shown.holding).toBeNull();
  });
});
