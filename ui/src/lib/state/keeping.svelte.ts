import { SvelteMap } from 'svelte/reactivity';
import type { BucketVersions } from '../api/types';
import type { Backend } from '../backend';

/** Whether buckets keep versions: asked once for each bucket in a session, and only when somebody looks at it. */
export class Keeping {
  #known = new SvelteMap<string, BucketVersions>();
  #asked = new Set<string>();

  /** Called when a bucket keeps versions from now on. */
  onturned: (connection: string, bucket: string) => void = () => {};

  constructor(private readonly backend: Backend) {}

  /** What is known of a bucket; `unknown` until it has answered. */
  of(connection: string, bucket: string): BucketVersions {
    return this.#known.get(idOf(connection, bucket)) ?? 'unknown';
  }

  /** Asks for a bucket that was not asked for yet. What cannot be found out is no error: nothing is said of it. */
  want(connection: string, bucket: string): void {
    const id = idOf(connection, bucket);
    if (this.#asked.has(id)) return;
    this.#asked.add(id);
    this.backend.call('bucket_versions', { connection, bucket }).then(
      (state) => this.#known.set(id, state),
      // Without a line to the server nothing was found out: the next look asks again.
      () => this.#asked.delete(id),
    );
  }

  /** The bucket is gone: another one of its name is asked anew. */
  forget(connection: string, bucket: string): void {
    const id = idOf(connection, bucket);
    this.#asked.delete(id);
    this.#known.delete(id);
  }

  /** Turns versions on. Rejects with a `UiError`. */
  async turnOn(connection: string, bucket: string): Promise<void> {
    await this.backend.call('keep_versions', { connection, bucket });
    const id = idOf(connection, bucket);
    this.#asked.add(id);
    this.#known.set(id, 'on');
    this.onturned(connection, bucket);
  }
}

function idOf(connection: string, bucket: string): string {
  return JSON.stringify([connection, bucket]);
}
