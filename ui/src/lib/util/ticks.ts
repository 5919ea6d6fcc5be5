/** Files and folders of a plan that a person left out: key to number of files. A folder's key ends in `/`. */
export type LeftOut = ReadonlyMap<string, number>;

/** Key of a file or folder among those left out. */
export function tickKey(path: string, folder: boolean): string {
  return folder ? `${path}/` : path;
}

/** Whether a folder above this path is left out. */
export function underLeftOut(out: LeftOut, path: string): boolean {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (out.has(path.slice(0, slash + 1))) return true;
  }
  return false;
}

/** The tick of a row: `mixed` for a folder of which a part is left out. */
export function tickOf(out: LeftOut, path: string, folder: boolean): 'true' | 'false' | 'mixed' {
  const key = tickKey(path, folder);
  if (out.has(key) || underLeftOut(out, path)) return 'false';
  if (folder) for (const other of out.keys()) if (other.startsWith(key)) return 'mixed';
  return 'true';
}

/** Ticks or unticks a row. A folder takes all that lies in it along. */
export function toggleTick(out: LeftOut, path: string, folder: boolean, files: number): Map<string, number> {
  const key = tickKey(path, folder);
  const next = new Map(out);
  const was = tickOf(out, path, folder);
  for (const other of out.keys()) if (other === key || (folder && other.startsWith(key))) next.delete(other);
  if (was === 'true') next.set(key, files);
  return next;
}

/** Number of files left out. */
export function leftOutFiles(out: LeftOut): number {
  let sum = 0;
  for (const files of out.values()) sum += files;
  return sum;
}
