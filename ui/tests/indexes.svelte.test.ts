import { flushSync } from 'svelte';
import { expect, test, vi } from 'vitest';
import type { Backend } from '../src/lib/backend';
import { Indexes } from '../src/lib/state/indexes.svelte';

const whole = { id: '1', connection: 'c', bucket: 'b', prefix: '', complete: true };

function core(sizes: { ready: boolean }, asked: string[][]): Backend {
  const call = (name: string, args: { prefixes?: string[] }): Promise<unknown> => {
    if (name === 'indexes') return Promise.resolve([whole]);
    asked.push(args.prefixes ?? []);
    const known = (args.prefixes ?? []).map((prefix) => ({ prefix, objects: 2, bytes: 5 }));
    return Promise.resolve(sizes.ready ? { sizes: known, at: 7 } : { sizes: [], at: null });
  };
  return { call } as unknown as Backend;
}

test('a row that was drawn before its size was known shows it later, and no size is asked for twice', async () => {
  vi.useFakeTimers();
  const ready = { ready: false };
  const asked: string[][] = [];
  const indexes = new Indexes(core(ready, asked));
  await indexes.read();
  const shown: (number | undefined)[] = [];
  const stop = $effect.root(() => {
    $effect(() => {
      shown.push(indexes.size('c', 'b', 'a/')?.bytes);
    });
    $effect(() => indexes.want('c', 'b', 'a/'));
  });
  flushSync();
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toEqual([['a/']]);
  expect(shown.at(-1)).toBeUndefined();
  // The index was still being read into memory; a hint says when it is.
  ready.ready = true;
  indexes.changed();
  await vi.advanceTimersByTimeAsync(600);
  flushSync();
  expect(shown.at(-1)).toBe(5);
  indexes.want('c', 'b', 'a/');
  await vi.advanceTimersByTimeAsync(600);
  expect(asked).toHaveLength(2);
  expect(indexes.size('c', 'other', 'a/')).toBeNull();
  stop();
  vi.useRealTimers();
});
