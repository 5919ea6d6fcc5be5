// A line to a server that notes which ranges of which objects are asked for, and passes every byte on as it is.
import { connect, createServer } from 'node:net';

/** Opens it; `asked(key)` are the ranges of GETs so far, as `[first, last]`, and `null` for a GET without one. */
export async function countedLine(endpoint) {
  const { hostname, port } = new URL(endpoint);
  const gets = [];
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let head = '';
    near.on('data', (bytes) => {
      far.write(bytes);
      head += bytes.toString('latin1');
      for (let end = head.indexOf('\r\n\r\n'); end >= 0; end = head.indexOf('\r\n\r\n')) {
        const [first, ...lines] = head.slice(0, end).split('\r\n');
        head = head.slice(end + 4);
        const [method, path] = first.split(' ');
        // Tags and the like are no bytes of the object.
        if (!method.endsWith('GET') || /[?&](tagging|acl)/.test(path)) continue;
        const range = lines.map((line) => /^range: bytes=(\d+)-(\d+)$/i.exec(line)).find(Boolean);
        gets.push({ path: decodeURIComponent(path.split('?')[0]), range: range ? [+range[1], +range[2]] : null });
      }
    });
    far.on('data', (bytes) => near.write(bytes) || (far.pause(), near.once('drain', () => far.resume())));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    asked: (key) => gets.filter(({ path }) => path.endsWith(`/${key}`)).map(({ range }) => range),
    close: () => server.close(),
  };
}
