import type { RowState } from '../../lib/api/types';
import type { IconName } from './icons';

/** How a state of an object looks; its word is in the texts. */
export const stateLooks: Record<RowState, { icon: IconName; tone: string; mark: string }> = {
  stored: { icon: 'circle', tone: 't2', mark: 't3' },
  safe: { icon: 'dotok', tone: 'ok', mark: '' },
  waiting: { icon: 'circle-dashed', tone: '', mark: '' },
  uploading: { icon: 'arrow-up', tone: '', mark: 'acc' },
  checking: { icon: 'half', tone: '', mark: '' },
  failed: { icon: 'dotx', tone: 'err', mark: '' },
  downloading: { icon: 'arrow-down', tone: '', mark: 'acc' },
  held: { icon: 'octagon-pause', tone: 'warn', mark: '' },
  deleted: { icon: 'trash-2', tone: 't3', mark: '' },
  archived: { icon: 'snowflake', tone: '', mark: '' },
};
