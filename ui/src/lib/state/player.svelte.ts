import type { ObjectRow, Playing } from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';
import { t } from '../i18n';
import type { Place } from './listing.svelte';

/** Ends on its own after an hour, so that one that cannot be ended now is no trouble. */
const left = (): void => undefined;

/** Plays one object. Nothing of it is read before `play`; `stop` ends the reading at once. */
export class Player {
  opening = $state(false);
  /** What the element plays; `null` while nothing is played. */
  open = $state.raw<Playing | null>(null);
  /** Why it is not played, in words. */
  says = $state<string | null>(null);
  #turn = 0;

  constructor(private readonly backend: Backend) {}

  async play({ connection, bucket }: Place, { key, etag }: ObjectRow): Promise<void> {
    this.stop();
    const turn = this.#turn;
    this.says = null;
    this.opening = true;
    try {
      const open = await this.backend.call('play', { connection, bucket, key, etag });
      // Closed before it was open.
      if (turn !== this.#turn) this.#end(open);
      else this.open = open;
    } catch (thrown) {
      if (turn === this.#turn) this.says = toUiError(thrown).message;
    }
    if (turn === this.#turn) this.opening = false;
  }

  /** The element gave up, with the code of its `MediaError`. The core knows whether it was for want of bytes. */
  async failed(code: number | undefined): Promise<void> {
    const open = this.open;
    if (!open) return;
    const turn = this.#turn;
    const trouble = await this.backend.call('play_trouble', { id: open.id }).catch((thrown) => toUiError(thrown));
    if (turn !== this.#turn) return;
    this.stop();
    this.says = trouble?.message ?? this.#words(code, open.media);
  }

  stop(): void {
    this.#turn += 1;
    this.opening = false;
    if (this.open) this.#end(this.open);
    this.open = null;
  }

  #words(code: number | undefined, media: string): string {
    if (code === MediaError.MEDIA_ERR_NETWORK) return t.preview.player.brokeOff;
    if (code === MediaError.MEDIA_ERR_DECODE) return t.preview.player.damaged;
    const words = t.preview.player.noPlayer(media);
    return this.backend.native ? `${words} ${t.preview.player.plugins}` : words;
  }

  #end({ id }: Playing): void {
    this.backend.call('stop_playing', { id }).catch(left);
  }
}
