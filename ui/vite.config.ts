import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig(({ command }) => ({
  // In serve mode a stale web view may ask for a component's style before the component itself and would then get raw
  // source as CSS; injected styles avoid that request. Builds keep separate CSS files.
  plugins: [svelte({ compilerOptions: command === 'serve' ? { css: 'injected' } : {} })],
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: { target: 'es2022', sourcemap: false, assetsInlineLimit: 0 },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.ts'] },
}));
