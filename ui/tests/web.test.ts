import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { webBackend } from '../src/lib/backend/web';

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  location.hash = '#token=secret-1';
  vi.stubGlobal('fetch', fetched);
});
afterEach(() => {
  vi.unstubAllGlobals();
  fetched.mockReset();
});

test('a call is a POST with the token and the arguments', async () => {
  fetched.mockResolvedValue(new Response('[]', { status: 200 }));
  expect(await webBackend().call('buckets', { connection: 'c1' })).toEqual([]);
  const [path, init] = fetched.mock.calls[0] ?? [];
  expect(path).toBe('/api/call/buckets');
  expect(init?.method).toBe('POST');
  expect(init?.body).toBe('{"connection":"c1"}');
  expect(new Headers(init?.headers).get('x-windlass-token')).toBe('secret-1');
});

test('an error of the core arrives as it is', async () => {
  const error = { code: 'no_permission', message: 'You may not.', detail: 'AccessDenied' };
  fetched.mockResolvedValue(new Response(JSON.stringify(error), { status: 403 }));
  await expect(webBackend().call('folders', {})).rejects.toEqual(error);
});

test('an answer that is no error of ours is unexpected', async () => {
  fetched.mockResolvedValue(new Response('<html>', { status: 502 }));
  await expect(webBackend().call('folders', {})).rejects.toMatchObject({ code: 'unexpected' });
});

test('no core, no connection', async () => {
  fetched.mockRejectedValue(new TypeError('failed'));
  await expect(webBackend().call('folders', {})).rejects.toMatchObject({ code: 'offline' });
});

test('a dropped file goes to its place with its path', async () => {
  fetched.mockResolvedValue(new Response('null', { status: 200 }));
  const file = new File(['abc'], 'ü.jpg');
  await webBackend().uploadFile({ connection: 'c', bucket: 'b', prefix: 'p/' }, { path: 'd/ü.jpg', file });
  const url = new URL(String(fetched.mock.calls[0]?.[0]), 'http://x');
  expect(url.pathname).toBe('/api/upload');
  expect(Object.fromEntries(url.searchParams)).toEqual({ connection: 'c', bucket: 'b', prefix: 'p/', path: 'd/ü.jpg' });
  expect(fetched.mock.calls[0]?.[1]?.body).toBe(file);
});
