import { Channel, invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { getCurrentWebview } from '@tauri-apps/api/webview';
import type { UiEvent } from '../api/types';
import { toUiError } from '../errors';
import type { Backend, Opened } from './index';

/**
 * A position of a drag as the page counts. It is called physical; on GTK it is in logical pixels all the same (wry hands GTK's own
 * numbers on), elsewhere in those of the screen.
 */
function inPage({ x, y }: { x: number; y: number }): { x: number; y: number } {
  const ratio = navigator.userAgent.includes('Linux') ? 1 : window.devicePixelRatio;
  return { x: x / ratio, y: y / ratio };
}

/** The door inside the desktop window. */
export function tauriBackend(): Backend {
  return {
    native: true,
    async call(name, args) {
      try {
        return await invoke('call', { name, args });
      } catch (error) {
        throw toUiError(error);
      }
    },
    subscribe(listener) {
      let open = true;
      const channel = new Channel<UiEvent[]>();
      channel.onmessage = (events) => {
        if (open) listener(events);
      };
      void invoke('subscribe', { channel }).catch(() => {
        // Without events the views still read on their own slow beat.
      });
      return () => {
        open = false;
      };
    },
    uploadFile() {
      return Promise.reject(
        toUiError({ code: 'not_supported', message: 'This window sends files by their path.', detail: null }),
      );
    },
    async openWindow(route) {
      try {
        await invoke('call', { name: 'open_window', args: { route: JSON.stringify(route) } });
      } catch (error) {
        throw toUiError(error);
      }
    },
    async opened() {
      const answer = await invoke<Opened & { route: string | null }>('call', { name: 'opened', args: {} });
      const { route, ...rest } = answer;
      return { ...rest, route: route === null ? null : (JSON.parse(route) as unknown) };
    },
    onLinks(listener) {
      const stop = listen('links', () => listener());
      return () => void stop.then((unlisten) => unlisten());
    },
    onShellDrag(listener) {
      const stop = getCurrentWebview().onDragDropEvent(({ payload }) => {
        if (payload.type === 'leave') {
          listener({ kind: 'leave' });
          return;
        }
        const { x, y } = inPage(payload.position);
        if (payload.type === 'drop') listener({ kind: 'drop', paths: payload.paths, x, y });
        else listener({ kind: 'over', x, y });
      });
      return () => void stop.then((unlisten) => unlisten());
    },
  };
}
