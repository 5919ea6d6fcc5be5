import { getContext, setContext } from 'svelte';
import type { App } from './app.svelte';

const KEY = Symbol('app');

/** Gives the app's state to everything below. */
export function provideApp(app: App): void {
  setContext(KEY, app);
}

/** The app's state. */
export function useApp(): App {
  return getContext<App>(KEY);
}
