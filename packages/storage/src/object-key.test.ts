import { describe, expect, it } from 'vitest';
import { encodeObjectPath } from './object-key.ts';

describe('object paths', () => {
  it.each([
    ['owner/2026/clip.mp4', 'b/owner/2026/clip.mp4'],
    ["it's (final), v1.mp4", "b/it's%20(final)%2C%20v1.mp4"],
    ['a?b=c&d.mp4', 'b/a%3Fb%3Dc%26d.mp4'],
    ['.hidden', 'b/.hidden'],
  ])('encodes %s', (key, expected) => expect(encodeObjectPath('b', key)).toBe(expected));

  it.each([
    ['', 'empty'],
    ['../x.mp4', '".."'],
    ['a/./x.mp4', '"."'],
    ['a//x.mp4', 'empty segment'],
    ['/x.mp4', 'empty segment'],
    ['café.mp4', 'é'],
    ['50%.mp4', '%'],
    ['a\\b.mp4', '\\\\'],
    ['a\u0000b.mp4', 'u0000'],
    ['emoji-🎬.mp4', '🎬'],
    [`${'a'.repeat(256)}.mp4`, '260 bytes'],
    [`${'a/'.repeat(600)}x`, '1201 bytes'],
  ])('refuses %j and says why', (key, reason) => {
    expect(() => encodeObjectPath('b', key)).toThrowError(reason);
  });

  it('refuses a bucket that is a path', () => {
    expect(() => encodeObjectPath('a/b', 'x')).toThrowError('a/b');
  });
});
