import type { Preview, PreviewWant } from '../api/types';
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

/** What is inside a file, as its name lets hope. */
export function samplePreview(key: string, want: PreviewWant): Preview {
  const number = Number(/\d+(?=\D*$)/.exec(key)?.[0] ?? 0);
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
        missing: 'no_video',
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
      return { ...BARE, kind: 'pdf', facts: [{ name: 'pages', value: '12' }], missing: 'no_pdf' };
    case 'scan':
    case 'other':
      return { ...BARE, missing: 'unknown' };
  }
}
