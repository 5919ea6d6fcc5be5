import { expect, test } from 'vitest';
import { crumbs, parentPrefix, parseAddress, placeName } from '../src/lib/util/address';

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
