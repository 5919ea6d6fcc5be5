/** Where a key moves the focus in a list, or `null` when it does not move it. */
export function moveFocus(key: string, at: number, total: number, page: number): number | null {
  if (total === 0) return null;
  const last = total - 1;
  const clamp = (n: number): number => Math.min(last, Math.max(0, n));
  switch (key) {
    case 'ArrowDown':
      return clamp(at + 1);
    case 'ArrowUp':
      return clamp(at - 1);
    case 'PageDown':
      return clamp(at + Math.max(1, page));
    case 'PageUp':
      return clamp(at - Math.max(1, page));
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}

/** The same in a grid of tiles, where left and right are the next ones and up and down a whole row away. */
export function moveInGrid(key: string, at: number, total: number, columns: number, page: number): number | null {
  if (total === 0) return null;
  switch (key) {
    case 'ArrowRight':
      return moveFocus('ArrowDown', at, total, page);
    case 'ArrowLeft':
      return moveFocus('ArrowUp', at, total, page);
    case 'ArrowDown': {
      if (at + columns < total) return at + columns;
      // Below there may be no tile, though there is another row.
      return Math.floor(at / columns) < Math.floor((total - 1) / columns) ? total - 1 : at;
    }
    case 'ArrowUp':
      return at < columns ? at : at - columns;
    default:
      return moveFocus(key, at, total, page);
  }
}

/** Whether this is a Mac, where Cmd does what Ctrl does elsewhere. */
export const MAC = typeof navigator !== 'undefined' && /^Mac/.test(navigator.platform);

/**
 * `ctrl+l`, `alt+arrowleft`, `shift+f6`: one name for a key press. `ctrl` is Cmd on a Mac; Ctrl itself is `control`
 * there.
 */
export function chord(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
  mac = MAC,
): string {
  const parts: string[] = [];
  if (mac ? event.metaKey : event.ctrlKey) parts.push('ctrl');
  if (mac ? event.ctrlKey : event.metaKey) parts.push(mac ? 'control' : 'meta');
  if (event.altKey) parts.push('alt');
  // Shift that only makes another character of the key is no part of the name: it is in the character.
  if (event.shiftKey && (event.key.length > 1 || parts.length > 0 || event.key === ' ')) parts.push('shift');
  parts.push(event.key === ' ' ? 'space' : event.key.toLowerCase());
  return parts.join('+');
}

const CAPS: Record<string, [other: string, mac: string]> = {
  ctrl: ['Ctrl', '⌘'],
  control: ['Ctrl', '⌃'],
  alt: ['Alt', '⌥'],
  shift: ['Shift', '⇧'],
  enter: ['Enter', '↩'],
  escape: ['Esc', 'Esc'],
  delete: ['Delete', '⌦'],
  space: ['Space', 'Space'],
  tab: ['Tab', '⇥'],
  arrowleft: ['←', '←'],
  arrowright: ['→', '→'],
  arrowup: ['↑', '↑'],
  arrowdown: ['↓', '↓'],
  pageup: ['PgUp', '⇞'],
  pagedown: ['PgDn', '⇟'],
};

/** Key caps of a chord, as they are shown: `Ctrl`, `Shift`, `C`. */
export function keyCaps(keys: string, mac = MAC): string[] {
  return keys.split('+').map((part) => CAPS[part]?.[mac ? 1 : 0] ?? part.toUpperCase());
}

/** Whether a click asks for a new tab: with the middle button, or with Ctrl. */
export function asksForTab(event: MouseEvent, mac = MAC): boolean {
  return event.button === 1 || (event.button === 0 && (mac ? event.metaKey : event.ctrlKey));
}

/** Whether the person is typing into a field. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.tagName === 'TEXTAREA' ||
      target.tagName === 'SELECT' ||
      (target.tagName === 'INPUT' && !['checkbox', 'radio', 'button'].includes((target as HTMLInputElement).type)))
  );
}
