import type { CommandId } from '../../lib/state/commands';
import type { PaletteItem } from '../../lib/state/palette.svelte';
import { fileKind } from '../../lib/util/format';
import type { IconName } from '../shared/icons';
import { kindIcon } from '../shared/kinds';

const commands: Partial<Record<CommandId, IconName>> = {
  path: 'link',
  filter: 'search',
  search: 'search',
  back: 'arrow-left',
  forward: 'arrow-right',
  up: 'arrow-up',
  refresh: 'rotate-cw',
  bookmark: 'star',
  time: 'history',
  'restore-moment': 'rotate-ccw',
  lifecycle: 'clock-alert',
  'new-tab': 'plus',
  'close-tab': 'x',
  'next-tab': 'chevron-right',
  upload: 'upload',
  download: 'download',
  'new-folder': 'folder-plus',
  'copy-address': 'copy',
  'copy-arn': 'copy',
  'copy-url': 'link',
  rename: 'file-pen-line',
  'move-to': 'arrow-left-right',
  'copy-to': 'copy',
  'copy-objects': 'copy',
  'cut-objects': 'arrow-left-right',
  'paste-objects': 'file-check',
  properties: 'file-pen-line',
  'show-versions': 'history',
  undelete: 'undo-2',
  'show-deleted': 'trash-2',
  lock: 'lock',
  purge: 'trash-2',
  delete: 'trash-2',
  'select-all': 'check',
  'add-folder': 'folder-sync',
  'new-bucket': 'database',
  'delete-bucket': 'trash-2',
  inspector: 'panel-right',
  transfers: 'arrow-down-up',
  'pause-all': 'pause',
  'density-compact': 'list',
  'density-normal': 'list',
  'density-comfortable': 'list',
  theme: 'moon',
  'add-connection': 'server',
  shortcuts: 'keyboard',
};

const kinds: Record<PaletteItem['kind'], IconName> = {
  action: 'chevron-right',
  search: 'search',
  bookmark: 'bookmark',
  recent: 'clock',
  bucket: 'database',
  sync: 'folder-sync',
  address: 'link',
  folder: 'folder',
  object: 'file',
};

/** Icon of a line of the palette. */
export function iconOf({ kind, command, name }: Pick<PaletteItem, 'kind' | 'command' | 'name'>): IconName {
  if (command !== undefined) return commands[command] ?? kinds.action;
  return kind === 'object' ? kindIcon[fileKind(name)] : kinds[kind];
}
