import { expect, test, vi } from 'vitest';
import type { ObjectRow, Preview } from '../src/lib/api/types';
import type { Backend } from '../src/lib/backend';
import { REST, Previews } from '../src/lib/state/previews.svelte';

const place = { connection: 'c', bucket: 'b', prefix: '' };

function row(key: string, more: Partial<ObjectRow> = {}): ObjectRow {
  const etag = `"${key}"`;
  return {
    ...{
      key,
      name: key,
      folder: false,
      size: 9,
      modified: null,
      class: '',
      etag,
      state: 'stored',
      name_problem: null,
      deleted_at: null,
    },
    ...more,
  };
}

const found: Preview = {
  kind: 'jpeg',
  facts: [],
  position: null,
  picture: { data_url: 'data:image/jpeg;base64,', width: 1, height: 1 },
  text: null,
  table: null,
  missing: null,
};

/** A core whose answers come when the test says so. */
function slow(): { backend: Backend; asked: string[]; answer: (key: string) => void } {
  const asked: string[] = [];
  const open = new Map<string, (preview: Preview) => void>();
  const call = (_: string, { key }: { key: string }): Promise<Preview> => {
    asked.push(key);
    return new Promise((done) => open.set(key, done));
  };
  return { backend: { call } as unknown as Backend, asked, answer: (key) => open.get(key)?.(found) };
}

test('what is scrolled away before its turn is not asked for', async () => {
  vi.useFakeTimers();
  const { backend, asked, answer } = slow();
  const previews = new Previews(backend);
  const drops = Array.from({ length: 20 }, (_, i) => previews.inView(place, row(`${i}.jpg`)));
  for (const drop of drops.slice(0, 14)) drop();
  await vi.advanceTimersByTimeAsync(REST + 40);
  expect(asked).toEqual(['19.jpg', '18.jpg', '17.jpg', '16.jpg']);
  drops[15]?.();
  answer('19.jpg');
  answer('18.jpg');
  await vi.advanceTimersByTimeAsync(REST + 40);
  expect(asked).toEqual(['19.jpg', '18.jpg', '17.jpg', '16.jpg', '14.jpg']);
  expect(previews.picture(place, row('19.jpg'))).toBe('data:image/jpeg;base64,');
  vi.useRealTimers();
});

test('a wish of two places lasts until both are gone, and is asked for once', async () => {
  vi.useFakeTimers();
  const { backend, asked } = slow();
  const previews = new Previews(backend);
  const first = previews.inView(place, row('a.jpg'));
  previews.want(place, row('a.jpg'));
  first();
  await vi.advanceTimersByTimeAsync(REST + 40);
  expect(asked).toEqual(['a.jpg']);
  vi.useRealTimers();
});

test('only what may be a picture is asked for by itself, and nothing that must be restored first', async () => {
  vi.useFakeTimers();
  const { backend, asked } = slow();
  const previews = new Previews(backend);
  previews.inView(place, row('a.txt'));
  previews.inView(place, row('b.jpg', { state: 'archived' }));
  previews.inView(place, row('c.jpg', { size: 0 }));
  previews.inView(place, row('d/', { folder: true }));
  previews.want(place, row('e.txt'));
  await vi.advanceTimersByTimeAsync(REST + 40);
  expect(asked).toEqual(['e.txt']);
  vi.useRealTimers();
});

test('another version of an object is another picture', async () => {
  vi.useFakeTimers();
  const { backend, asked, answer } = slow();
  const previews = new Previews(backend);
  previews.inView(place, row('a.jpg'));
  await vi.advanceTimersByTimeAsync(REST + 40);
  answer('a.jpg');
  await vi.advanceTimersByTimeAsync(1);
  previews.inView(place, row('a.jpg'));
  previews.inView(place, row('a.jpg', { etag: '"new"' }));
  await vi.advanceTimersByTimeAsync(REST + 40);
  expect(asked).toEqual(['a.jpg', 'a.jpg']);
  expect(previews.picture(place, row('a.jpg', { etag: '"new"' }))).toBeNull();
  vi.useRealTimers();
});
