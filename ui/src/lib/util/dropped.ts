import type { DroppedFile } from '../backend';

/** Files of a file field; a chosen folder gives paths below it. */
export function fromInput(files: FileList): DroppedFile[] {
  return [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Files of a drop or paste, folders walked through. */
export async function fromTransfer(data: DataTransfer): Promise<DroppedFile[]> {
  // Entries must be taken before the first wait: the list is emptied when the event ends.
  const entries = [...data.items].map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null));
  const plain = [...data.files];
  const found: DroppedFile[] = [];
  if (entries.some((entry) => entry !== null)) {
    for (const entry of entries) if (entry) await walk(entry, '', found);
    return found;
  }
  return plain.map((file) => ({ path: file.name, file }));
}

async function walk(entry: FileSystemEntry, base: string, found: DroppedFile[]): Promise<void> {
  const path = base + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives at most 100 entries at a time and an empty list at the end.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    for (const child of batch) await walk(child, `${path}/`, found);
  }
}
