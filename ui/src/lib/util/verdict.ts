import type { CapabilityReport, SyncFolderRow, SyncMode } from '../api/types';
import { t } from '../i18n';

/** The one sentence of a sync folder's page, and how it looks. */
export interface Verdict {
  look: 'ok' | 'warn' | 'err' | '';
  title: string;
  text: string;
  hint: string;
}

/** Whether a folder waits for its first start: nothing was done before its plan was seen. */
export function notStarted(folder: SyncFolderRow): boolean {
  return folder.mode !== 'ingest' && folder.state === 'paused' && folder.last_scan === null;
}

/** What is said of a folder that only adds files: when its originals may be erased. */
function ingest(folder: SyncFolderRow): Verdict {
  const c = folder.counts;
  const open = c.total - c.safe;
  const all = c.total > 0 && open === 0;
  const title = c.total === 0 ? t.folder.none : t.folder.verified(c.safe, c.total);
  const look = all && folder.state !== 'scanning' ? 'ok' : c.total === 0 || folder.state === 'scanning' ? '' : 'warn';
  const hint = look === 'warn' ? t.folder.turns : '';
  switch (folder.state) {
    case 'offline':
      return { look: 'warn', title: offlineTitle(folder), text: offline(folder), hint: '' };
    case 'stopped':
      return { look: 'err', title: t.folder.stoppedTitle, text: folder.state_text, hint: '' };
    case 'waiting':
      return { look, title, text: folder.state_text, hint };
    case 'scanning':
      return { look, title, text: t.folder.scanning, hint };
    case 'paused':
      // Nobody looks while it is paused: what is new is not known, so it is not green.
      return { look: look === 'ok' ? '' : look, title, text: t.folder.pausedText, hint };
    case 'uploading':
    case 'watching':
    case 'syncing':
    case 'asking': {
      const rest = c.failed > 0 && open === c.failed ? t.folder.failedText(c.failed) : t.folder.notYet(open);
      return { look, title, text: c.total === 0 ? t.folder.emptyText : all ? t.folder.safe : rest, hint };
    }
  }
}

/** What is said of a folder whose deletes are carried over: it is never "safe to erase". */
function kept(folder: SyncFolderRow): Verdict {
  const c = folder.counts;
  const open = c.total - c.safe;
  const all = c.total > 0 && open === 0;
  const words = t.sync.verdict;
  const title = c.total === 0 ? t.folder.none : words.inStep(c.safe, c.total);
  const look = folder.state === 'scanning' || c.total === 0 ? '' : all ? 'ok' : 'warn';
  const hint = folder.mode === 'mirror_down' ? words.liveDown : words.live;
  if (folder.brake?.answer === null) {
    return { look: 'err', title: t.sync.brake.title(folder.brake), text: words.asking, hint: '' };
  }
  if (notStarted(folder)) return { look: '', title: words.notStarted, text: words.notStartedText, hint: '' };
  switch (folder.state) {
    case 'offline':
      return { look: 'warn', title: offlineTitle(folder), text: offline(folder), hint: words.offline };
    case 'stopped':
      return { look: 'err', title: t.folder.stoppedTitle, text: folder.state_text, hint: words.stopped };
    case 'waiting':
    case 'asking':
    case 'syncing':
      return { look, title, text: folder.state_text, hint };
    case 'scanning':
      return { look, title, text: t.folder.scanning, hint };
    case 'paused':
      // Nobody looks while it is paused: what is new is not known, so it is not green.
      return { look: look === 'ok' ? '' : look, title, text: t.folder.pausedText, hint };
    case 'uploading':
    case 'watching': {
      const same = { two_way: words.allInStep, mirror_up: words.up, mirror_down: words.down, ingest: t.folder.safe };
      const rest = c.failed > 0 && open === c.failed ? words.failed(c.failed) : words.open(open);
      return { look, title, text: c.total === 0 ? words.empty : all ? same[folder.mode] : rest, hint };
    }
  }
}

function offlineTitle(folder: SyncFolderRow): string {
  if (folder.merge_need === 'file') return t.sync.merge.fileTitle;
  return folder.merge_need === 'empty' ? t.sync.merge.emptyTitle : t.folder.offlineTitle;
}

/** What merging would do to a folder that lost a marker; empty when it lost none. */
export function mergeWords(folder: SyncFolderRow): string {
  if (folder.merge_need === null) return '';
  const way = folder.mode === 'two_way' ? 'both' : folder.mode === 'mirror_down' ? 'down' : 'up';
  return t.sync.merge.need[folder.merge_need][way];
}

function offline(folder: SyncFolderRow): string {
  return folder.state_text === '' ? t.folder.offlineText : folder.state_text;
}

/** What a server cannot promise that matters to a folder kept in this way; empty when it can, or when it was not tried. */
export function weakness(report: CapabilityReport | null, mode: SyncMode): string {
  const lacks = (code: string): boolean =>
    report?.lines.some((line) => line.code === code && line.support === 'no') ?? false;
  const words = t.sync.weak;
  if (mode === 'mirror_down') return '';
  const changes = mode !== 'ingest';
  if (lacks('create_only_put') && lacks('versioning')) return words.nothing;
  if (changes && (lacks('match_put') || lacks('match_delete')) && lacks('versioning')) return words.onlyNew;
  if (lacks('create_only_put') || (changes && (lacks('match_put') || lacks('match_delete')))) return words.looks;
  return changes && lacks('versioning') ? words.noVersions : '';
}

/** What the page of a folder says. */
export function verdict(folder: SyncFolderRow): Verdict {
  return folder.mode === 'ingest' ? ingest(folder) : kept(folder);
}
