import type { Comparison, DiffLine, FactDiff, Preview, PreviewWant, TextDiff, UiError, VersionRow } from '../api/types';
import { fileKind } from '../util/format';
import { picture } from './mock-data';
import { samplePreview } from './mock-preview';
import type { CallName, Calls } from './index';

type CompareCalls = Extract<CallName, 'download_version' | 'preview_version' | 'compare_versions'>;
type Handlers = { [N in CompareCalls]: (args: Calls[N]['args']) => Calls[N]['result'] };

/** Lines around each that differs. */
const AROUND = 3;

/** A settings file as it was at its n-th version, counted from the newest. */
function textOf(age: number): string {
  const spans = Array.from(
    { length: 40 },
    (_, i) => `    { "span": ${i + 1}, "length_m": ${24 + ((i * 7) % 9)}, "checked": ${i % 3 !== 0 || age === 0} },`,
  );
  return [
    '{',
    '  "site": "A14-viaduct",',
    `  "inspector": "${age === 0 ? 'inspector-07' : 'ops-anna'}",`,
    ...(age === 0 ? ['  "weather": { "wind_kmh": 14, "rain": false },'] : []),
    '  "asset": "Pier 07, north face",',
    ...(age > 1 ? ['  "draft": true,'] : []),
    '  "spans": [',
    ...(age === 0 ? spans : spans.map((line, i) => (i === 21 ? line.replace('"length_m"', '"len"') : line))),
    '  ],',
    `  "approved": ${age === 0}`,
    '}',
  ].join('\n');
}

/** Lines of two texts by their longest common sequence, with gaps where more than enough are the same. */
export function sampleDiff(older: string, newer: string): TextDiff {
  const a = older === '' ? [] : older.split('\n');
  const b = newer === '' ? [] : newer.split('\n');
  const best = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number): number => best[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = best[i];
      if (row) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const all: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      all.push({ kind: 'same', old: (i += 1), new: (j += 1), text: a[i - 1] ?? '' });
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      all.push({ kind: 'gone', old: (i += 1), new: null, text: a[i - 1] ?? '' });
    } else all.push({ kind: 'new', old: null, new: (j += 1), text: b[j - 1] ?? '' });
  }
  const near = (k: number): boolean =>
    all.slice(Math.max(0, k - AROUND), k + AROUND + 1).some((l) => l.kind !== 'same');
  const lines: DiffLine[] = [];
  all.forEach((line, k) => {
    if (near(k)) lines.push(line);
    else if (lines.at(-1)?.kind !== 'skip') lines.push({ kind: 'skip', old: null, new: null, text: '' });
  });
  const count = (kind: DiffLine['kind']): number => all.filter((line) => line.kind === kind).length;
  const differ = count('gone') + count('new') > 0;
  return { lines: differ ? lines : [], gone: count('gone'), new: count('new'), whole: true };
}

/** What is inside versions of the mock; `find` gives one with its place, counted from the newest. */
export function mockCompare(find: (bucket: string, key: string, version: string) => [VersionRow, number]): Handlers {
  function inside(bucket: string, key: string, version: string, want: PreviewWant): Preview {
    const [row, age] = find(bucket, key, version);
    if (row.archived) {
      const frozen: UiError = {
        code: 'conflict',
        message: 'This version is archived. It has to be thawed before it can be read.',
        detail: null,
      };
      throw frozen;
    }
    if (key.endsWith('site-notes.pdf') && age > 0) {
      const failed: UiError = {
        code: 'no_permission',
        message: 'You may not read older versions here. Ask for s3:GetObjectVersion on this bucket.',
        detail: 'AccessDenied · request 7QF2…9KD',
      };
      throw failed;
    }
    const now = samplePreview(key, want);
    switch (fileKind(key)) {
      case 'data':
        return { ...now, text: { text: textOf(age), whole: true } };
      case 'image':
        return age === 0
          ? now
          : {
              ...now,
              picture: { data_url: picture(`${key}, earlier ${age}`), width: 320, height: 208 },
              facts: now.facts.map((fact) => {
                if (fact.name === 'exposure') return { ...fact, value: '1/320 s' };
                if (fact.name === 'camera') return { ...fact, value: 'DJI FC6310' };
                if (fact.name === 'taken') return { ...fact, value: '2026-11-12T14:05:33+00:00' };
                return fact;
              }),
            };
      case 'video':
        return {
          ...now,
          facts: now.facts.map((f) => (f.name === 'duration' && age > 0 ? { ...f, value: '1:31' } : f)),
        };
      default:
        return now;
    }
  }

  function differing(older: Preview, newer: Preview): FactDiff[] {
    const names = [...new Set([...older.facts, ...newer.facts].map((fact) => fact.name))];
    return names.flatMap((name) => {
      const of = (from: Preview): string | null => from.facts.find((fact) => fact.name === name)?.value ?? null;
      return of(older) === of(newer) ? [] : [{ name, older: of(older), newer: of(newer) }];
    });
  }

  return {
    download_version: () => ({ batch: 'b2' }),
    preview_version: ({ bucket, key, version, want }) => inside(bucket, key, version, want),
    compare_versions: ({ bucket, key, older: a, newer: b }): Comparison => {
      const older = inside(bucket, key, a.version, 'large');
      const newer = inside(bucket, key, b.version, 'large');
      const text = older.text && newer.text ? sampleDiff(older.text.text, newer.text.text) : null;
      return { older, newer, text, facts: differing(older, newer), same_bytes: a.etag === b.etag };
    },
  };
}
