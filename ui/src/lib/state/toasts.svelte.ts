import { visible } from '../util/address';

/** A short notice. */
export interface Toast {
  id: number;
  kind: 'ok' | 'info' | 'error';
  text: string;
  detail: string | null;
  /** What it leads to. */
  action: ToastAction | null;
}

/** What a notice offers to do. */
export interface ToastAction {
  label: string;
  run: () => void;
}

const LIFE = 6000;

/** Notices at the corner; each stays 6 seconds, longer while the pointer is on it. */
export class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(kind: Toast['kind'], text: string, detail: string | null = null, action: ToastAction | null = null): void {
    const id = this.#next;
    this.#next += 1;
    // A name in it may not turn the words around it.
    const lines = (all: string): string => all.split('\n').map(visible).join('\n');
    this.list = [
      ...this.list.slice(-3),
      { id, kind, text: lines(text), detail: detail === null ? null : lines(detail), action },
    ];
    this.resume(id);
  }

  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  resume(id: number): void {
    this.hold(id);
    this.#timers.set(
      id,
      setTimeout(() => this.close(id), LIFE),
    );
  }

  close(id: number): void {
    this.hold(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}
