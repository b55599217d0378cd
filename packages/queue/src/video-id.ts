/** The id a video has when its producer gave it none: the same source object always has the same one. */
import { createHash } from 'node:crypto';

/** A UUID of version 8 (RFC 9562 section 5.8) made from the source's bucket and path. */
export function videoIdOf(source: { bucket: string; path: string }): string {
  const digest = createHash('sha256').update(`${source.bucket}/${source.path}`).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex').slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
