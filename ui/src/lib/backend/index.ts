import type {
  BucketRow,
  CapabilityReport,
  ConnectionDraft,
  ConnectionRow,
  FailureGroup,
  FolderFileRow,
  FoundProfile,
  ListingSummary,
  ListingWindow,
  ObjectDetails,
  SecretPlaces,
  SortBy,
  StepResult,
  SyncFolderRow,
  TransferFilter,
  TransferWindow,
  UiEvent,
} from '../api/types';

/** What the core says of itself. */
export interface AppInfo {
  version: string;
  platform: string;
  practice_running: boolean;
  first_run: boolean;
}

/** Answer of a delete. */
export interface DeleteResult {
  deleted: number;
  kept: { key: string; reason: string }[];
  undo_hint: string;
}

/** Which files of a sync folder to show. */
export type FileFilter = 'todo' | 'verified' | 'failed' | 'all';

type None = Record<string, never>;
interface Id {
  id: string;
}
interface Place {
  connection: string;
  bucket: string;
  prefix: string;
}
interface ObjectAt {
  connection: string;
  bucket: string;
  key: string;
}

/** Every function of the core: what goes in, what comes out. */
export interface Calls {
  app_info: { args: None; result: AppInfo };
  found_profiles: { args: None; result: FoundProfile[] };
  secret_places: { args: None; result: SecretPlaces };
  connections: { args: None; result: ConnectionRow[] };
  test_connection: { args: { run: string; draft: ConnectionDraft }; result: StepResult[] };
  save_connection: { args: { draft: ConnectionDraft }; result: ConnectionRow };
  remove_connection: { args: Id; result: null };
  start_practice: { args: None; result: ConnectionRow };
  reset_practice: { args: None; result: null };
  probe_capabilities: { args: { connection: string; bucket: string }; result: CapabilityReport };
  buckets: { args: { connection: string }; result: BucketRow[] };
  open_listing: { args: Place & { refresh: boolean }; result: ListingSummary };
  listing_window: {
    args: Id & { offset: number; limit: number; sort: SortBy; descending: boolean; filter: string };
    result: ListingWindow;
  };
  close_listing: { args: Id; result: null };
  object_details: { args: ObjectAt; result: ObjectDetails };
  thumbnail: { args: ObjectAt; result: { data_url: string } | null };
  create_folder: { args: Place & { name: string }; result: null };
  delete_objects: { args: { connection: string; bucket: string; keys: string[] }; result: DeleteResult };
  download: { args: { connection: string; bucket: string; keys: string[]; to: string }; result: { batch: string } };
  upload_paths: { args: Place & { paths: string[] }; result: { batch: string; files: number } };
  folders: { args: None; result: SyncFolderRow[] };
  add_folder: { args: Place & { name: string; local: string }; result: SyncFolderRow };
  remove_folder: { args: Id; result: null };
  pause_folder: { args: Id; result: null };
  resume_folder: { args: Id; result: null };
  rescan_folder: { args: Id; result: null };
  folder_files: {
    args: Id & { offset: number; limit: number; filter: FileFilter };
    result: { rows: FolderFileRow[]; total: number };
  };
  folder_failures: { args: Id; result: FailureGroup[] };
  retry_failed: { args: Id & { code: string | null }; result: number };
  transfers: { args: { offset: number; limit: number; filter: TransferFilter }; result: TransferWindow };
  pause_transfer: { args: Id; result: null };
  resume_transfer: { args: Id; result: null };
  cancel_transfer: { args: Id; result: null };
  retry_transfer: { args: Id; result: null };
  pause_all: { args: None; result: null };
  resume_all: { args: None; result: null };
  cancel_all: { args: None; result: null };
  retry_all: { args: None; result: null };
  clear_done: { args: None; result: null };
  set_bandwidth: { args: { bytes_per_second: number | null }; result: null };
  pick_folder: { args: None; result: string | null };
  pick_files: { args: None; result: string[] };
}

/** Name of a function of the core. */
export type CallName = keyof Calls;

/** A file from the browser with its path below the place it is dropped on. */
export interface DroppedFile {
  path: string;
  file: File;
}

/** Where an upload goes. */
export type UploadTarget = Place;

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
