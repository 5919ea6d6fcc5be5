/**
 * What the window remembers between starts, in the web view's own storage: `windlass.<name>` holds
 * `{"version": n, "value": …}`. A value of another version, or one that does not have the expected form, is as good as
 * none. Nothing here is secret and nothing here is needed: losing it costs comfort only.
 */
export interface Slot<T> {
  name: string;
  version: number;
  /** Makes a value of what was read, or `null` when it has not the expected form. */
  read: (value: unknown) => T | null;
}

/** The value that was kept, or `null`. */
export function load<T>({ name, version, read }: Slot<T>): T | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(`windlass.${name}`) ?? 'null');
    return isRecord(kept) && kept.version === version ? read(kept.value) : null;
  } catch {
    return null;
  }
}

/** Keeps a value. Without storage it lasts until the window closes. */
export function keep<T>({ name, version }: Slot<T>, value: T): void {
  try {
    localStorage.setItem(`windlass.${name}`, JSON.stringify({ version, value }));
  } catch {
    // Full or forbidden: see above.
  }
}

/** Calls when another window has kept something. Returns the function that stops it. */
export function onKept(listener: () => void): () => void {
  const changed = ({ key }: StorageEvent): void => {
    if (key === null || key.startsWith('windlass.')) listener();
  };
  window.addEventListener('storage', changed);
  return () => window.removeEventListener('storage', changed);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 4096;
}

/** The items of a list that have the expected form; the others are left out. */
export function readList<T>(value: unknown, read: (item: unknown) => T | null, most: number): T[] | null {
  if (!Array.isArray(value)) return null;
  return value
    .slice(0, most)
    .map(read)
    .filter((item) => item !== null);
}
