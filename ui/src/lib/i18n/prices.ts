import type { DownloadPrice, Price, PriceEarly, PriceLine } from '../api/types';
import { count, size, storageClass } from '../util/format';
import { money } from '../util/money';

const n = (value: number, one: string, many: string): string => `${count(value)} ${value === 1 ? one : many}`;

function what({ part, class: kind, units }: PriceLine, region: string, days: number | null): string {
  const of = kind === '' || kind === 'STANDARD' ? '' : ` in ${storageClass(kind)}`;
  switch (part) {
    case 'lists':
      return n(units, 'LIST request', 'LIST requests');
    case 'puts':
      return `${n(units, 'COPY request', 'COPY requests')}${of}`;
    case 'gets':
      return `${n(units, 'GET or HEAD request', 'GET and HEAD requests')}${of}`;
    case 'egress':
      return `${size(units)} out of ${region === '' ? 'the server' : region}`;
    case 'retrieval':
      return `${size(units)} read${of}`;
    case 'restores':
      return `${n(units, 'request', 'requests')} to bring objects back${of}`;
    case 'storing':
      return `${size(units)} kept for ${days === null ? 'a month' : n(days, 'day', 'days')}${of}`;
  }
}

const sum = (amount: number, currency: string): string => {
  const words = money(amount, currency);
  return words.startsWith('under') ? words : `about ${words}`;
};

/** Words of prices. */
export const prices = {
  label: 'Price',
  /** The amount, or that there is none. */
  amount: ({ kind, amount, currency }: Price): string =>
    kind === 'known' ? (amount === 0 ? 'nothing' : sum(amount, currency)) : kind === 'free' ? 'nothing' : 'unknown',
  hint: ({ price, folders }: DownloadPrice): string => {
    if (price.kind !== 'known') return 'price unknown';
    const words = sum(price.amount, price.currency);
    return folders === 0 ? `${words} to download` : `${words} without ${n(folders, 'folder', 'folders')}`;
  },
  /** What it is made of, and of what day the list is; or why there is no price. */
  reason: ({ kind, lines, currency, date, region, why }: Price, days: number | null = null): string => {
    if (kind === 'free') return 'The practice bucket is on this computer.';
    if (kind !== 'known') return why;
    const parts = lines.map((line) => `${what(line, region, days)} ${money(line.amount, currency)}`);
    return [...parts, `list prices of ${date}`].join(', ');
  },
  early: ({ class: kind, objects, days }: PriceEarly): string =>
    `${storageClass(kind)} is paid for ${days} days at least: what is younger among ${n(objects, 'object', 'objects')} costs the rest of that time as well.`,
  lists: ({ amount, currency }: Price): string => sum(amount, currency),
  thousand: ({ amount, currency }: Price): string => `1,000 of them cost ${sum(amount, currency)}.`,
  title: (objects: number, bytes: number, more: boolean): string =>
    more
      ? `Download more than ${n(objects, 'object', 'objects')}, over ${size(bytes)}?`
      : `Download ${n(objects, 'object', 'objects')}, ${size(bytes)}?`,
  more: 'The folders hold more than was counted, so the price is higher than this.',
  lead: 'Nothing was fetched yet.',
  objects: 'Objects',
  bytes: 'Size',
  start: (objects: number, more: boolean): string => (more ? 'Download all' : `Download ${count(objects)}`),
  askFrom: 'Ask before downloads of at least',
  never: 'Never ask',
  from: (bytes: number): string => (bytes === 0 ? 'Any size' : size(bytes).replace('.00 ', ' ')),
  list: (file: string, own: boolean): string =>
    own ? `These are your own prices, from ${file}.` : `Other prices, such as your contract's, go into ${file}.`,
};
