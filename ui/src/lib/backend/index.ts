import type { CallName, Calls } from '../api/client';
import type { UiEvent } from '../api/types';

export type { CallName, Calls };
export type { AppInfo, DeleteResult, FileFilter } from '../api/types';

/** A file from the browser with its path below the place it is dropped on. */
export interface DroppedFile {
  path: string;
  file: File;
}

/** Where an upload goes. */
export interface UploadTarget {
  connection: string;
  bucket: string;
  prefix: string;
}

/** What a window-level drag of files is doing; only shells that see real paths send it. */
export type ShellDrag = { kind: 'over' } | { kind: 'leave' } | { kind: 'drop'; paths: string[] };

/** The door to the core. Every implementation rejects with a `UiError`. */
export interface Backend {
  /** Whether native dialogs and real paths exist. */
  readonly native: boolean;
  call<N extends CallName>(name: N, args: Calls[N]['args']): Promise<Calls[N]['result']>;
  /** Hints to look again. Returns the function that stops it. */
  subscribe(listener: (events: UiEvent[]) => void): () => void;
  /** Sends one file whose bytes only the browser has. */
  uploadFile(target: UploadTarget, file: DroppedFile): Promise<void>;
  /** Drags of real paths, where the shell reports them. */
  onShellDrag(listener: (drag: ShellDrag) => void): () => void;
}

/** Chooses the door for the place this page runs in. */
export async function connectBackend(): Promise<Backend> {
  if (import.meta.env.MODE === 'mock') return (await import('./mock')).mockBackend();
  if ('__TAURI_INTERNALS__' in window) return (await import('./tauri')).tauriBackend();
  return (await import('./web')).webBackend();
}
