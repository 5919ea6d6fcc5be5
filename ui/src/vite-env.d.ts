/// <reference types="svelte" />
/// <reference types="vite/client" />

declare module 'svelte/elements' {
  interface SvelteWindowAttributes {
    'onwindlass-edit-path'?: (event: CustomEvent) => void;
  }
}

export {};
