import type { BucketRow, BucketVersions, UiError } from '../api/types';
import type { Calls } from './index';

type Handlers = {
  [N in 'buckets' | 'check_bucket_name' | 'create_bucket' | 'delete_bucket' | 'bucket_versions' | 'keep_versions']: (
    args: Calls[N]['args'],
  ) => Calls[N]['result'];
};

const conflict = (message: string): UiError => ({ code: 'conflict', message, detail: null });

/** Buckets of the mock: some that hold something, and what was made in this page, which is empty. */
export function mockBuckets(keeps: string | null): { handlers: Handlers; made: Set<string> } {
  const made = new Set<string>();
  const given = (['on', 'suspended', 'off', 'unknown'] as const).find((each) => each === keeps);
  const states = new Map<string, BucketVersions>([
    ['inspections-prod', given ?? 'on'],
    ['inspections-archive', 'suspended'],
    ['drone-raw-eu', 'off'],
  ]);
  let rows: BucketRow[] = ['inspections-prod', 'inspections-archive', 'public-reports', 'drone-raw-eu'].map((name) => ({
    name,
    created: Date.UTC(2025, 2, 4, 9, 0),
  }));
  // Only what tests and pictures show; the rules are the core's.
  const problem = (name: string): string | null => {
    if (/[A-Z]/.test(name)) return 'Capital letters are not allowed in a bucket’s name.';
    const odd = /[^a-z0-9.-]/u.exec(name);
    if (odd) return `Only small letters a to z, digits, dots and hyphens are allowed, not “${odd[0]}”.`;
    return name.length < 3 ? 'A bucket’s name has at least 3 characters.' : null;
  };
  return {
    made,
    handlers: {
      buckets: () => rows,
      check_bucket_name: ({ name }) => problem(name),
      create_bucket: ({ draft: { name } }) => {
        if (rows.some((row) => row.name === name)) {
          throw conflict(`You have a bucket ${name} already. It was left as it is. Choose another name.`);
        }
        const row = { name, created: Date.now() };
        made.add(name);
        states.set(name, 'off');
        rows = [...rows, row].sort((a, b) => (a.name < b.name ? -1 : 1));
        return row;
      },
      bucket_versions: ({ bucket }) => states.get(bucket) ?? 'unknown',
      keep_versions: ({ bucket }) => {
        if (bucket === 'drone-raw-eu') {
          const refused: UiError = {
            code: 'no_permission',
            message: 'You may not turn on versions here. Ask for s3:PutBucketVersioning on drone-raw-eu.',
            detail: 'AccessDenied · request 7QF2…9KD',
          };
          throw refused;
        }
        states.set(bucket, 'on');
        return null;
      },
      delete_bucket: ({ bucket }) => {
        if (!made.has(bucket)) {
          throw conflict(
            `${bucket} holds 385 objects and 12 older versions, so it was not deleted. Only an empty bucket is. Older versions and markers stay when objects are deleted; they go with the server’s own tools.`,
          );
        }
        made.delete(bucket);
        rows = rows.filter((row) => row.name !== bucket);
        return null;
      },
    },
  };
}
