import type { Playing, Preview, PreviewWant } from '../api/types';
import { fileKind } from '../util/format';
import { picture } from './mock-data';

const BARE: Preview = {
  kind: 'other',
  facts: [],
  position: null,
  picture: null,
  text: null,
  table: null,
  missing: null,
};

/** A page of a report. */
function page(number: number): string {
  const lines = Array.from(
    { length: 22 },
    (_, i) => `<path d="M12 ${30 + i * 5}h${50 + ((i * 37 + number * 11) % 26)}" stroke="#9aa3ad" stroke-width="1.4"/>`,
  ).join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1448" height="2048" viewBox="0 0 100 141"><path fill="#fff" d="M0 0h100v141H0z"/><text x="12" y="20" font-family="sans-serif" font-size="7" fill="#1f2933">Site notes, page ${number + 1}</text>${lines}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** What is inside a file, as its name lets hope. */
export function samplePreview(key: string, want: PreviewWant): Preview {
  const number = Number(/\d+(?=\.\w+$)/.exec(key)?.[0] ?? 0);
  switch (fileKind(key)) {
    case 'image':
      return {
        ...BARE,
        kind: 'jpeg',
        picture: { data_url: picture(key), width: 320, height: 208 },
        facts: [
          { name: 'dimensions', value: '5280 × 3956' },
          { name: 'camera', value: 'DJI FC3582' },
          { name: 'exposure', value: `1/${500 + (number % 7) * 100} s` },
          { name: 'aperture', value: number % 3 === 0 ? 'f/2.8' : 'f/4' },
          { name: 'iso', value: String(100 + (number % 3) * 50) },
          { name: 'focal_length', value: '24 mm' },
          { name: 'taken', value: `2026-11-20T10:${String(36 + (number % 20)).padStart(2, '0')}:07+00:00` },
        ],
        position: { latitude: 52.4012, longitude: 0.2634 },
      };
    case 'video':
      return {
        ...BARE,
        kind: 'video',
        facts: [
          { name: 'dimensions', value: '3840 × 2160' },
          { name: 'duration', value: '1:48' },
          { name: 'codec', value: 'HEVC' },
        ],
        // Of one in two a still can be drawn.
        ...(number % 20 === 4
          ? { picture: { data_url: picture(key), width: 320, height: 208 } }
          : { missing: 'no_video' as const }),
      };
    case 'text':
      return {
        ...BARE,
        kind: 'csv',
        table: {
          rows: [
            ['time', 'battery', 'height'],
            ['10:36:02', '98', '0.0'],
            ['10:36:04', '98', '<b>11.4</b>'],
          ],
          whole: want === 'large',
        },
      };
    case 'data':
      return { ...BARE, kind: 'json', text: { text: '{\n  "site": "A14-viaduct"\n}', whole: true } };
    case 'pdf':
      return {
        ...BARE,
        kind: 'pdf',
        facts: [{ name: 'pages', value: '12' }],
        ...(want === 'small'
          ? { missing: 'no_small_picture' }
          : { picture: { data_url: page(typeof want === 'object' ? want.page : 0), width: 1448, height: 2048 } }),
      };
    case 'scan':
    case 'other':
      return { ...BARE, missing: 'unknown' };
  }
}

/** Five seconds of silence, 8 kHz; of a film without a still, what no player knows. */
export function samplePlaying(key: string): Playing {
  const media = 'video/mp4';
  if (samplePreview(key, 'small').missing) return { id: key, address: `data:${media},nothing`, media };
  const file = new Uint8Array(44 + 40_000).fill(128);
  const view = new DataView(file.buffer);
  const text = (at: number, letters: string): void =>
    [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, 36 + 40_000, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  text(36, 'data');
  view.setUint32(40, 40_000, true);
  return { id: key, address: URL.createObjectURL(new Blob([file], { type: 'audio/wav' })), media };
}
