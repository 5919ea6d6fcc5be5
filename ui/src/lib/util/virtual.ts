/**
 * Maths of the virtual list. A web view draws elements up to a limited height; beyond it the scroll position is scaled,
 * so that one pixel of the scroll bar stands for several pixels of rows.
 */

/** Greatest height given to the scrolled element: below the 33,554,426 px that WebKit and Chromium can draw. */
export const MAX_HEIGHT = 32_500_000;

/** What to draw at a scroll position. */
export interface VirtualView {
  /** Height of the scrolled element. */
  height: number;
  /** First row to draw. */
  first: number;
  /** One past the last row to draw. */
  end: number;
  /** Where the first drawn row goes, from the top of the scrolled element. */
  top: number;
}

export interface VirtualInput {
  total: number;
  row: number;
  viewport: number;
  scrollTop: number;
  overscan?: number;
}

/** Rows to draw and where, for a scroll position. */
export function view({ total, row, viewport, scrollTop, overscan = 6 }: VirtualInput): VirtualView {
  const full = total * row;
  const height = Math.min(full, MAX_HEIGHT);
  const at = toVirtual(scrollTop, full, height, viewport);
  const first = Math.max(0, Math.floor(at / row) - overscan);
  const end = Math.min(total, Math.ceil((at + viewport) / row) + overscan);
  return { height, first, end: Math.max(first, end), top: scrollTop - at + first * row };
}

/** Scroll position that shows a row whole; the present one when it is shown already. */
export function scrollTo(index: number, { total, row, viewport, scrollTop }: VirtualInput): number {
  const full = total * row;
  const height = Math.min(full, MAX_HEIGHT);
  const at = toVirtual(scrollTop, full, height, viewport);
  const from = index * row;
  if (from >= at && from + row <= at + viewport) return scrollTop;
  const wanted = from < at ? from : from + row - viewport;
  const most = Math.max(0, full - viewport);
  return fromVirtual(Math.min(Math.max(0, wanted), most), full, height, viewport);
}

/** Row at the top of the screen; a fraction when it is cut. */
export function topRow({ total, row, viewport, scrollTop }: VirtualInput): number {
  const full = total * row;
  return toVirtual(scrollTop, full, Math.min(full, MAX_HEIGHT), viewport) / row;
}

/** Scroll position that has a row at the top of the screen, as far as the list goes. */
export function scrollToTop(top: number, { total, row, viewport }: Omit<VirtualInput, 'scrollTop'>): number {
  const full = total * row;
  const at = Math.min(Math.max(0, top * row), Math.max(0, full - viewport));
  return fromVirtual(at, full, Math.min(full, MAX_HEIGHT), viewport);
}

function toVirtual(scrollTop: number, full: number, height: number, viewport: number): number {
  const most = Math.max(0, full - viewport);
  if (full <= height) return Math.min(Math.max(0, scrollTop), most);
  const reach = Math.max(1, height - viewport);
  return Math.min(Math.max(0, scrollTop / reach), 1) * most;
}

function fromVirtual(at: number, full: number, height: number, viewport: number): number {
  if (full <= height) return at;
  return (at / Math.max(1, full - viewport)) * Math.max(1, height - viewport);
}

/** Pages that cover rows `first..end`. */
export function pagesFor(first: number, end: number, pageSize: number): number[] {
  if (end <= first) return [];
  const pages: number[] = [];
  for (let p = Math.floor(first / pageSize); p <= Math.floor((end - 1) / pageSize); p += 1) pages.push(p);
  return pages;
}
