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
export type ShellDrag =
  { kind: 'over'; x: number; y: number } | { kind: 'leave' } | { kind: 'drop'; paths: string[]; x: number; y: number };

/** What this window was opened for. */
export interface Opened {
  /** Whether it is the one whose tabs come back at the next start. */
  first: boolean;
  /** The place that the window which opened it asked for; not checked. */
  route: unknown;
  /** Links that the system handed over since they were last asked for; not checked. */
  links: string[];
}

/** The door to the core. Every implementation rejects with a `UiError`. */
export interface Backend {
  /** Whether native dialogs and real paths exist. */
  readonly native: boolean;
  call<N extends CallName>(name: N, args: Calls[N]['args']): Promise<Calls[N]['result']>;
  /** Hints to look again. Returns the function that stops it. */
  subscribe(listener: (events: UiEvent[]) => void): () => void;
  /** Sends one file whose bytes only the browser has. */
  uploadFile(target: UploadTarget, file: DroppedFile): Promise<void>;
  /** Opens another window at a place. */
  openWindow(route: unknown): Promise<void>;
  /** What this window is to show; each link is given once. */
  opened(): Promise<Opened>;
  /** Says that a link waits in `opened`. Returns the function that stops it. */
  onLinks(listener: () => void): () => void;
  /** Drags of real paths, where the shell reports them. */
  onShellDrag(listener: (drag: ShellDrag) => void): () => void;
}

/** Chooses the door for the place this page runs in. */
export async function connectBackend(): Promise<Backend> {
  if (import.meta.env.MODE === 'mock') return (await import('./mock')).mockBackend();
  if ('__TAURI_INTERNALS__' in window) return (await import('./tauri')).tauriBackend();
  return (await import('./web')).webBackend();
}
