/** Element that last had the focus in each region of the window. */
const last = new WeakMap<HTMLElement, HTMLElement>();

/** Notes where the focus is, so that F6 can bring it back there. */
export function noteFocus(target: EventTarget | null): void {
  if (!(target instanceof HTMLElement)) return;
  const region = target.closest<HTMLElement>('[data-region]');
  if (region && region !== target) last.set(region, target);
}

/** Moves the focus to the next region of the window, or to the one before; regions are in the order of the document. */
export function focusRegion(step: 1 | -1): void {
  const all = [...document.querySelectorAll<HTMLElement>('[data-region]')];
  const at = all.findIndex((element) => element.contains(document.activeElement));
  const from = at < 0 && step < 0 ? 0 : at;
  const region = all[(from + step + all.length) % all.length];
  if (!region) return;
  const known = last.get(region);
  const before = known && region.contains(known) && known.getClientRects().length > 0 ? known : null;
  const target = before ?? region.querySelector<HTMLElement>('[role=row][tabindex="0"]') ?? region;
  target.focus();
}
