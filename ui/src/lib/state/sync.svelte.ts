import type {
  ChangeRow,
  ConflictChoice,
  ConflictRow,
  ConflictsResolved,
  PlanFilter,
  PlanHead,
  PlanNode,
  UiError,
} from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';
import { Throttle } from '../util/throttle';
import { type LeftOut, toggleTick } from '../util/ticks';
import { Pages } from './pages.svelte';

/** Parts of a sync folder's page. */
export type SyncTab = 'files' | 'plan' | 'conflicts' | 'changes';

/** Conflicts read at a time when all of them are answered. */
const BATCH = 1000;

/** Plan, conflicts and activity of the sync folder that is open. */
export class Sync {
  tab = $state<SyncTab>('files');
  plan = $state.raw<PlanHead | null>(null);
  planning = $state(false);
  error = $state.raw<UiError | null>(null);
  open = $state.raw<ReadonlySet<string>>(new Set());
  out = $state.raw<LeftOut>(new Map());
  filter = $state<PlanFilter>('all');
  nodeTotal = $state(0);
  conflictTotal = $state(0);
  changeTotal = $state(0);
  /** Whether the first answer of the list is here: an empty list before it says nothing. */
  conflictsRead = $state(false);
  changesRead = $state(false);
  readonly nodes: Pages<PlanNode>;
  readonly conflicts: Pages<ConflictRow>;
  readonly changes: Pages<ChangeRow>;
  #id: string | null = null;
  #throttle = new Throttle(() => this.#stale(), 500);

  constructor(private readonly backend: Backend) {
    this.nodes = new Pages((offset, limit) => this.#guard(() => this.#readNodes(offset, limit)));
    this.conflicts = new Pages((offset, limit) => this.#guard(() => this.#readConflicts(offset, limit)));
    this.changes = new Pages((offset, limit) => this.#guard(() => this.#readChanges(offset, limit)));
  }

  /** Another folder is open, or none. */
  show(id: string | null): void {
    if (this.#id === id) return;
    this.#id = id;
    this.tab = 'files';
    this.dropPlan();
    this.conflicts.clear();
    this.changes.clear();
    [this.conflictTotal, this.changeTotal] = [0, 0];
    [this.conflictsRead, this.changesRead] = [false, false];
  }

  /** Something about sync folders changed. */
  changed(): void {
    this.#throttle.poke();
  }

  dropPlan(): void {
    this.plan = null;
    this.error = null;
    this.open = new Set();
    this.out = new Map();
    this.filter = 'all';
    this.nodeTotal = 0;
    this.nodes.clear();
  }

  /** Compares both sides. Nothing is changed. */
  async makePlan(): Promise<void> {
    const id = this.#id;
    if (id === null || this.planning) return;
    this.planning = true;
    this.error = null;
    try {
      const plan = await this.backend.call('plan_folder', { id });
      if (id !== this.#id) return;
      this.plan = plan;
      this.nodes.clear();
      this.nodes.look(0, 1);
    } catch (thrown) {
      if (id === this.#id) this.error = toUiError(thrown);
    } finally {
      this.planning = false;
    }
  }

  pick(filter: PlanFilter): void {
    this.filter = filter;
    this.nodes.stale();
  }

  fold(path: string): void {
    const open = new Set(this.open);
    if (!open.delete(path)) open.add(path);
    this.open = open;
    this.nodes.stale();
  }

  tick(node: PlanNode): void {
    this.out = toggleTick(this.out, node.path, node.kind === null, node.files);
  }

  /** Starts the folder without what was unticked. */
  async start(): Promise<void> {
    const id = this.#id;
    if (id === null) return;
    await this.backend.call('start_folder', { id, leave_out: [...this.out.keys()] });
    this.dropPlan();
  }

  async undo(id: string): Promise<void> {
    await this.backend.call('undo_change', { id });
    this.#stale();
  }

  /** Every conflict that waits, for an answer to all of them. */
  async allConflicts(): Promise<ConflictRow[]> {
    const id = this.#id;
    const all: ConflictRow[] = [];
    while (id !== null && id === this.#id) {
      const { rows, total } = await this.backend.call('folder_conflicts', { id, offset: all.length, limit: BATCH });
      all.push(...rows);
      if (rows.length === 0 || all.length >= total) break;
    }
    return all;
  }

  async resolve(choices: ConflictChoice[]): Promise<ConflictsResolved> {
    const answer = await this.backend.call('resolve_conflicts', { choices });
    this.#stale();
    return answer;
  }

  #stale(): void {
    if (this.#id === null) return;
    this.conflicts.stale();
    this.changes.stale();
  }

  async #guard<T>(read: () => Promise<T[] | null>): Promise<T[] | null> {
    const id = this.#id;
    try {
      return await read();
    } catch (thrown) {
      if (id === this.#id) this.error = toUiError(thrown);
      throw thrown;
    }
  }

  async #readNodes(offset: number, limit: number): Promise<PlanNode[] | null> {
    const [id, plan, filter, open] = [this.#id, this.plan, this.filter, this.open];
    if (id === null || plan === null) return null;
    const args = { id, plan: plan.plan, open: [...open], filter, offset, limit };
    const answer = await this.backend.call('plan_window', args);
    if (id !== this.#id || plan !== this.plan || filter !== this.filter || open !== this.open) return null;
    this.nodeTotal = answer.total;
    return answer.rows;
  }

  async #readConflicts(offset: number, limit: number): Promise<ConflictRow[] | null> {
    const id = this.#id;
    if (id === null) return null;
    const answer = await this.backend.call('folder_conflicts', { id, offset, limit });
    if (id !== this.#id) return null;
    this.conflictTotal = answer.total;
    this.conflictsRead = true;
    return answer.rows;
  }

  async #readChanges(offset: number, limit: number): Promise<ChangeRow[] | null> {
    const id = this.#id;
    if (id === null) return null;
    const answer = await this.backend.call('folder_changes', { id, offset, limit });
    if (id !== this.#id) return null;
    this.changeTotal = answer.total;
    this.changesRead = true;
    return answer.rows;
  }
}
