import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  {
    ignores: [
      '**/node_modules/',
      'target/',
      'build/',
      'gen/',
      'ui/dist/',
      'ui/dist-mock/',
      'ui/src/lib/api/',
      'src-tauri/',
    ],
  },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] } },
  },
  {
    rules: {
      'no-undef': 'off',
      eqeqeq: 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'svelte/no-at-html-tags': 'error',
      'svelte/require-each-key': 'error',
      // Maps and sets here are replaced as a whole inside `$state.raw`, or are no state at all.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  // The tiers: text and maths know nothing of the rest, state knows no components, components know no views.
  {
    files: ['ui/src/lib/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['**/components/**', '**/views/**'] }] },
  },
  {
    files: ['ui/src/components/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['**/views/**', '@tauri-apps/*'] }] },
  },
);
