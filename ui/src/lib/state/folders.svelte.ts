import type { FailureGroup, FolderFileRow, SyncFolderRow, UiError } from '../api/types';
import type { Backend, FileFilter } from '../backend';
import { toUiError } from '../errors';
import { Throttle } from '../util/throttle';
import { Pages } from './pages.svelte';

/** All sync folders and the one that is open. */
export class Folders {
  list = $state.raw<SyncFolderRow[]>([]);
  loaded = $state(false);
  error = $state.raw<UiError | null>(null);
  id = $state<string | null>(null);
  failures = $state.raw<FailureGroup[]>([]);
  filter = $state<FileFilter>('todo');
  total = $state(0);
  focus = $state(0);
  readonly files: Pages<FolderFileRow>;
  open = $derived(this.list.find((folder) => folder.id === this.id) ?? null);
  #throttle = new Throttle(() => void this.read(), 250);

  constructor(private readonly backend: Backend) {
    this.files = new Pages((offset, limit) => this.#readFiles(offset, limit));
  }

  changed(): void {
    this.#throttle.poke();
  }

  async read(): Promise<void> {
    try {
      this.list = await this.backend.call('folders', {});
      this.loaded = true;
      this.error = null;
      if (this.id !== null) {
        this.files.stale();
        await this.#readFailures();
      }
    } catch (thrown) {
      this.error = toUiError(thrown);
    }
  }

  show(id: string | null): void {
    if (this.id === id) return;
    this.id = id;
    this.failures = [];
    this.#restart();
    if (id !== null) {
      this.filter = 'todo';
      void this.read();
    }
  }

  pick(filter: FileFilter): void {
    this.filter = filter;
    this.#restart();
  }

  async command(
    name: 'pause_folder' | 'resume_folder' | 'rescan_folder' | 'merge_folder' | 'remove_folder',
  ): Promise<UiError | null> {
    const id = this.id;
    if (id === null) return null;
    try {
      await this.backend.call(name, { id });
      return null;
    } catch (thrown) {
      return toUiError(thrown);
    } finally {
      this.#throttle.poke();
    }
  }

  async retry(code: string | null): Promise<number> {
    if (this.id === null) return 0;
    const again = await this.backend.call('retry_failed', { id: this.id, code });
    this.#throttle.poke();
    return again;
  }

  #restart(): void {
    this.total = 0;
    this.focus = 0;
    this.files.clear();
    this.files.look(0, 1);
  }

  async #readFailures(): Promise<void> {
    const id = this.id;
    const failed = this.open?.counts.failed ?? 0;
    if (id === null) return;
    const failures = failed === 0 ? [] : await this.backend.call('folder_failures', { id });
    if (id === this.id) this.failures = failures;
  }

  async #readFiles(offset: number, limit: number): Promise<FolderFileRow[] | null> {
    const id = this.id;
    const filter = this.filter;
    if (id === null) return null;
    const answer = await this.backend.call('folder_files', { id, offset, limit, filter });
    if (id !== this.id || filter !== this.filter) return null;
    this.total = answer.total;
    return answer.rows;
  }
}
