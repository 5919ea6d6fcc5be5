import type { JobProblem, JobRow, UiEvent } from '../api/types';
import type { CallName, Calls } from './index';

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
>;
type JobHandlers = { [N in JobCalls]: (args: Calls[N]['args']) => Calls[N]['result'] };

const TAKEN: JobProblem = {
  code: 'taken',
  title: 'Something else is at the destination',
  advice: 'Both were left as they are. Choose another place, or say that both are kept or the other is replaced.',
  objects: 3,
  keys: ['raw/DJI_0412.JPG', 'raw/DJI_0413.JPG', 'raw/DJI_0414.JPG'],
};
const BEAT = 300;

/** Copies and moves that only look as if. */
export function mockJobs(emit: (event: UiEvent) => void): JobHandlers {
  const rows = new Map<string, JobRow>();
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
    set({
      ...row,
      done,
      done_bytes: Math.round((row.bytes * done) / Math.max(1, row.objects)),
      rate: over ? 0 : 240,
      seconds_left: over ? null : Math.ceil((todo - done) / 240),
      state: over ? 'done' : 'running',
      can_undo: over && row.kind !== 'edit',
    });
    if (!over) setTimeout(() => work(id), BEAT);
  };

  return {
    jobs: () => [...rows.values()].reverse(),
    job: ({ id }) => find(id),
    job_problems: ({ id }) => (find(id).left > 0 ? [TAKEN] : []),
    plan_job: ({ request }) => {
      const first = request.roots[0] ?? { from: '', to: '' };
      const folder = request.roots.some(({ from }) => from.endsWith('/'));
      const objects = folder ? 1204 : request.roots.length;
      const moves = request.kind === 'copy' || request.kind === 'move';
      const level = (key: string): string => key.replace(/[^/]*\/?$/, '');
      const left = moves && folder && request.if_taken === 'skip' ? 3 : 0;
      return add({
        kind: request.kind,
        state: 'ready',
        connection: request.connection,
        bucket: request.bucket,
        to_bucket: request.to_bucket,
        from: first.from,
        to: request.roots.length > 1 ? level(first.to) : first.to,
        chosen: request.roots.length,
        rename: request.kind === 'move' && request.roots.length === 1 && level(first.from) === level(first.to),
        objects,
        bytes: objects * 24_800_000,
        done: 0,
        done_bytes: 0,
        left,
        replaces: moves && folder && request.if_taken === 'replace' ? 3 : 0,
        rate: 0,
        seconds_left: null,
        note: '',
        versioned: true,
        type_to_start: request.kind === 'delete' && objects > 200 ? objects : null,
        undoes: null,
        can_undo: false,
      });
    },
    undo_job: ({ id }) => {
      const row = find(id);
      return add({ ...row, state: 'ready', from: row.to, to: row.from, undoes: id, done: 0, left: 0, can_undo: false });
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
      if (row.state !== 'ready') return set({ ...row, state: 'cancelled', can_undo: row.done > 0 });
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
