import { beforeAll, expect, test, vi } from 'vitest';
import type { ObjectRow, Playing, UiError } from '../src/lib/api/types';
import type { Backend } from '../src/lib/backend';
import { Player } from '../src/lib/state/player.svelte';

const place = { connection: 'c', bucket: 'b', prefix: '' };
const row: ObjectRow = {
  ...{ key: 'a.webm', name: 'a.webm', folder: false, size: 9, modified: null, class: '', etag: '"e"' },
  ...{ state: 'stored', name_problem: null, deleted_at: null },
};
const open: Playing = { id: 'id', address: 'http://127.0.0.1:1/id', media: 'video/webm' };

beforeAll(() => {
  vi.stubGlobal('MediaError', { MEDIA_ERR_NETWORK: 2, MEDIA_ERR_DECODE: 3, MEDIA_ERR_SRC_NOT_SUPPORTED: 4 });
});

/** A core that answers `play` when the test says so. */
function core(trouble: UiError | null = null, native = false) {
  const asked: string[] = [];
  let done: (playing: Playing) => void = () => undefined;
  let failed: (error: unknown) => void = () => undefined;
  const call = (name: string, args: object): Promise<unknown> => {
    asked.push(`${name} ${JSON.stringify(args)}`);
    if (name === 'play') return new Promise((a, b) => ([done, failed] = [a, b]));
    return Promise.resolve(name === 'play_trouble' ? trouble : null);
  };
  const backend = { call, native } as unknown as Backend;
  return { player: new Player(backend), asked, opened: () => done(open), refused: (e: unknown) => failed(e) };
}

test('nothing is asked before it is played, and stopping ends it in the core', async () => {
  const { player, asked, opened } = core();
  expect(asked).toEqual([]);
  const playing = player.play(place, row);
  expect(player.opening).toBe(true);
  opened();
  await playing;
  expect([player.opening, player.open]).toEqual([false, open]);
  player.stop();
  player.stop();
  expect(player.open).toBeNull();
  expect(asked).toEqual([
    'play {"connection":"c","bucket":"b","key":"a.webm","etag":"\\"e\\""}',
    'stop_playing {"id":"id"}',
  ]);
});

test('what opens after it was closed is ended at once', async () => {
  const { player, asked, opened } = core();
  const playing = player.play(place, row);
  player.stop();
  opened();
  await playing;
  expect(player.open).toBeNull();
  expect(asked.at(-1)).toBe('stop_playing {"id":"id"}');
});

test('what the core refuses is said in its words', async () => {
  const { player, refused } = core();
  const playing = player.play(place, row);
  refused({ code: 'not_supported', message: 'It is archived.', detail: null });
  await playing;
  expect([player.opening, player.open, player.says]).toEqual([false, null, 'It is archived.']);
});

test.each([
  [
    { code: 'conflict', message: 'Playing stopped: replaced.', detail: null } as UiError,
    4,
    false,
    /^Playing stopped: replaced\.$/,
  ],
  [null, 4, false, /^This computer has no player for it \(video\/webm\)\..* another program\.$/],
  [null, 4, true, /GStreamer/],
  [null, 3, false, /cannot be decoded/],
  [null, 2, false, /lost its connection/],
])('why a player gave up: %o, code %i', async (trouble, code, native, says) => {
  const { player, asked, opened } = core(trouble, native);
  const playing = player.play(place, row);
  opened();
  await playing;
  await player.failed(code);
  expect(player.open).toBeNull();
  expect(player.says).toMatch(says);
  expect(asked.at(-1)).toBe('stop_playing {"id":"id"}');
});
