import type { JobItemRow, JobProblem, JobRow, UiEvent } from '../api/types';
import type { CallName, Calls } from './index';
import type { MockLock } from './mock-lock';
import type { MockTime } from './mock-time';
import type { Act, Restorable } from './mock-versions';

type JobCalls = Extract<
  CallName,
  | 'plan_job'
  | 'start_job'
  | 'pause_job'
  | 'resume_job'
  | 'cancel_job'
  | 'undo_job'
  | 'remove_job'
  | 'jobs'
  | 'job'
  | 'job_problems'
  | 'job_items'
>;
type JobHandlers = { [N in JobCalls]: (args: Calls[N]['args']) => Calls[N]['result'] };

const TAKEN: JobProblem = {
  code: 'taken',
  title: 'Something else is at the destination',
  advice: 'Both were left as they are. Choose another place, or say that both are kept or the other is replaced.',
  objects: 3,
  keys: ['raw/DJI_0412.JPG', 'raw/DJI_0413.JPG', 'raw/DJI_0414.JPG'],
};
const ARCHIVED: JobProblem = {
  code: 'archived',
  title: 'Archived',
  advice: 'It has to be thawed before it can be copied.',
  objects: 1,
  keys: [],
};
const BEAT = 300;
/** More calls than these take a moment to plan. */
const MANY = 50;
const PLANNING = 500;
/** Kinds that nothing takes back. */
const FINAL: JobRow['kind'][] = ['edit', 'lock', 'purge'];

/** Copies and moves that only look as if; restores are done by whoever keeps the versions. */
export function mockJobs(
  emit: (event: UiEvent) => void,
  restorable: Restorable,
  inTime: MockTime['plan'],
  inLock: MockLock['plan'],
): JobHandlers {
  const rows = new Map<string, JobRow>();
  /** What restores do, and what takes those back that are over. */
  const acts = new Map<string, Act>();
  const backs = new Map<string, Act>();
  /** Calls of restores to a moment. */
  const calls = new Map<string, JobItemRow[]>();
  /** What locks and purges leave. */
  const protectedOnes = new Map<string, JobProblem[]>();
  let made = 0;

  const find = (id: string): JobRow => {
    const row = rows.get(id);
    if (!row) throw { code: 'not_found', message: 'There is no such job any more.', detail: null };
    return row;
  };
  const set = (row: JobRow): null => {
    rows.set(row.id, row);
    emit({ kind: 'jobs' });
    return null;
  };
  const add = (row: Omit<JobRow, 'id' | 'created'>): JobRow => {
    made += 1;
    const whole = { ...row, id: `j${made}`, created: Date.now() };
    rows.set(whole.id, whole);
    return whole;
  };
  const work = (id: string): void => {
    const row = rows.get(id);
    if (row?.state !== 'running') return;
    const todo = row.objects - row.left;
    const done = Math.min(todo, row.done + Math.ceil(todo / 20));
    const over = done >= todo;
    const act = over ? acts.get(id) : undefined;
    if (act) backs.set(id, act());
    set({
      ...row,
      done,
      done_bytes: Math.round((row.bytes * done) / Math.max(1, row.objects)),
      rate: over ? 0 : 240,
      seconds_left: over ? null : Math.ceil((todo - done) / 240),
      state: over ? 'done' : 'running',
      can_undo: over && !FINAL.includes(row.kind),
    });
    if (!over) setTimeout(() => work(id), BEAT);
  };

  return {
    jobs: () => [...rows.values()].reverse(),
    job: ({ id }) => find(id),
    job_problems: ({ id }) => {
      const { left, kind } = find(id);
      const told = protectedOnes.get(id);
      if (told) return told;
      return left === 0 ? [] : [kind === 'restore' ? { ...ARCHIVED, objects: left } : TAKEN];
    },
    job_items: ({ id, offset, limit }) => {
      const { state } = find(id);
      const all = calls.get(id) ?? [];
      const rows = all.slice(offset, offset + limit);
      const over = state === 'done';
      return {
        rows: over ? rows.map((row) => (row.state === 'planned' ? { ...row, state: 'done' as const } : row)) : rows,
        total: all.length,
      };
    },
    plan_job: ({ request }) => {
      const first = request.roots[0] ?? { from: '', to: '' };
      const folder = request.roots.some(({ from }) => from.endsWith('/'));
      const locks = inLock(request);
      const whole = inTime(request) ?? locks;
      const moves = request.kind === 'copy' || request.kind === 'move';
      const level = (key: string): string => key.replace(/[^/]*\/?$/, '');
      const kept = whole?.items.filter((item) => item.state === 'left').length ?? 0;
      const restore = whole
        ? { ...whole, objects: whole.items.length, left: kept }
        : request.restore && restorable.plan(request);
      const objects = restore?.objects ?? (folder ? 1204 : request.roots.length);
      const left = (restore?.left ?? 0) + (moves && folder && request.if_taken === 'skip' ? 3 : 0);
      const slow = whole !== null && objects > MANY;
      const row = add({
        kind: request.kind,
        state: slow ? 'planning' : 'ready',
        connection: request.connection,
        bucket: request.bucket,
        to_bucket: request.to_bucket,
        from: first.from,
        to: request.roots.length > 1 ? level(first.to) : first.to,
        chosen: request.roots.length,
        rename: request.kind === 'move' && request.roots.length === 1 && level(first.from) === level(first.to),
        objects,
        bytes: restore?.bytes ?? objects * 24_800_000,
        done: 0,
        done_bytes: 0,
        left,
        replaces: moves && folder && request.if_taken === 'replace' ? 3 : 0,
        rate: 0,
        seconds_left: null,
        note: '',
        versioned: true,
        type_to_start: locks ? locks.typeToStart : request.kind === 'delete' && objects > 200 ? objects : null,
        type_date: locks?.typeDate ?? null,
        undoes: null,
        can_undo: false,
      });
      if (restore) acts.set(row.id, restore.act);
      if (whole) calls.set(row.id, whole.items);
      if (locks) protectedOnes.set(row.id, locks.problems);
      if (slow) {
        rows.set(row.id, { ...row, objects: Math.round(objects / 2) });
        setTimeout(() => {
          if (rows.get(row.id)?.state === 'planning') set({ ...row, state: 'ready' });
        }, PLANNING);
      }
      return slow ? find(row.id) : row;
    },
    undo_job: ({ id }) => {
      const row = find(id);
      const { from, to } = row;
      const undo = add({ ...row, state: 'ready', from: to, to: from, undoes: id, done: 0, left: 0, can_undo: false });
      const back = backs.get(id);
      if (back) acts.set(undo.id, back);
      return undo;
    },
    start_job: ({ id }) => {
      set({ ...find(id), state: 'running' });
      setTimeout(() => work(id), BEAT);
      return null;
    },
    pause_job: ({ id }) => set({ ...find(id), state: 'paused' }),
    resume_job: ({ id }) => {
      set({ ...find(id), state: 'running' });
      work(id);
      return null;
    },
    cancel_job: ({ id }) => {
      const row = find(id);
      if (row.state !== 'ready' && row.state !== 'planning')
        return set({ ...row, state: 'cancelled', can_undo: row.done > 0 && !FINAL.includes(row.kind) });
      rows.delete(id);
      return null;
    },
    remove_job: ({ id }) => {
      rows.delete(id);
      emit({ kind: 'jobs' });
      return null;
    },
  };
}
