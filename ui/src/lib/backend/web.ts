import type { UiEvent } from '../api/types';
import { toUiError } from '../errors';
import type { Backend } from './index';

/** The door in a plain browser: the development server on this computer. */
export function webBackend(): Backend {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get('token') ?? '';

  async function request(path: string, body: BodyInit, type: string): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(path, {
        method: 'POST',
        body,
        headers: { 'x-windlass-token': token, 'content-type': type },
      });
    } catch {
      throw toUiError({
        code: 'offline',
        message: 'The Windlass core does not answer. Uploads keep their place; start it again and reload this page.',
        detail: null,
      });
    }
    if (!response.ok) throw toUiError(await response.json().catch(() => ({ status: response.status })));
    return response;
  }

  return {
    native: false,
    async call(name, args) {
      const response = await request(`/api/call/${name}`, JSON.stringify(args), 'application/json');
      return response.json();
    },
    subscribe(listener) {
      let closed = false;
      let socket: WebSocket | null = null;
      let wait = 250;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let before = false;
      const open = (): void => {
        const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
        socket = new WebSocket(`${scheme}://${location.host}/api/events?token=${encodeURIComponent(token)}`);
        socket.onopen = () => {
          wait = 250;
          if (before) listener([{ kind: 'missed' }]);
          before = true;
        };
        socket.onmessage = (message: MessageEvent<string>) => listener(JSON.parse(message.data) as UiEvent[]);
        socket.onclose = () => {
          if (closed) return;
          timer = setTimeout(open, wait);
          wait = Math.min(wait * 2, 8000);
        };
      };
      open();
      return () => {
        closed = true;
        clearTimeout(timer);
        socket?.close();
      };
    },
    async uploadFile(target, { path, file }) {
      const query = new URLSearchParams({ ...target, path });
      await request(`/api/upload?${query.toString()}`, file, 'application/octet-stream');
    },
    openWindow(route) {
      const hash = new URLSearchParams({ token, route: JSON.stringify(route) });
      // Without `noopener` the new page could reach into this one.
      window.open(`${location.pathname}${location.search}#${hash.toString()}`, '_blank', 'noopener');
      return Promise.resolve();
    },
    opened() {
      const links = given.getAll('link');
      given.delete('link');
      const route = given.get('route');
      return Promise.resolve({ first: route === null, route: route === null ? null : readJson(route), links });
    },
    onLinks() {
      return () => undefined;
    },
    onShellDrag() {
      return () => undefined;
    },
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
