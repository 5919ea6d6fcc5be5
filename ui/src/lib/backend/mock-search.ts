import type { IndexRow, ObjectRow, SearchKnown, SearchLine, UiEvent } from '../api/types';
import type { Calls } from './index';

type Handler<N extends keyof Calls> = (args: Calls[N]['args']) => Calls[N]['result'];

interface Handlers {
  search: Handler<'search'>;
  prefix_sizes: Handler<'prefix_sizes'>;
  indexes: Handler<'indexes'>;
  start_index: Handler<'start_index'>;
  stop_index: Handler<'stop_index'>;
  drop_index: Handler<'drop_index'>;
}

const BUCKET = 'inspections-prod';
const BEGAN = Date.now() - 3 * 3_600_000;

function index(connection: string, bucket: string): IndexRow {
  return {
    id: 'x1',
    connection,
    bucket,
    prefix: '',
    objects: 1_284_310,
    bytes: 31_400_000_000_000,
    requests: 1285,
    complete: true,
    running: false,
    rate: null,
    expected: null,
    began_at: BEGAN,
    ended_at: BEGAN + 240_000,
    error: null,
  };
}

const ALL = 1_284_310;

/** Of how many objects it is known what a question asks beyond the list. */
function knownOf(text: string): SearchKnown | null {
  const tags = text.includes('tag:') ? 312 : null;
  const types = /type:(?:image|\S+\/)/.test(text) ? 4_120 : null;
  const captures = /(?:camera|taken|gps):/.test(text) ? 288 : null;
  return (tags ?? types ?? captures) ? { tags, types, captures, of: ALL } : null;
}

/**
 * Search and indexes in memory: words only, over the rows of the sample folders. Of every eighth object it is known what its tags
 * and its camera are: `case=open`, and a DJI.
 */
export function mockSearch(emit: (event: UiEvent) => void, rows: (prefix: string) => ObjectRow[]): Handlers {
  let known: IndexRow[] = [index('c1', BUCKET)];
  const folders = ['bridges/A14-viaduct/2026-11-20/raw/', 'bridges/A14-viaduct/2026-11-20/'];
  const put = (row: IndexRow): IndexRow => {
    known = [...known.filter((each) => each.id !== row.id), row];
    emit({ kind: 'indexes' });
    return row;
  };
  return {
    search: ({ text, scope, offset, limit }) => {
      const bad = /(?:^|\s)size:(?![<>=\d.])\S*/.exec(text);
      if (bad)
        throw Object.assign(new Error(), {
          code: 'bad_request',
          message: `“${bad[0].trim()}” does not say which size. Write it like size:>10mb.`,
          detail: null,
        });
      const words = text
        .toLowerCase()
        .split(/\s+/)
        .filter((word) => word !== '' && !word.includes(':'));
      const known = knownOf(text);
      const other = known !== null && /tag:(?!case(?:=open)?(?:\s|$))|camera:(?!dji)/.test(text);
      const lines: SearchLine[] = [];
      let count = 0;
      let bytes = 0;
      for (const prefix of folders.filter((each) => each.startsWith(scope.prefix))) {
        const hits = rows(prefix).filter(
          (row, i) =>
            !row.folder &&
            words.every((word) => row.key.toLowerCase().includes(word)) &&
            (known === null || (!other && i % 8 === 0)),
        );
        if (hits.length === 0) continue;
        const at = { connection: 'c1', bucket: BUCKET };
        lines.push({ type: 'prefix', ...at, prefix, name: prefix, count: hits.length });
        lines.push(...hits.map((row): SearchLine => ({ type: 'object', ...at, row })));
        count += hits.length;
        bytes += hits.reduce((sum, row) => sum + row.size, 0);
      }
      const window = lines.slice(offset, offset + limit);
      return {
        lines: window,
        total: lines.length,
        count,
        bytes,
        more: false,
        searched: ALL,
        behind: 0,
        oldest: BEGAN,
        known,
      };
    },
    prefix_sizes: ({ bucket, prefixes }) => ({
      sizes:
        bucket === BUCKET
          ? prefixes.map((prefix, i) => ({ prefix, objects: 96 + i * 116, bytes: 4_120_000_000 + i * 34_520_000_000 }))
          : [],
      at: BEGAN,
    }),
    indexes: () => known,
    start_index: ({ connection, bucket }) =>
      put({
        ...index(connection, bucket),
        id: `x-${bucket}`,
        complete: false,
        running: true,
        objects: 412_000,
        requests: 412,
        rate: 3400,
        expected: bucket === BUCKET ? 1_284_310 : null,
      }),
    stop_index: ({ id }) => {
      for (const row of known.filter((each) => each.id === id)) put({ ...row, running: false, rate: null });
      return null;
    },
    drop_index: ({ id }) => {
      known = known.filter((each) => each.id !== id);
      emit({ kind: 'indexes' });
      return null;
    },
  };
}
