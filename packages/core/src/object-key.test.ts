import { describe, expect, it } from 'vitest';
import { BUCKET_PATTERN, findBucketProblem, findObjectKeyProblem, OBJECT_KEY_PATTERN } from './object-key.ts';

describe('object keys', () => {
  it.each([
    'owner/2026/clip.mp4',
    "it's (final), v1.mp4",
    '.hidden',
    '..hidden/...',
    `${'a'.repeat(255)}/x`,
    `${'a/'.repeat(511)}xx`,
  ])('takes %j', (key) => {
    expect(findObjectKeyProblem(key)).toBeUndefined();
    expect(OBJECT_KEY_PATTERN.test(key)).toBe(true);
  });

  it.each([
    ['', 'empty'],
    ['../x.mp4', '".."'],
    ['a/../x.mp4', '".."'],
    ['a/..', '".."'],
    ['a/./x.mp4', '"."'],
    ['..', '".."'],
    ['a//x.mp4', 'empty segment'],
    ['/x.mp4', 'empty segment'],
    ['x/', 'empty segment'],
    ['café.mp4', 'é'],
    ['50%2e.mp4', '%'],
    ['a\\..\\b.mp4', '\\\\'],
    ['a\u0000b.mp4', 'u0000'],
    ['a\nb.mp4', '\\n'],
    ['x.mp4\n', '\\n'],
    ['a#b.mp4', '#'],
    ['emoji-🎬.mp4', '🎬'],
    [`${'a'.repeat(256)}`, '256 bytes'],
    [`${'a/'.repeat(600)}x`, '1201 bytes'],
  ])('refuses %j and says why', (key, reason) => {
    expect(findObjectKeyProblem(key)).toContain(reason);
    expect(OBJECT_KEY_PATTERN.test(key)).toBe(false);
  });

  it('shows no control character, and no more than a part of a long one', () => {
    expect(findObjectKeyProblem(`\u202e\u001b[2J${'x'.repeat(5000)}`)).toMatch(/^[\x20-\x7e]{1,400}$/);
  });
});

it.each([
  ['project-videos', true],
  ['.', false],
  ['..', false],
  ['a/b', false],
  ['', false],
  ['x'.repeat(101), false],
  ['a\n', false],
])('the bucket %j: %s', (bucket, isTaken) => {
  expect(findBucketProblem(bucket) === undefined).toBe(isTaken);
  expect(BUCKET_PATTERN.test(bucket)).toBe(isTaken);
});
