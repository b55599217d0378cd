/** Bytes that look random and are the same at every run. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

/** A pseudo-random stream of the given length (xorshift32, so that nothing compresses it away). */
export function seededBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed * 2_654_435_761 || 1;
  for (let index = 0; index < length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

/** Streams `length` bytes without holding more than one piece of 64 KiB. */
export function repeatedBytes(length: number): Readable {
  const piece = seededBytes(64 * 1024, 7);
  return Readable.from(
    (function* pieces() {
      for (let sent = 0; sent < length; sent += piece.length)
        yield piece.subarray(0, Math.min(piece.length, length - sent));
    })(),
  );
}

export function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
