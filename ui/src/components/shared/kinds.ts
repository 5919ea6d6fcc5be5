import type { FileKind } from '../../lib/util/format';
import type { IconName } from './icons';

/** Icon of a kind of file. */
export const kindIcon: Record<FileKind, IconName> = {
  image: 'image',
  video: 'film',
  text: 'file-text',
  data: 'braces',
  scan: 'box',
  pdf: 'file-text',
  other: 'file',
};
