import type { JobRow, ObjectRow, Price, PriceLine } from '../api/types';
import type { CallName, Calls } from './index';

type PriceCalls = Extract<
  CallName,
  'price_settings' | 'set_price_ask' | 'price_download' | 'price_listing' | 'price_job'
>;
type PriceHandlers = { [N in PriceCalls]: (args: Calls[N]['args']) => Calls[N]['result'] };

const line = (part: PriceLine['part'], units: number, amount: number): PriceLine => ({
  part,
  class: part === 'egress' || part === 'lists' ? '' : 'STANDARD',
  units,
  amount,
});

function known(lines: PriceLine[]): Price {
  return {
    kind: 'known',
    amount: lines.reduce((sum, each) => sum + each.amount, 0),
    why: '',
    currency: 'USD',
    date: '2026-11-01',
    region: 'eu-central-1',
    lines,
    early: [],
  };
}

/** Prices that only look as if: $0.09 a GB, $0.40 for a million requests. */
export function mockPrices(
  rowsOf: (bucket: string, prefix: string) => ObjectRow[],
  jobOf: (id: string) => JobRow,
): PriceHandlers {
  let ask: number | null = 1e9;
  const parent = (key: string): string => key.replace(/[^/]*\/?$/, '');

  return {
    price_settings: () => ({
      ask_from: ask,
      date: '2026-11-01',
      source: 'https://aws.amazon.com/s3/pricing/',
      own: false,
      file: '/home/field/.config/windlass/prices.json',
      problem: '',
    }),
    set_price_ask: ({ bytes }) => {
      ask = bytes;
      return null;
    },
    price_download: ({ bucket, choice }) => {
      const level = choice.all ? choice.prefix : parent(choice.keys[0] ?? choice.prefix);
      const rows = rowsOf(bucket, level).filter((row) => choice.keys.includes(row.key) !== choice.all);
      const folders = rows.filter((row) => row.folder);
      const objects = rows.length - folders.length + (choice.look ? folders.length * 412 : 0);
      const bytes =
        rows.reduce((sum, row) => sum + row.size, 0) + (choice.look ? folders.length * 412 * 24_800_000 : 0);
      const price = known([
        line('gets', objects * 2, objects * 2 * 400),
        line('egress', bytes, Math.ceil((bytes / 2 ** 30) * 90_000_000)),
      ]);
      return {
        objects,
        bytes,
        folders: choice.look ? 0 : folders.length,
        more: false,
        ask: choice.look && ask !== null && bytes >= ask,
        price,
      };
    },
    price_listing: ({ requests }) => known([line('lists', requests, requests * 5400)]),
    price_job: ({ id }) => {
      const { kind, bytes, objects } = jobOf(id);
      if (kind === 'purge') return known([]);
      if (kind === 'lock') return known([line('puts', objects, objects * 5400)]);
      // Taking a marker away copies nothing and costs nothing.
      if (kind === 'restore') {
        return known(
          bytes === 0 ? [] : [line('puts', objects, objects * 5400), line('gets', objects * 2, objects * 860)],
        );
      }
      return known([line('puts', 1201, 6_485_400), line('gets', 3603, 1_549_290)]);
    },
  };
}
