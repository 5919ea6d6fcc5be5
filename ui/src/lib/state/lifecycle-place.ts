import type { ForecastEvent } from '../api/types';
import { t } from '../i18n';
import type { App } from './app.svelte';
import { sameRoute, type LifecycleRoute, type Route } from './history';

/** Where the rules editor begins. */
export type RulesStart =
  | { kind: 'list' }
  /** A rule of those that were opened; with a size, objects up to it are left out. */
  | { kind: 'rule'; rule: number; larger_than: number | null }
  /** A new rule. */
  | { kind: 'new' }
  /** A new rule that ends unfinished uploads. */
  | { kind: 'abort'; days: number };

/** Why no rules can be looked at now, or `null`. */
export function atBucket(app: App): string | null {
  return app.here ? null : t.commands.blocked.noPlace;
}

export function lifecycleOf(connection: string, bucket: string): LifecycleRoute {
  return { kind: 'lifecycle', connection, bucket, prefix: '', days: 365 };
}

/** Shows the rules of the bucket that is open, or leads back from them. */
export function toggleLifecycle(app: App): void {
  const { here } = app;
  if (here?.kind === 'lifecycle') leaveLifecycle(app);
  else if (here) app.go(lifecycleOf(here.connection, here.bucket));
}

/** Back to where one came from in the bucket, or to its top. */
export function leaveLifecycle(app: App): void {
  const { here } = app;
  if (here?.kind !== 'lifecycle') return;
  const { connection, bucket } = here;
  const before = app.tabs.current?.history.past.at(-1)?.route;
  if (before && 'bucket' in before && before.bucket === bucket) {
    app.back();
    return;
  }
  const top: Route = { kind: 'browse', connection, bucket, prefix: '' };
  if (!before || !sameRoute(before, top)) app.go(top);
  else app.back();
}

/** Opens the editor of the rules of the bucket that is shown. */
export function editRules(app: App, start: RulesStart = { kind: 'list' }): void {
  const at = app.lifecycle.at;
  if (at) app.dialog = { kind: 'rules', connection: at.connection, bucket: at.bucket, start };
}

/** Opens the unfinished uploads of the bucket that is shown. */
export function showOrphans(app: App): void {
  const at = app.lifecycle.at;
  if (at) app.dialog = { kind: 'orphans', connection: at.connection, bucket: at.bucket };
}

/** Looks at the bucket in time. */
export function openBucketTime(app: App): void {
  const at = app.lifecycle.at;
  if (!at) return;
  const { connection, bucket } = at;
  app.time.jump = 'handle';
  app.go({ kind: 'time', connection, bucket, prefix: '', moment: null, range: '12w', show: 'differences', text: '' });
}

/** Plans a hold on the objects of an event and shows the plan. */
export async function askHold(app: App, event: ForecastEvent): Promise<void> {
  try {
    const row = await app.lifecycle.hold(event);
    if (row) app.dialog = { kind: 'job', request: null, id: row.id, says: t.lifecycle.holdPlan };
  } catch (thrown) {
    app.fail(thrown);
  }
}
