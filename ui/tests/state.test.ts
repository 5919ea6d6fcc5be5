import { expect, test, vi } from 'vitest';
import type { ObjectRow, TransferRow, UiEvent } from '../src/lib/api/types';
import { mockBackend } from '../src/lib/backend/mock';
import { toUiError } from '../src/lib/errors';
import { Connect } from '../src/lib/state/connect.svelte';
import { Listing } from '../src/lib/state/listing.svelte';
import { MAX_PAGES, PAGE, Pages } from '../src/lib/state/pages.svelte';
import { Selection } from '../src/lib/state/selection.svelte';
import { group, partCells } from '../src/lib/state/transfers.svelte';

/** Lets everything that is ready run: answers here are promises that are settled already. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}

function row(key: string, size = 1): ObjectRow {
  return {
    key,
    name: key,
    folder: false,
    size,
    modified: null,
    class: '',
    etag: '',
    state: 'stored',
    name_problem: null,
    deleted_at: null,
  };
}

test('pages: bounded, old rows stay until new ones come', async () => {
  let version = 1;
  let reads = 0;
  const pages = new Pages<string>((offset, limit) => {
    reads += 1;
    return Promise.resolve(Array.from({ length: limit }, (_, i) => `${version}:${offset + i}`));
  });
  for (let i = 0; i < 30; i += 1) {
    pages.look(i * PAGE, i * PAGE + 40);
    await settle();
  }
  expect(pages.held).toBeLessThanOrEqual(MAX_PAGES * PAGE);
  expect(pages.at(29 * PAGE)).toBe(`1:${29 * PAGE}`);
  expect(pages.at(0)).toBeUndefined();
  version = 2;
  const before = reads;
  pages.stale();
  expect(pages.at(29 * PAGE)).toBe(`1:${29 * PAGE}`);
  await settle();
  expect(pages.at(29 * PAGE)).toBe(`2:${29 * PAGE}`);
  expect(reads - before).toBe(1);
});

test('pages: an answer of another list never shows', async () => {
  const answers: ((rows: string[]) => void)[] = [];
  const pages = new Pages<string>(() => new Promise((resolve) => answers.push(resolve)));
  pages.look(0, 10);
  pages.clear();
  pages.look(0, 10);
  answers[0]?.(['old']);
  await settle();
  expect(pages.at(0)).toBeUndefined();
  answers[1]?.(['new']);
  await settle();
  expect(pages.at(0)).toBe('new');
});

test('selection: all is a rule with exceptions', () => {
  const selection = new Selection();
  selection.selectAll();
  expect(selection.count(1_000_000)).toBe(1_000_000);
  selection.toggle(row('a', 10));
  expect(selection.has('a')).toBe(false);
  expect(selection.has('b')).toBe(true);
  expect(selection.count(1_000_000)).toBe(999_999);
  expect(selection.bytes(100)).toBe(90);
  selection.toggle(row('a', 10));
  expect(selection.count(1_000_000)).toBe(1_000_000);
  selection.clear();
  selection.toggle(row('x', 5));
  expect(selection.keys()).toEqual(['x']);
  expect(selection.bytes(100)).toBe(5);
});

test('listing: sorts over everything, filters, selects a range that is not loaded', async () => {
  const listing = new Listing(mockBackend());
  const place = { connection: 'c1', bucket: 'inspections-prod', prefix: 'bridges/A14-viaduct/2026-11-20/raw/' };
  await listing.open(place, false);
  await vi.waitFor(() => expect(listing.focused?.name).toBe('overlap-check'));
  expect(listing.total).toBe(385);
  listing.sortBy('size');
  await vi.waitFor(() => expect(listing.pages.at(2)?.name).toBe('scan_A14_P07_part1.e57'));
  listing.selection.anchor = 2;
  await listing.extendTo(384);
  expect(listing.selection.count(listing.total)).toBe(383);
  listing.setFilter('.mp4');
  await vi.waitFor(() => expect(listing.total).toBe(38));
  expect(listing.selection.count(listing.total)).toBe(0);
  listing.selection.selectAll();
  expect(await listing.selectedKeys()).toHaveLength(38);
});

test('listing: a refresh reads again what is on the screen, wherever that is', async () => {
  const backend = mockBackend();
  const listing = new Listing(backend);
  const place = { connection: 'c1', bucket: 'inspections-prod', prefix: 'bridges/' };
  await listing.open(place, false);
  listing.pages.look(250, 290);
  await vi.waitFor(() => expect(listing.pages.at(260)).toBeDefined());
  const gone = listing.pages.at(260)?.key ?? '';
  await backend.call('delete_objects', { connection: 'c1', bucket: 'inspections-prod', keys: [gone] });
  await listing.open(place, true);
  await vi.waitFor(() => expect(listing.pages.at(260)?.key).not.toBe(gone));
  expect(listing.pages.at(260)).toBeDefined();
});

test('listing: the core keeps open what is shown, and nothing else', async () => {
  const backend = mockBackend();
  const open = new Map<string, number>();
  const listing = new Listing({
    ...backend,
    call: async (name, args) => {
      const answer = await backend.call(name, args);
      const add = (id: string, by: number) => open.set(id, (open.get(id) ?? 0) + by);
      if (name === 'open_listing') add((answer as { id: string }).id, 1);
      if (name === 'open_list') add((answer as { summary: { id: string } }).summary.id, 1);
      if (name === 'close_listing') add((args as { id: string }).id, -1);
      return answer;
    },
  } as typeof backend);
  const still = () => [...open].filter(([, times]) => times !== 0);
  const place = { connection: 'c1', bucket: 'inspections-prod', prefix: 'bridges/' };
  const other = { ...place, prefix: '' };
  await listing.open(place, false);
  await listing.open(place, false);
  await listing.open(place, true);
  // The second one overtakes the first.
  await Promise.all([listing.open(other, false), listing.open(place, false)]);
  await vi.waitFor(() => expect(still()).toEqual([[listing.summary?.id, 1]]));
  await listing.open({ ...place, bucket: 'public-reports' }, false);
  await vi.waitFor(() => expect(still()).toEqual([]));
});

test('listing: one that is stopped asks for no more, and goes on from there', async () => {
  vi.useFakeTimers();
  const later = async <T>(work: Promise<T>): Promise<T> => {
    await vi.advanceTimersByTimeAsync(1000);
    return work;
  };
  try {
    const backend = mockBackend();
    const listing = new Listing(backend);
    await later(listing.open({ connection: 'c1', bucket: 'drone-raw-eu', prefix: '' }, false));
    const { id = '', complete } = listing.summary ?? {};
    expect(complete).toBe(false);
    const ask = { id, offset: 0, limit: 1, sort: 'name', descending: false, filter: '' } as const;
    const count = async () => (await later(backend.call('listing_window', ask))).summary.count;
    listing.stop();
    expect(listing.stopped).toBe(true);
    const before = await count();
    expect(await count()).toBe(before);
    listing.goOn();
    await later(Promise.resolve());
    expect(await count()).toBeGreaterThan(before);
    expect([listing.summary?.id, listing.stopped]).toEqual([id, false]);
  } finally {
    vi.useRealTimers();
  }
});

test('listing: where another window replaced the list, the new one is shown, and no error', async () => {
  const backend = mockBackend();
  const gone = new Set<string>();
  const listing = new Listing({
    ...backend,
    call: async (name, args) => {
      if (name === 'listing_window' && gone.has((args as { id: string }).id)) {
        throw { code: 'not_found', message: 'This list was replaced by a newer one.', detail: null };
      }
      return backend.call(name, args);
    },
  } as typeof backend);
  const place = { connection: 'c1', bucket: 'inspections-prod', prefix: 'bridges/' };
  await listing.open(place, false);
  await vi.waitFor(() => expect(listing.pages.at(5)).toBeDefined());
  const old = listing.summary?.id ?? '';
  gone.add(old);
  await backend.call('open_listing', { ...place, refresh: true, deleted: false });
  listing.pages.look(250, 290);
  await vi.waitFor(() => expect(listing.pages.at(260)).toBeDefined());
  expect(listing.error).toBeNull();
  expect(listing.summary?.id).not.toBe(old);
  // One that stays gone is an error, and not asked for without end.
  gone.add(listing.summary?.id ?? '');
  const calls = vi.spyOn(backend, 'call');
  listing.reread();
  await vi.waitFor(() => expect(listing.error?.code).toBe('not_found'));
  expect(calls.mock.calls.length).toBeLessThan(10);
});

test('listing: rows of the list before that come late do not take the place of the new list', async () => {
  const backend = mockBackend();
  let held: (() => void) | null = null;
  let hold = '';
  const listing = new Listing({
    ...backend,
    call: async (name, args) => {
      const answer = await backend.call(name, args);
      if (name === 'open_listing') {
        // While the new list is on its way, the old one is read once more.
        hold = listing.summary?.id ?? '';
        listing.pages.stale();
      }
      if (name === 'listing_window' && (args as { id: string }).id === hold && held === null) {
        await new Promise<void>((resolve) => (held = resolve));
      }
      return answer;
    },
  } as typeof backend);
  const place = { connection: 'c1', bucket: 'inspections-prod', prefix: 'bridges/' };
  await listing.open(place, false);
  const old = listing.summary?.id;
  await listing.open(place, true);
  const fresh = listing.summary?.id;
  expect(fresh).not.toBe(old);
  await vi.waitFor(() => expect(held).not.toBeNull());
  (held as (() => void) | null)?.();
  await vi.waitFor(() => expect(listing.pages.at(5)).toBeDefined());
  await settle();
  expect(listing.summary?.id).toBe(fresh);
});

test('connect: an old test never overwrites a newer one', async () => {
  const backend = mockBackend();
  const connect = new Connect(backend);
  const stop = backend.subscribe((events: UiEvent[]) => events.forEach((event) => connect.event(event)));
  await connect.load();
  connect.pick({ kind: 'profile', name: 'field-upload' });
  const first = connect.test();
  await vi.waitFor(() => expect(connect.results).toHaveLength(1));
  connect.stop();
  await first;
  expect(connect.results).toEqual([]);
  expect(connect.testing).toBe(false);
  stop();
});

test('connect: no silent default for where a secret is kept', async () => {
  const connect = new Connect(mockBackend());
  await connect.load();
  connect.pick({ kind: 'endpoint' });
  expect(connect.gap).toBe('fillEndpoint');
  connect.endpoint = 'ftp://x';
  expect(connect.gap).toBe('endpointBad');
  connect.endpoint = 'https://s3.example.org';
  expect(connect.gap).toBe('fillKey');
  connect.accessKey = 'AKIA';
  connect.secretKey = 'secret';
  expect(connect.gap).toBe('chooseKeep');
  connect.keep = 'passphrase_file';
  expect(connect.gap).toBe('passphraseShort');
  connect.passphrase = 'long enough';
  expect(connect.gap).toBeNull();
});

const transfer: TransferRow = {
  id: 't',
  batch: 'b',
  batch_name: 'B',
  direction: 'up',
  name: 'x',
  to: '',
  size: 1000,
  done: 500,
  parts: 10,
  parts_done: 5,
  state: 'active',
  note: '',
  rate: 0,
  revision: 1,
};

test('part bars have at most 44 cells and are full only at the end', () => {
  expect(partCells(transfer).join('|')).toBe('d|d|d|d|d|a||||');
  expect(partCells({ ...transfer, parts: 10_000, parts_done: 9_999, done: 999 })).toHaveLength(44);
  expect(partCells({ ...transfer, parts: 10_000, parts_done: 9_999, done: 999 })[43]).not.toBe('d');
  expect(partCells({ ...transfer, state: 'safe', size: 0, done: 0, parts: 1, parts_done: 1 })).toEqual(['d']);
});

test('batches keep the order in which they come', () => {
  const batches = group([transfer, { ...transfer, id: '2', batch: 'c' }, { ...transfer, id: '3' }]);
  expect(batches.map((batch) => batch.rows.map((r) => r.id))).toEqual([['t', '3'], ['2']]);
});

test('errors: only known codes pass, everything else is unexpected with its detail', () => {
  expect(toUiError({ code: 'offline', message: 'No line', detail: 'x' })).toEqual({
    code: 'offline',
    message: 'No line',
    detail: 'x',
  });
  expect(toUiError({ code: 'strange', message: 'm' }).code).toBe('unexpected');
  expect(toUiError(new Error('boom')).detail).toBe('boom');
});
