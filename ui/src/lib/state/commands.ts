import { t } from '../i18n';
import { copyText } from '../util/clipboard';
import { parentPrefix, placeName } from '../util/address';
import { keyCaps, MAC } from '../util/keys';
import { focusRegion } from '../util/regions';
import { askDelete } from './actions';
import { askDeleteBucket, askNewBucket, bucketsBlocked } from './buckets';
import { askUndelete, goneReason, isGone, showDeletedBlocked, undeleteBlocked } from './deleted';
import { askLock, askPurge, deleteBlocked, lockBlocked, purgeBlocked } from './lock';
import { askCarry, askEdit, askRename, clip, copyName, paste } from './object-actions';
import { attempt, gate } from './refusals.svelte';
import type { App } from './app.svelte';
import { askThaw, downloadMeant, openBoard, thawBlocked } from './thaw-actions';
import { atBucket, leaveLifecycle, toggleLifecycle } from './lifecycle-place';
import { atTime, leaveTime, openTime, toggleTime } from './time-place';
import { showVersions } from './versions.svelte';

export type CommandId = keyof typeof t.commands.names;
export type CommandGroup = keyof typeof t.commands.groups;

/** Something a person can do by key, from the palette, or both. */
export interface Command {
  id: CommandId;
  /** Key chords; the first is shown. `ctrl` is Cmd on a Mac. */
  keys: string[];
  /** `list`: only with the focus in the list of objects, and not in the palette. */
  group: CommandGroup;
  /** Whether the keys also count while the person types in a field. */
  typing: boolean;
  /** Why it is impossible now, or `null`. */
  blocked: (app: App) => string | null;
  /** Whether the keys are left to the window now, which copies text by them. */
  leave: () => boolean;
  /** `null`: the list itself follows these keys. */
  run: ((app: App) => void) | null;
}

const why = t.commands.blocked;
const always = (): null => null;
const inPlace = (app: App): string | null => (app.place ? null : why.noPlace);
const meant = (app: App): string | null =>
  inPlace(app) ?? (app.listing.focused || app.listing.selection.count(app.listing.total) > 0 ? null : why.nothingMeant);

/** What can only be done with what is there. */
const alive = (app: App): string | null => meant(app) ?? goneReason(app);

const onObject = (app: App): string | null =>
  inPlace(app) ?? (app.listing.focused && !app.listing.focused.folder ? null : why.noObject);
const onFolder = (app: App): string | null => inPlace(app) ?? (app.listing.focused?.folder ? null : why.noFolder);
const severalTabs = (app: App): string | null => (app.tabs.list.length > 1 ? null : why.oneTab);

// Cmd+Tab belongs to the system: on a Mac it is Ctrl there too.
const NEXT_TAB = MAC ? 'control+tab' : 'ctrl+tab';
const PREVIOUS_TAB = MAC ? 'control+shift+tab' : 'ctrl+shift+tab';

type Rest = Partial<Pick<Command, 'blocked' | 'typing' | 'leave'>>;

const clipped = (app: App): string | null => inPlace(app) ?? (app.jobs.clip ? null : why.nothingClipped);
// Text that is marked is what a person copies.
const marked = (): boolean => (window.getSelection()?.toString() ?? '') !== '';

function command(group: CommandGroup, id: CommandId, keys: string[], run: Command['run'], rest: Rest = {}): Command {
  return { group, id, keys, run, blocked: always, typing: true, leave: () => false, ...rest };
}

async function copyAddress(app: App): Promise<void> {
  const place = app.place;
  if (!place) return;
  const text = `s3://${place.bucket}/${app.listing.focused?.key ?? place.prefix}`;
  if (await copyText(text)) app.toasts.show('info', t.browse.addressCopied);
}

function openFolderInWindow(app: App): void {
  const { place, focused } = app.listing;
  if (place && focused?.folder) app.openWindow({ kind: 'browse', ...place, prefix: focused.key });
}

function addFolder(app: App): void {
  app.dialog = { kind: 'add-folder', bucket: app.place?.bucket ?? '', prefix: app.place?.prefix ?? '' };
}

function remove(app: App): void {
  if (app.place) void askDelete(app, placeName(app.place.bucket, app.place.prefix));
}

function escape(app: App): void {
  if (app.route?.kind === 'time') leaveTime(app);
  else if (app.route?.kind === 'lifecycle') leaveLifecycle(app);
  else if (app.inspector && window.innerWidth <= 1080) {
    app.inspector = false;
    // It may have had the focus: the row that it told of takes it.
    app.listing.jump = { index: app.listing.focus, top: null };
  } else app.listing.selection.clear();
}

/** Every command, in the order in which they are listed. The one table of all keys. */
export const COMMANDS: Command[] = [
  command('go', 'palette', ['ctrl+k'], (app) => (app.dialog = { kind: 'palette' })),
  command('go', 'path', ['ctrl+l'], () => window.dispatchEvent(new CustomEvent('windlass-edit-path'))),
  command('go', 'filter', ['/'], () => document.getElementById('filter')?.focus(), {
    typing: false,
    blocked: inPlace,
  }),
  command('go', 'search', ['ctrl+f', 'ctrl+shift+f'], (app) => app.openSearch(), {
    blocked: (app) => (app.connection === null ? why.noPlace : null),
  }),
  command('go', 'back', ['alt+arrowleft'], (app) => app.back(), {
    blocked: (app) => (app.canBack ? null : why.noPast),
  }),
  command('go', 'forward', ['alt+arrowright'], (app) => app.forward(), {
    blocked: (app) => (app.canForward ? null : why.noFuture),
  }),
  command('go', 'up', ['alt+arrowup'], (app) => app.up(), {
    blocked: (app) => inPlace(app) ?? (parentPrefix(app.place?.prefix ?? '') === null ? why.top : null),
  }),
  command('go', 'bookmark', ['ctrl+b'], (app) => app.toggleBookmark(), { blocked: inPlace }),
  command('go', 'time', ['ctrl+shift+t'], toggleTime, { blocked: atTime }),
  command('go', 'thaw-board', ['ctrl+shift+a'], (app) => openBoard(app)),
  command('go', 'restore-moment', ['ctrl+shift+r'], (app) => openTime(app, 'restore'), { blocked: atTime }),
  command('go', 'lifecycle', ['ctrl+shift+l'], toggleLifecycle, { blocked: atBucket }),
  command('go', 'refresh', ['f5', 'ctrl+r'], (app) => app.refresh()),
  command('tabs', 'new-tab', ['ctrl+t'], (app) => app.openTab()),
  command('tabs', 'new-window', ['ctrl+n'], (app) => app.openWindow(), {
    blocked: (app) => (app.route ? null : why.noPlace),
  }),
  command('tabs', 'close-tab', ['ctrl+w'], (app) => app.closeTab(), { blocked: severalTabs }),
  command('tabs', 'next-tab', [NEXT_TAB, 'ctrl+pagedown'], (app) => app.nextTab(1), { blocked: severalTabs }),
  command('tabs', 'previous-tab', [PREVIOUS_TAB, 'ctrl+pageup'], (app) => app.nextTab(-1), { blocked: severalTabs }),
  command('objects', 'upload', ['ctrl+u'], () => document.getElementById('upload-button')?.click(), {
    blocked: inPlace,
  }),
  command('objects', 'download', ['ctrl+d'], (app) => void downloadMeant(app), {
    blocked: alive,
  }),
  command('objects', 'thaw', [], (app) => void askThaw(app), { blocked: (app) => alive(app) ?? thawBlocked(app) }),
  command('objects', 'new-folder', [], (app) => (app.dialog = { kind: 'new-folder' }), { blocked: inPlace }),
  command('objects', 'copy-address', ['ctrl+shift+c'], (app) => void copyAddress(app), { blocked: inPlace }),
  command('objects', 'copy-arn', [], (app) => void copyName(app, 'arn'), { blocked: inPlace }),
  command('objects', 'copy-url', [], (app) => void copyName(app, 'url'), { blocked: inPlace }),
  command('objects', 'rename', ['f2'], (app) => void askRename(app), { typing: false, blocked: alive }),
  command('objects', 'move-to', [], (app) => void askCarry(app, 'move'), { blocked: alive }),
  command('objects', 'copy-to', [], (app) => void askCarry(app, 'copy'), { blocked: alive }),
  command('objects', 'copy-objects', ['ctrl+c'], (app) => void clip(app, 'copy'), {
    typing: false,
    blocked: alive,
    leave: marked,
  }),
  command('objects', 'cut-objects', ['ctrl+x'], (app) => void clip(app, 'move'), {
    typing: false,
    blocked: alive,
    leave: marked,
  }),
  command('objects', 'paste-objects', ['ctrl+v'], paste, { typing: false, blocked: clipped }),
  command('objects', 'properties', ['alt+enter'], (app) => void askEdit(app), { typing: false, blocked: alive }),
  command('objects', 'show-versions', [], showVersions, { blocked: onObject }),
  command('objects', 'undelete', [], (app) => void askUndelete(app), {
    blocked: (app) => meant(app) ?? undeleteBlocked(app),
  }),
  command('objects', 'lock', [], (app) => void askLock(app), { blocked: (app) => alive(app) ?? lockBlocked(app) }),
  command('objects', 'purge', [], (app) => void askPurge(app), { blocked: purgeBlocked }),
  command('objects', 'delete', ['delete'], remove, {
    typing: false,
    blocked: (app) => alive(app) ?? deleteBlocked(app),
  }),
  command('objects', 'select-all', ['ctrl+a'], (app) => app.listing.selection.selectAll(), {
    typing: false,
    blocked: inPlace,
  }),
  command('objects', 'add-folder', [], addFolder),
  command('objects', 'new-bucket', [], askNewBucket, { blocked: bucketsBlocked }),
  command('objects', 'delete-bucket', [], (app) => app.place && askDeleteBucket(app, app.place.bucket), {
    blocked: (app) => inPlace(app) ?? bucketsBlocked(app),
  }),
  command('list', 'look', ['ctrl+y', 'shift+space'], (app) => (app.dialog = { kind: 'look' }), {
    typing: false,
    blocked: (app) =>
      inPlace(app) ??
      (app.listing.focused ? (isGone(app.listing.focused) ? t.deleted.reason(1) : null) : why.nothingMeant),
  }),
  command('list', 'move', ['arrowup', 'arrowdown'], null),
  command('list', 'extend', ['shift+arrowup', 'shift+arrowdown'], null),
  command('list', 'toggle', ['space'], null),
  command('list', 'open', ['enter'], null),
  command('list', 'open-tab', ['ctrl+enter'], null),
  command('list', 'open-in-window', ['ctrl+shift+enter'], openFolderInWindow, { typing: false, blocked: onFolder }),
  command('list', 'escape', ['escape'], escape, { typing: false }),
  command('window', 'inspector', ['ctrl+i'], (app) => (app.inspector = !app.inspector), { blocked: inPlace }),
  command('window', 'transfers', ['ctrl+j'], (app) => app.transfers.show(!app.transfers.open)),
  command(
    'window',
    'pause-all',
    ['ctrl+shift+p'],
    (app) => void app.attempt(app.transfers.all(app.transfers.activity.paused ? 'resume_all' : 'pause_all')),
    { blocked: (app) => (app.transfers.counts.open > 0 ? null : why.noTransfers) },
  ),
  command('window', 'list-view', ['ctrl+1'], (app) => (app.layout.view = 'list'), { blocked: inPlace }),
  command('window', 'gallery-view', ['ctrl+2'], (app) => (app.layout.view = 'gallery'), { blocked: inPlace }),
  command('window', 'show-deleted', [], (app) => app.showDeleted(!app.listing.deleted), {
    blocked: (app) => inPlace(app) ?? showDeletedBlocked(app),
  }),
  command('window', 'density-compact', [], (app) => (app.layout.density = 'compact')),
  command('window', 'density-normal', [], (app) => (app.layout.density = 'normal')),
  command('window', 'density-comfortable', [], (app) => (app.layout.density = 'comfortable')),
  command('window', 'theme', [], (app) => app.theme.toggle()),
  command('window', 'add-connection', [], (app) => void app.addConnection()),
  command('window', 'shortcuts', ['?', 'f1'], (app) => (app.dialog = { kind: 'shortcuts' })),
  command('window', 'next-region', ['f6'], () => focusRegion(1)),
  command('window', 'previous-region', ['shift+f6'], () => focusRegion(-1)),
];

const byChord = new Map(COMMANDS.flatMap((each) => each.keys.map((keys) => [keys, each] as const)));
const byId = new Map(COMMANDS.map((each) => [each.id, each] as const));

/** A command by its id. */
export function commandOf(id: CommandId): Command | null {
  return byId.get(id) ?? null;
}

/** The command that a key chord means, if any. */
export function commandFor(keys: string, typing: boolean, mac = MAC): Command | null {
  const found = byChord.get(keys);
  // A single character is text wherever text can be typed.
  if (!found?.run || (typing && (!found.typing || keys.length === 1))) return null;
  // On a Mac Alt with an arrow moves by words in a field.
  return mac && typing && keys.startsWith('alt+arrow') ? null : found;
}

/** Runs a command unless it is impossible now; then it says why. */
export function runCommand(app: App, { blocked, run, group, id }: Command): void {
  const reason = blocked(app);
  if (reason === null) attempt(app, id, () => run?.(app));
  else if (group !== 'go') app.toasts.show('info', reason);
}

/** Why a control for a command is off or was refused, as attributes; otherwise its own title. It says so when it is pressed. */
export function barred(
  app: App,
  id: CommandId,
  title?: string,
): { 'aria-disabled': true | undefined; title: string | undefined } {
  const reason = commandOf(id)?.blocked(app) ?? null;
  return reason === null ? gate(app, id, title) : { 'aria-disabled': true, title: reason };
}

/** Runs a command by its id, unless it is impossible now; then it says why. */
export function runById(app: App, id: CommandId): void {
  const command = commandOf(id);
  if (command) runCommand(app, command);
}

/** Keys of a command as they are shown, or an empty list. */
export function capsOf(id: CommandId): string[] {
  const keys = byId.get(id)?.keys[0];
  return keys === undefined ? [] : keyCaps(keys);
}

/** Tooltip for a control that runs a command: its name and its keys. */
export function tip(id: CommandId, name: string = t.commands.names[id]): string {
  const caps = capsOf(id);
  return caps.length === 0 ? name : `${name} (${caps.join('+')})`;
}
