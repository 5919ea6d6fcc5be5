import { describe, expect, test } from 'vitest';
import { MAX_HEIGHT, pagesFor, scrollTo, view } from '../src/lib/util/virtual';

const row = 32;
const viewport = 700;

describe('view', () => {
  test('draws what is seen and a few rows around it', () => {
    expect(view({ total: 1000, row, viewport, scrollTop: 3200, overscan: 2 })).toEqual({
      height: 32_000,
      first: 98,
      end: 124,
      top: 98 * 32,
    });
  });

  test('an empty list draws nothing', () => {
    expect(view({ total: 0, row, viewport, scrollTop: 0 })).toEqual({ height: 0, first: 0, end: 0, top: 0 });
  });

  test.each([1, 21, 22, 100_000, 1_000_000, 3_000_000, 50_000_000])(
    'with %i rows the first and the last can be reached',
    (total) => {
      const top = view({ total, row, viewport, scrollTop: 0 });
      expect(top.first).toBe(0);
      expect(top.height).toBeLessThanOrEqual(MAX_HEIGHT);
      const scrollTop = Math.max(0, top.height - viewport);
      const end = view({ total, row, viewport, scrollTop });
      expect(end.end).toBe(total);
      // The last row ends exactly at the end of the scrolled element.
      expect(end.top + (total - end.first) * row).toBeCloseTo(Math.max(end.height, Math.min(total * row, viewport)), 0);
    },
  );

  test('scaled rows lie at the top edge of what is seen', () => {
    const total = 5_000_000;
    for (const scrollTop of [0, 1, 12_345, 16_000_000, MAX_HEIGHT - viewport]) {
      const v = view({ total, row, viewport, scrollTop, overscan: 0 });
      expect(v.top).toBeLessThanOrEqual(scrollTop + 0.001);
      expect(v.top).toBeGreaterThan(scrollTop - row - 0.001);
      expect(v.end - v.first).toBeLessThanOrEqual(Math.ceil(viewport / row) + 1);
    }
  });
});

describe('scrollTo', () => {
  test('does not move for a row that is seen whole', () => {
    expect(scrollTo(5, { total: 100, row, viewport, scrollTop: 0 })).toBe(0);
  });

  test.each([1000, 1_000_000, 5_000_000])('shows any of %i rows whole', (total) => {
    for (const index of [0, 1, 21, 22, Math.floor(total / 3), total - 2, total - 1]) {
      const scrollTop = scrollTo(index, { total, row, viewport, scrollTop: 4321 });
      const v = view({ total, row, viewport, scrollTop, overscan: 0 });
      const at = v.top + (index - v.first) * row;
      expect(at).toBeGreaterThanOrEqual(scrollTop - 0.01);
      expect(at + row).toBeLessThanOrEqual(scrollTop + viewport + 0.01);
    }
  });
});

test('pages cover the rows and no more', () => {
  expect(pagesFor(0, 0, 200)).toEqual([]);
  expect(pagesFor(0, 200, 200)).toEqual([0]);
  expect(pagesFor(199, 201, 200)).toEqual([0, 1]);
  expect(pagesFor(400, 401, 200)).toEqual([2]);
});
