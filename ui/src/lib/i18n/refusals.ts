import type { RefusedRight } from '../api/types';
import { clock } from '../util/format';

const doing: Record<RefusedRight, string> = {
  list: 'listing',
  read: 'reading',
  write: 'writing',
  delete: 'deleting',
  make_buckets: 'making buckets',
  delete_bucket: 'deleting this bucket',
};

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'short' });

/** `today at 14:05`; a refusal is remembered for a day. */
function moment(at: number, now = Date.now()): string {
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' }).format(at);
  if (DAY.format(at) === DAY.format(now)) return `today at ${time}`;
  return DAY.format(at) === DAY.format(now - 86_400_000) ? `yesterday at ${time}` : clock(at);
}

/** Words of what the server refused and is remembered. */
export const refusals = {
  title: 'This was refused before',
  /** `here` is the prefix that is shown. */
  reason: (right: RefusedRight, prefix: string, at: number, here: string): string => {
    const ofBucket = right === 'make_buckets' || right === 'delete_bucket';
    const where = ofBucket ? '' : prefix === here ? ' here' : ` in ${prefix === '' ? 'this bucket' : prefix}`;
    return `This identity was refused ${doing[right]}${where} ${moment(at)}.`;
  },
  again: 'Rights may have changed since then. If you try again, the server is asked again.',
  tryAgain: 'Try again',
};
