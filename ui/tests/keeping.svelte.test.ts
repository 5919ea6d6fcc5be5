import { expect, test, vi } from 'vitest';
import type { Backend } from '../src/lib/backend';
import { Keeping } from '../src/lib/state/keeping.svelte';

test('a bucket is asked once, again when it could not be, and once more after it was deleted', async () => {
  const answers: (string | Error)[] = [new Error('offline'), 'suspended', 'off'];
  const call = vi.fn((name: string) => {
    const answer = name === 'keep_versions' ? null : answers.shift();
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  const keeping = new Keeping({ call } as unknown as Backend);
  expect(keeping.of('c', 'b')).toBe('unknown');
  keeping.want('c', 'b');
  keeping.want('c', 'b');
  expect(call).toHaveBeenCalledTimes(1);
  await vi.waitFor(() => {
    keeping.want('c', 'b');
    expect(keeping.of('c', 'b')).toBe('suspended');
  });
  keeping.want('c', 'b');
  expect(call).toHaveBeenCalledTimes(2);
  await keeping.turnOn('c', 'b');
  expect(keeping.of('c', 'b')).toBe('on');
  keeping.forget('c', 'b');
  keeping.want('c', 'b');
  await vi.waitFor(() => expect(keeping.of('c', 'b')).toBe('off'));
});
