/** Billionths of a currency in a cent. */
const CENT = 10_000_000;

/** `1836400000` → `$1.84`, rounded up; `under $0.01` for less than a cent. */
export function money(amount: number, currency: string): string {
  if (amount > 0 && amount < CENT) return `under ${whole(1, currency)}`;
  return whole(Math.ceil(amount / CENT), currency);
}

function whole(cents: number, currency: string): string {
  try {
    return new Intl.NumberFormat('en-US', { style: 'currency', currency }).format(cents / 100);
  } catch {
    // A list of one's own may name a currency that no table has.
    return `${(cents / 100).toFixed(2)} ${currency}`.trim();
  }
}
