import { t } from '../i18n';
import type { App } from './app.svelte';
import { sameRoute, type Route, type TimeRoute } from './history';

/** Why no place can be looked at in time now, or `null`. */
export function atTime(app: App): string | null {
  return app.here ? null : t.commands.blocked.noPlace;
}

function timeOf({ connection, bucket, prefix }: { connection: string; bucket: string; prefix: string }): TimeRoute {
  return { kind: 'time', connection, bucket, prefix, moment: null, range: '12w', show: 'differences', text: '' };
}

/** Looks at the open place in time, with the focus on what is meant to be used next. */
export function openTime(app: App, jump: 'handle' | 'restore' | null): void {
  const { here } = app;
  if (here === null) return;
  app.time.jump = jump;
  if (here.kind !== 'time') app.go(timeOf(here));
}

export function toggleTime(app: App): void {
  if (app.route?.kind === 'time') leaveTime(app);
  else openTime(app, 'handle');
}

/** Back to the place as it is now: to the list where it was left, if that is where one came from. */
export function leaveTime(app: App): void {
  const { here } = app;
  if (here?.kind !== 'time') return;
  const { connection, bucket, prefix } = here;
  const now: Route = { kind: 'browse', connection, bucket, prefix };
  const before = app.tabs.current?.history.past.at(-1);
  if (before && sameRoute(before.route, now)) app.back();
  else app.go(now);
}
