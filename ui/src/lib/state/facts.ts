import type { FactName } from '../api/types';
import { t } from '../i18n';
import { whenExact } from '../util/format';

/** What a file says of itself, as it is shown. A moment has its offset; without one it is the camera's own time, and must not be moved to this computer's. */
export function factWords(name: FactName, value: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(Z|[+-]\d\d:\d\d)?$/.exec(value);
  if (name !== 'taken' || !parts) return value;
  const clock = Date.parse(`${parts[1]}T${parts[2]}`);
  if (Number.isNaN(clock)) return value;
  const zone =
    parts[3] === undefined ? t.preview.cameraTime : /^(Z|[+-]00:00)$/.test(parts[3]) ? 'UTC' : `UTC${parts[3]}`;
  return `${whenExact(clock)} ${zone}`;
}
