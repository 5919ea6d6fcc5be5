import { beforeEach, expect, test } from 'vitest';
import { MAX_WIDTH, MIN_WIDTH, TableLayout } from '../src/lib/state/table-layout.svelte';

beforeEach(() => localStorage.clear());

test('columns, widths and row height are kept', () => {
  const layout = new TableLayout();
  expect(layout.tracks).toBe('16px 32px minmax(80px, 1fr) 76px 140px 96px 128px');
  layout.toggle('class');
  layout.setWidth('modified', 180.4);
  layout.density = 'comfortable';
  const again = new TableLayout();
  expect(again.columns).toEqual(['size', 'modified', 'state']);
  expect(again.tracks).toBe('16px 32px minmax(80px, 1fr) 76px 180px 128px');
  expect(again.rowHeight).toBe(40);
  again.toggle('class');
  again.resetWidth('modified');
  expect(new TableLayout().tracks).toBe('16px 32px minmax(80px, 1fr) 76px 140px 96px 128px');
});

test('a width stays within reason', () => {
  const layout = new TableLayout();
  layout.setWidth('size', 5);
  expect(layout.width('size')).toBe(MIN_WIDTH);
  layout.setWidth('size', 5000);
  expect(layout.width('size')).toBe(MAX_WIDTH);
});

test('what is broken falls back part by part', () => {
  const value = { density: 'huge', hidden: ['class', 'name', 7], widths: { size: 1e9, state: 'wide' } };
  localStorage.setItem('windlass.table', JSON.stringify({ version: 1, value }));
  const layout = new TableLayout();
  expect(layout.rowHeight).toBe(32);
  expect(layout.columns).toEqual(['size', 'modified', 'state']);
  expect([layout.width('size'), layout.width('state')]).toEqual([MAX_WIDTH, 128]);
});
