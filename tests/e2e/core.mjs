// Starts the programs that the tests in this folder talk to: the core behind the development server, and S3 servers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const target = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug');
const programs = {
  devserver: process.env.WINDLASS_DEVSERVER ?? join(target, 'windlass-devserver'),
  practice: process.env.WINDLASS_PRACTICE_SERVE ?? join(target, 'examples/serve'),
  nothing: process.env.WINDLASS_NULL_S3 ?? join(target, 'examples/null_s3'),
};

/** Runs a program until its first line of output that fits. */
async function start(program, args, pattern, env = process.env) {
  assert.ok(existsSync(program), `${program} is not built`);
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk) => (log = (log + chunk).slice(-8000)));
  const gone = new Promise((ended) => child.once('exit', ended));
  const found = await new Promise((fits, failed) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = pattern.exec(line);
      if (match) fits(match[0]);
    });
    child.once('exit', (code) => failed(new Error(`${program} ended with ${code}\n${log}`)));
  });
  return {
    found,
    pid: child.pid,
    log: () => log,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null) child.kill(signal);
      await gone;
    },
  };
}

/** A folder for one test; nothing of this computer's profiles or settings is seen or touched from it. */
export function makeHome() {
  const home = mkdtempSync(join(tmpdir(), 'windlass-e2e-'));
  mkdirSync(join(home, '.aws'));
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) };
}

/** The core behind the development server. */
export async function startCore(home, args = []) {
  assert.ok(existsSync(join(root, 'ui/dist/index.html')), 'run `npm run build` first');
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_DATA_HOME: join(home, 'share') };
  const options = ['--data', join(home, 'data'), '--port', '0', '--ui', join(root, 'ui/dist'), ...args];
  const server = await start(programs.devserver, options, /http:\S+/, env);
  const url = new URL(server.found);
  const token = new URLSearchParams(url.hash.slice(1)).get('token');
  return {
    ...server,
    address: server.found,
    /** One function of the core, as the user interface calls it. */
    call: async (name, body = {}) => {
      const answer = await fetch(`${url.origin}/api/call/${name}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', 'x-windlass-token': token },
      });
      const value = await answer.json();
      if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(value)}`);
      return value;
    },
  };
}

export const KEYS = { access: 'E2EACCESSKEY', secret: 'e2e-secret' };

/** The practice server by itself, with keys that the test knows. */
export const startPractice = (folder, args = []) =>
  start(programs.practice, [folder, '0', KEYS.access, KEYS.secret, ...args], /^http:\S+/);

/** A server with buckets `list`, `list-1` and so on that have this many keys each, none of them real. */
export const startNothing = (keys, buckets = 1) =>
  start(programs.nothing, ['--list', String(keys), '--buckets', String(buckets)], /^http:\S+/);

/** What the form of the user interface would send for an S3-compatible endpoint. */
export function draft(endpoint, more = {}) {
  return {
    name: 'Test server',
    source: 'access_key',
    profile: null,
    endpoint,
    region: 'us-east-1',
    start_in: '',
    access_key: KEYS.access,
    secret_key: KEYS.secret,
    keep: 'this_session',
    passphrase: null,
    ...more,
  };
}

const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * One signed request (Signature Version 4), with the key sent exactly as it is: nothing tidies `..` or `//` away. `query` is an
 * object of what comes after the `?`. The text of the answer comes back.
 */
export async function s3(endpoint, method, bucket, key = '', body = Buffer.alloc(0), query = {}) {
  const { host, hostname, port } = new URL(endpoint);
  const path = `/${encode(bucket)}${key === '' ? '' : `/${key.split('/').map(encode).join('/')}`}`;
  const asked = Object.keys(query)
    .sort()
    .map((name) => `${encode(name)}=${encode(query[name])}`)
    .join('&');
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const day = stamp.slice(0, 8);
  const hash = sha256(body);
  const signed = 'host;x-amz-content-sha256;x-amz-date';
  const canonical = `${method}\n${path}\n${asked}\nhost:${host}\nx-amz-content-sha256:${hash}\nx-amz-date:${stamp}\n\n${signed}\n${hash}`;
  const scope = `${day}/us-east-1/s3/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${sha256(canonical)}`;
  const key4 = ['us-east-1', 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${KEYS.secret}`, day));
  const authorization = `AWS4-HMAC-SHA256 Credential=${KEYS.access}/${scope}, SignedHeaders=${signed}, Signature=${hmac(key4, toSign).toString('hex')}`;
  const headers = {
    host,
    authorization,
    'content-length': body.length,
    'x-amz-content-sha256': hash,
    'x-amz-date': stamp,
  };
  const target = asked === '' ? path : `${path}?${asked}`;
  return await new Promise((done, failed) => {
    const sending = request({ method, hostname, port, path: target, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () =>
        (answer.statusCode ?? 500) < 300
          ? done(text)
          : failed(new Error(`${method} ${target}: ${answer.statusCode} ${text}`)),
      );
    });
    sending.on('error', failed);
    sending.end(body);
  });
}
