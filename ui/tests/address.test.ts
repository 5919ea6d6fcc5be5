import { expect, test } from 'vitest';
import { crumbs, parentPrefix, parseAddress, placeName, visible } from '../src/lib/util/address';

test.each([
  ['s3://b-1/', { bucket: 'b-1', prefix: '', select: null }],
  ['s3://bucket', { bucket: 'bucket', prefix: '', select: null }],
  ['  S3://bucket/a/b/ ', { bucket: 'bucket', prefix: 'a/b/', select: null }],
  ['s3://bucket/a/b', { bucket: 'bucket', prefix: 'a/b/', select: null }],
  ['s3://bucket/a/x.jpg', { bucket: 'bucket', prefix: 'a/', select: 'a/x.jpg' }],
  ['bucket/a//b/', { bucket: 'bucket', prefix: 'a//b/', select: null }],
  ['/bucket/a/', { bucket: 'bucket', prefix: 'a/', select: null }],
  ['arn:aws:s3:::bucket/a/', { bucket: 'bucket', prefix: 'a/', select: null }],
  ['https://bucket.s3.eu-west-1.amazonaws.com/a%20b/', { bucket: 'bucket', prefix: 'a b/', select: null }],
  ['https://my.bucket.s3.amazonaws.com/', { bucket: 'my.bucket', prefix: '', select: null }],
  ['https://s3.eu-west-1.amazonaws.com/bucket/a/', { bucket: 'bucket', prefix: 'a/', select: null }],
  [
    'https://eu-west-1.console.aws.amazon.com/s3/buckets/bucket?region=eu-west-1&prefix=a/b/',
    { bucket: 'bucket', prefix: 'a/b/', select: null },
  ],
  ['', null],
  ['s3://', null],
  ['s3:///a', null],
  ['not a bucket', null],
  ['https://', null],
])('reads %s', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

const endpoint = 'https://s3.example.org:9000';
test.each([
  ['https://s3.example.org:9000/bucket/a%20b/', { bucket: 'bucket', prefix: 'a b/', select: null }],
  ['https://bucket.s3.example.org:9000/a/x.jpg', { bucket: 'bucket', prefix: 'a/', select: 'a/x.jpg' }],
  ['https://my.bucket.s3.example.org:9000/', { bucket: 'my.bucket', prefix: '', select: null }],
  ['https://s3.example.org/bucket/', null],
  ['https://example.org:9000/bucket/', null],
  ['https://evils3.example.org:9000/bucket/', null],
  ['https://s3.example.org.evil.test:9000/bucket/', null],
])('reads %s of the server of the connection', (text, address) => {
  expect(parseAddress(text, endpoint)).toEqual(address);
});

test.each([
  ['windlass://open/bucket/', { bucket: 'bucket', prefix: '', select: null }],
  ['WINDLASS://open/bucket/a%20b/%C3%A9/', { bucket: 'bucket', prefix: 'a b/é/', select: null }],
  ['windlass://open/bucket/a/x.jpg', { bucket: 'bucket', prefix: 'a/', select: 'a/x.jpg' }],
  ['windlass://open/bucket/a%3Fb%23c/', { bucket: 'bucket', prefix: 'a?b#c/', select: null }],
  // Dots are part of a key; nothing follows them.
  ['windlass://open/bucket/../../etc/', { bucket: 'bucket', prefix: '../../etc/', select: null }],
  ['https://s3.dualstack.eu-west-1.amazonaws.com/bucket/a/', { bucket: 'bucket', prefix: 'a/', select: null }],
  ['https://bucket.s3.amazonaws.com/x.jpg?X-Amz-Signature=0f', { bucket: 'bucket', prefix: '', select: 'x.jpg' }],
])('reads %s', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

test.each([
  ['another verb', 'windlass://delete/bucket/a/'],
  ['no verb', 'windlass://bucket/a/'],
  ['a query that asks for more', 'windlass://open/bucket/a/?then=delete'],
  ['a fragment', 'windlass://open/bucket/#x'],
  ['broken percent signs', 'windlass://open/bucket/%E0%A4%A/'],
  ['broken percent signs in a web address', 'https://bucket.s3.amazonaws.com/%zz/'],
  ['an encoded slash as a bucket', 'windlass://open/%2Fetc/passwd'],
  ['a line end', 'windlass://open/bucket/a%0Ab/'],
  ['a zero', 's3://bucket/a\u0000b/'],
  ['turned reading order', 's3://bucket/\u202egpj.exe'],
  ['a bucket with turned reading order', 'windlass://open/buck%E2%80%AEet/'],
  ['a key that is too long', `s3://bucket/${'é'.repeat(513)}/`],
  ['text that is too long', `s3://bucket/${'a/'.repeat(4000)}`],
  ['a name before the host', 'https://bucket.s3.amazonaws.com@evil.test/bucket/a/'],
  ['a name before a good host', 'https://evil.test@bucket.s3.amazonaws.com/a/'],
  ['a host that only ends alike', 'https://bucket.s3.evilamazonaws.com/a/'],
  ['a host that only begins alike', 'https://bucket.s3.amazonaws.com.evil.test/a/'],
  ['a console that is none', 'https://console.aws.amazon.com.evil.test/s3/buckets/bucket'],
  ['any other page', 'https://example.org/some/page'],
  ['an access point', 'arn:aws:s3:eu-west-1:123456789012:accesspoint/mine'],
  ['another service', 'arn:aws:iam:::bucket/a'],
  ['a script', 'javascript:alert(1)'],
  ['a file', 'file:///etc/passwd'],
  ['markup', '<img src=x onerror=alert(1)>'],
])('refuses %s', (_, text) => {
  expect(parseAddress(text)).toBeNull();
});

test('crumbs keep empty parts', () => {
  expect(crumbs('')).toEqual([]);
  expect(crumbs('a//b/')).toEqual([
    { name: 'a', prefix: 'a/' },
    { name: '', prefix: 'a//' },
    { name: 'b', prefix: 'a//b/' },
  ]);
});

test('parents', () => {
  expect(parentPrefix('')).toBeNull();
  expect(parentPrefix('a/')).toBe('');
  expect(parentPrefix('a/b/')).toBe('a/');
});

test('a place has a name', () => {
  expect(placeName('bucket', '')).toBe('bucket');
  expect(placeName('bucket', 'a/raw/')).toBe('raw/');
});

test('hs1 names of strangers turn no text round', () => {
  expect(visible('photo\u202Egpj.exe\n\u0085')).toBe('photo⟨U+202E⟩gpj.exe⟨U+000A⟩⟨U+0085⟩');
  expect(placeName('b', 'a/x\u202Eexe/')).toBe('x⟨U+202E⟩exe/');
  expect(crumbs('\u2066a/')).toEqual([{ name: '⟨U+2066⟩a', prefix: '\u2066a/' }]);
  expect(visible('שלום 📷 é')).toBe('שלום 📷 é');
});
