import { describe, expect, it } from 'vitest';
import { money } from '../src/lib/util/money';

describe('money', () => {
  it('is rounded up to the cent, and what is less than one says so', () => {
    expect(money(1_836_400_001, 'USD')).toBe('$1.84');
    expect(money(1_840_000_000, 'USD')).toBe('$1.84');
    expect(money(1_840_000_001, 'USD')).toBe('$1.85');
    expect(money(1, 'USD')).toBe('under $0.01');
    expect(money(9_999_999, 'EUR')).toBe('under €0.01');
    expect(money(10_000_000, 'USD')).toBe('$0.01');
    expect(money(0, 'USD')).toBe('$0.00');
    expect(money(1_234_567_890_000_000, 'USD')).toBe('$1,234,567.89');
  });

  it('takes a currency that nobody knows', () => {
    expect(money(2_000_000_000, 'points')).toBe('2.00 points');
  });
});
