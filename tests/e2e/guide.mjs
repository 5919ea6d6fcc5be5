// Pictures of the guide: with WINDLASS_SHOTS=docs the tests write them to docs/guide/img, small enough to be kept.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './core.mjs';

const guide = join(root, 'docs/guide/img');

/** Whether pictures of the guide are wanted. */
export const forGuide = process.env.WINDLASS_SHOTS === 'docs';

/** Keeps a picture of the page for the guide. */
export async function toGuide(page, name) {
  mkdirSync(guide, { recursive: true });
  const bytes = await page.screenshot({ style: '.toasts { visibility: hidden; }' });
  const small = ['png:-', '-strip', '+dither', '-colors', '200', `PNG8:${join(guide, `${name}.png`)}`];
  execFileSync('convert', small, { input: bytes });
}
