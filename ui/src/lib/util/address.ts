/** A place in a bucket; `select` names a key to put the focus on. */
export interface Address {
  bucket: string;
  prefix: string;
  select: string | null;
}

/** Reads what people paste into the path bar: `s3://`, an ARN, a web address of S3, or `bucket/prefix/`. */
export function parseAddress(text: string): Address | null {
  const raw = text.trim();
  if (raw === '') return null;
  if (/^s3:\/\//i.test(raw)) return split(raw.slice(5));
  const arn = /^arn:aws[a-z-]*:s3:[^:]*:[^:]*:(.+)$/i.exec(raw);
  if (arn?.[1]) return split(arn[1]);
  if (/^https?:\/\//i.test(raw)) return fromUrl(raw);
  return split(raw.replace(/^\/+/, ''));
}

function fromUrl(raw: string): Address | null {
  let url: URL;
  try {
    url = new URL(raw);
  } catch {
    return null;
  }
  const path = safeDecode(url.pathname.replace(/^\//, ''));
  const virtual = /^(.+)\.s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?$/i.exec(url.hostname);
  if (virtual?.[1]) return split(`${virtual[1]}/${path}`);
  const consolePage = /^\/s3\/(?:buckets|object)\/([^/]+)/.exec(url.pathname);
  if (consolePage?.[1] && /console\.aws/.test(url.hostname)) {
    return split(`${consolePage[1]}/${url.searchParams.get('prefix') ?? ''}`);
  }
  return split(path);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function split(path: string): Address | null {
  const slash = path.indexOf('/');
  const bucket = slash < 0 ? path : path.slice(0, slash);
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/.test(bucket)) return null;
  const key = slash < 0 ? '' : path.slice(slash + 1);
  if (key === '' || key.endsWith('/')) return { bucket, prefix: key, select: null };
  const last = key.slice(key.lastIndexOf('/') + 1);
  // A last part with a dot is most likely an object; without one, a folder.
  if (last.includes('.')) return { bucket, prefix: key.slice(0, key.length - last.length), select: key };
  return { bucket, prefix: `${key}/`, select: null };
}

/** Parts of a prefix with the prefix each stands for: `a/b/` → `[a → a/, b → a/b/]`. Empty parts are kept. */
export function crumbs(prefix: string): { name: string; prefix: string }[] {
  const parts = prefix.endsWith('/') ? prefix.slice(0, -1).split('/') : prefix.split('/');
  if (prefix === '') return [];
  let at = '';
  return parts.map((name) => {
    at += `${name}/`;
    return { name, prefix: at };
  });
}

/** Prefix one level up, or `null` at the top. */
export function parentPrefix(prefix: string): string | null {
  if (prefix === '') return null;
  const cut = prefix.slice(0, -1).lastIndexOf('/');
  return cut < 0 ? '' : prefix.slice(0, cut + 1);
}

/** Name for a place: last part of the prefix, or the bucket. */
export function placeName(bucket: string, prefix: string): string {
  const all = crumbs(prefix);
  const last = all[all.length - 1];
  return last ? `${last.name}/` : bucket;
}
