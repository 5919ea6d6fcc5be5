import type { EditField, EditLine } from '../api/types';

/** Lines of `name = value` as changes; a name alone takes it away. Empty lines say nothing. */
export function editLines(field: EditField, text: string): EditLine[] {
  return text.split('\n').flatMap((line) => {
    const at = line.indexOf('=');
    const name = (at < 0 ? line : line.slice(0, at)).trim();
    if (name === '') return [];
    return [{ field, name, value: at < 0 ? null : line.slice(at + 1).trim() }];
  });
}
