/** A place in a bucket; `select` names a key to put the focus on. */
export interface Address {
  bucket: string;
  prefix: string;
  select: string | null;
}

/** Longer text is no address: a key has 1,024 bytes at most, and each may be written as three characters. */
const MAX_TEXT = 4096;
const MAX_KEY_BYTES = 1024;
// Invisible characters that cut a line or turn its order round: an address that has them shows something else than it is.
// eslint-disable-next-line no-control-regex
const UNREADABLE = /[\u0000-\u001f\u007f\u2028-\u202e\u2066-\u2069]/;
const AWS_HOST = /^(?:(.+)\.)?s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/;
const CONSOLE_HOST = /(?:^|\.)console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)$/;

/**
 * Reads what people paste into the path bar or the palette. All of these name a place in the present connection; none of
 * them makes Windlass call another server, and none does more than to show a list:
 *
 * - `s3://bucket/key` and `bucket/key`, as they are, nothing decoded
 * - `arn:aws:s3:::bucket/key`
 * - `https://bucket.s3.eu-west-1.amazonaws.com/key` and `https://s3.eu-west-1.amazonaws.com/bucket/key`, decoded; a query,
 *   such as a signature, is left out
 * - the same two forms for the host of `endpoint`, the server of the present connection; other hosts are refused
 * - an address of the AWS console
 * - `windlass://open/bucket/key`, our own: `open` is the only verb, and the key is percent-encoded as in a web address,
 *   without dots being followed. It names no connection, for that differs between computers.
 */
export function parseAddress(text: string, endpoint = ''): Address | null {
  const raw = text.trim();
  if (raw === '' || raw.length > MAX_TEXT) return null;
  if (/^s3:\/\//i.test(raw)) return split(raw.slice(5));
  const arn = /^arn:aws[a-z-]*:s3:::(.+)$/i.exec(raw);
  if (arn?.[1]) return split(arn[1]);
  if (/^https?:\/\//i.test(raw)) return fromUrl(raw, endpoint);
  const own = /^windlass:\/\/open\/([^?#]*)$/i.exec(raw);
  if (own?.[1]) return split(decode(own[1]));
  return /^[a-z][a-z0-9+-]*:/i.test(raw) ? null : split(raw.replace(/^\/+/, ''));
}

function fromUrl(raw: string, endpoint: string): Address | null {
  const url = readUrl(raw);
  // A name before the host is how a link pretends to lead somewhere else.
  if (!url || url.username !== '' || url.password !== '') return null;
  const path = decode(url.pathname.replace(/^\//, ''));
  if (path === null) return null;
  const aws = AWS_HOST.exec(url.hostname);
  if (aws) return split(aws[1] === undefined ? path : `${aws[1]}/${path}`);
  if (CONSOLE_HOST.test(url.hostname)) {
    const bucket = /^\/s3\/(?:buckets|object)\/([^/]+)/.exec(url.pathname)?.[1];
    return bucket === undefined ? null : split(`${bucket}/${url.searchParams.get('prefix') ?? ''}`);
  }
  const own = readUrl(endpoint);
  if (!own || own.port !== url.port) return null;
  if (url.hostname === own.hostname) return split(path);
  const before = url.hostname.slice(0, -own.hostname.length - 1);
  return url.hostname === `${before}.${own.hostname}` ? split(`${before}/${path}`) : null;
}

function readUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Percent signs read; `null` when they are not whole. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function split(path: string | null): Address | null {
  if (path === null || UNREADABLE.test(path)) return null;
  const slash = path.indexOf('/');
  const bucket = slash < 0 ? path : path.slice(0, slash);
  if (!/^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/.test(bucket)) return null;
  const key = slash < 0 ? '' : path.slice(slash + 1);
  if (new TextEncoder().encode(key).length > MAX_KEY_BYTES) return null;
  if (key === '' || key.endsWith('/')) return { bucket, prefix: key, select: null };
  const last = key.slice(key.lastIndexOf('/') + 1);
  // A last part with a dot is most likely an object; without one, a folder.
  if (last.includes('.')) return { bucket, prefix: key.slice(0, key.length - last.length), select: key };
  return { bucket, prefix: `${key}/`, select: null };
}

// Characters that reorder or break a line of text.
// eslint-disable-next-line no-control-regex
const HIDING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text of a stranger as it may be shown, so that nothing in it passes for something else; the core does the same with names. */
export function visible(text: string): string {
  return text.replace(HIDING, (c) => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}

/** Parts of a prefix, as they are shown, with the prefix each stands for: `a/b/` → `[a → a/, b → a/b/]`. Empty parts are kept. */
export function crumbs(prefix: string): { name: string; prefix: string }[] {
  const parts = prefix.endsWith('/') ? prefix.slice(0, -1).split('/') : prefix.split('/');
  if (prefix === '') return [];
  let at = '';
  return parts.map((name) => {
    at += `${name}/`;
    return { name: visible(name), prefix: at };
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
