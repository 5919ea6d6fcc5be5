import { expect, test } from 'vitest';
import type { CapabilityReport, FolderState, PlanNode, SyncFolderRow, SyncMode } from '../src/lib/api/types';
import type { Backend } from '../src/lib/backend';
import { mockBackend } from '../src/lib/backend/mock';
import { INGEST, mockSync, OPTIONS } from '../src/lib/backend/mock-sync';
import { Sync } from '../src/lib/state/sync.svelte';
import { age, nextTo } from '../src/lib/util/format';
import { leftOutFiles, tickOf, toggleTick, underLeftOut } from '../src/lib/util/ticks';
import { mergeWords, notStarted, verdict, weakness } from '../src/lib/util/verdict';

function folder(mode: SyncMode, state: FolderState, rest: Partial<SyncFolderRow> = {}): SyncFolderRow {
  const counts = { total: 4, safe: 4, checking: 0, uploading: 0, waiting: 0, failed: 0, bytes_total: 4, bytes_safe: 4 };
  const where = { id: 'f', name: 'F', local: '/f', remote: 'b/', connection: 'c' };
  return { ...where, ...INGEST, mode, state, state_text: 'words', counts, last_scan: 1, rate: 0, ...rest };
}

test('ticks: a folder takes all in it along, and a part of it makes it mixed', () => {
  let out = toggleTick(new Map(), 'a/b/1', false, 1);
  expect([tickOf(out, 'a/b/1', false), tickOf(out, 'a/b', true), tickOf(out, 'a', true)]).toEqual([
    'false',
    'mixed',
    'mixed',
  ]);
  expect(tickOf(out, 'a/b/12', false), 'a name that only begins alike').toBe('true');
  expect(tickOf(out, 'a/b.x', true)).toBe('true');
  out = toggleTick(out, 'a/b', true, 9);
  expect(tickOf(out, 'a/b', true), 'a mixed folder becomes whole again first').toBe('true');
  out = toggleTick(out, 'a/b', true, 9);
  expect([...out]).toEqual([['a/b/', 9]]);
  expect(underLeftOut(out, 'a/b/1')).toBe(true);
  expect(underLeftOut(out, 'a/b'), 'itself, not under itself').toBe(false);
  expect(tickOf(out, 'a/b/c/2', false)).toBe('false');
  expect(leftOutFiles(toggleTick(out, 'z', false, 1))).toBe(10);
});

test('verdict: only a folder that deletes nothing is ever safe to erase', () => {
  const states: FolderState[] = ['scanning', 'uploading', 'watching', 'paused', 'waiting', 'syncing', 'offline'];
  for (const state of states) {
    for (const mode of ['two_way', 'mirror_up', 'mirror_down'] as const) {
      const said = verdict(folder(mode, state));
      expect(`${said.title} ${said.text} ${said.hint}`, `${mode} ${state}`).not.toMatch(/erase/i);
    }
  }
  expect(verdict(folder('ingest', 'watching')).text).toMatch(/^Safe to erase/);
});

test('merge: what it would do is said before, for each lost marker and each way, and it never deletes', async () => {
  for (const merge_need of ['file', 'empty', 'object'] as const) {
    for (const mode of ['two_way', 'mirror_up', 'mirror_down', 'ingest'] as const) {
      expect(mergeWords(folder(mode, 'offline', { merge_need })), `${mode} ${merge_need}`).toMatch(
        /[Nn]othing .*deleted/,
      );
    }
  }
  expect(mergeWords(folder('two_way', 'watching'))).toBe('');
  expect(mergeWords(folder('two_way', 'offline', { merge_need: 'empty' }))).toMatch(/everything down again/);
  expect(mergeWords(folder('mirror_up', 'offline', { merge_need: 'empty' }))).not.toMatch(/down again/);
  // A marker that is missing is not a disk that is.
  const titles = (['file', 'empty', null] as const).map(
    (merge_need) => verdict(folder('two_way', 'offline', { merge_need })).title,
  );
  expect(new Set(titles).size).toBe(3);
});

test('merge: the folder goes on, and says that it merged', () => {
  const sync = mockSync(() => undefined, true);
  const row = () => sync.rows().find((known) => known.id === 't7');
  expect(row()?.merge_need).toBe('file');
  void sync.handlers.merge_folder({ id: 't7' });
  expect(row()).toMatchObject({ merge_need: null, state: 'syncing', merged: { why: 'asked' } });
});

test('weakness: only what a server was seen not to do, and only where it matters', () => {
  const report = (...no: string[]): CapabilityReport => ({
    probed_at: 1,
    lines: no.map((code) => ({ code, name: code, support: 'no', note: '' })),
  });
  expect(weakness(null, 'two_way')).toBe('');
  expect(weakness(report(), 'two_way')).toBe('');
  expect(weakness(report('match_delete'), 'ingest'), 'ingest deletes nothing').toBe('');
  expect(weakness(report('match_delete', 'versioning'), 'mirror_down'), 'it changes nothing there').toBe('');
  expect(weakness(report('match_put'), 'mirror_up')).toMatch(/comes too late/);
  expect(weakness(report('match_delete', 'versioning'), 'two_way')).toMatch(/New files go up/);
  expect(weakness(report('create_only_put', 'versioning'), 'ingest')).toMatch(/nothing is sent/);
  expect(weakness(report('versioning'), 'two_way')).toMatch(/bucket’s trash/);
});

test('nextTo: a name beside a file is only its name', () => {
  expect(nextTo('a/b/1.txt', 'a/b/2.txt')).toBe('2.txt');
  expect(nextTo('a/b/1.txt', 'a/c/2.txt')).toBe('a/c/2.txt');
  expect(nextTo('a/1.txt', 'a/b/1.txt')).toBe('a/b/1.txt');
  expect(nextTo('1.txt', '2.txt')).toBe('2.txt');
});

test('verdict: a question that waits goes before everything else, an answered one does not', () => {
  const brake = {
    id: '1',
    why: 'share' as const,
    trash_here: 7,
    delete_there: 0,
    overwrite: 0,
    bytes: 1,
    of: 9,
    sample: [],
    since: 1,
    answer: null,
  };
  for (const state of ['watching', 'offline', 'paused', 'asking'] as const) {
    const said = verdict(folder('two_way', state, { brake }));
    expect([said.look, said.title]).toEqual(['err', 'Stopped before moving 7 files to the trash']);
  }
  expect(verdict(folder('two_way', 'syncing', { brake: { ...brake, answer: 'go' } })).look).toBe('ok');
});

test('a folder has not started when it is paused and was never looked at', () => {
  expect(notStarted(folder('two_way', 'paused', { last_scan: null }))).toBe(true);
  expect(notStarted(folder('two_way', 'paused'))).toBe(false);
  expect(notStarted(folder('ingest', 'paused', { last_scan: null }))).toBe(false);
});

test('age of the last look', () => {
  expect([age(0, 5000), age(0, 60_000), age(0, 7_200_000), age(10, 0)]).toEqual(['', '1 min', '2 h', '']);
});

test('sync: another folder has no plan, ticks or rows of the one before', async () => {
  const sync = new Sync(mockBackend());
  sync.show('s1');
  await sync.makePlan();
  await expect.poll(() => sync.nodes.at(0)?.path).toBe('2026');
  const node = sync.nodes.at(0) as PlanNode;
  sync.tick(node);
  expect([...sync.out.keys()]).toEqual(['2026/']);
  sync.fold('2026');
  await expect.poll(() => sync.nodes.at(1)?.depth).toBe(1);
  sync.show('s2');
  expect([sync.plan, sync.out.size, sync.open.size, sync.nodes.at(0), sync.tab]).toEqual([
    null,
    0,
    0,
    undefined,
    'files',
  ]);
});

test('sync: start sends what is left out, and the plan is gone', async () => {
  const calls: unknown[] = [];
  const mock = mockBackend();
  const backend: Backend = {
    ...mock,
    call: (name, args) => {
      if (name === 'start_folder') calls.push(args);
      return mock.call(name, args);
    },
  };
  const sync = new Sync(backend);
  sync.show('s1');
  await sync.makePlan();
  await expect.poll(() => sync.nodes.at(0)?.path).toBe('2026');
  sync.tick(sync.nodes.at(0) as PlanNode);
  await sync.start();
  expect(calls).toEqual([{ id: 's1', leave_out: ['2026/'] }]);
  expect(sync.plan).toBeNull();
  expect(OPTIONS.ignore, 'the sample is not changed').toEqual([]);
});
