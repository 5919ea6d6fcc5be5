import { moveFocus } from './keys';

/** Puts a menu at a point, inside the window, with the focus on its first item. Gives what brings the focus back. */
export function openAt(menu: HTMLElement, x: number, y: number): () => void {
  const before = document.activeElement;
  menu.style.left = `${Math.max(8, Math.min(x, window.innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, window.innerHeight - menu.offsetHeight - 8))}px`;
  menu.querySelector('button')?.focus();
  return () => {
    if (before instanceof HTMLElement && document.activeElement === document.body) before.focus();
  };
}

/** Arrow keys, Home and End in an open menu; Escape and Tab close it. */
export function menuKeys(event: KeyboardEvent, menu: HTMLElement | undefined, close: () => void): void {
  const buttons = [...(menu?.querySelectorAll('button') ?? [])];
  const at = buttons.findIndex((each) => each === document.activeElement);
  event.stopPropagation();
  if (event.key === 'Escape' || event.key === 'Tab') {
    event.preventDefault();
    close();
    return;
  }
  const to = moveFocus(event.key, at, buttons.length, buttons.length);
  if (to === null) return;
  event.preventDefault();
  buttons[to]?.focus();
}
