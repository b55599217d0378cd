/** What are this Storage's ETags made of? Found out with two objects of our own, which are removed again. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { MediaError } from '@supabase-media/core/errors';
import {
  candidatePartEnds,
  createEtagDigest,
  REST_PART_BYTES,
  readEtag,
  WHOLE,
} from '@supabase-media/upload-protocol/multipart-etag';
import { toAnswerError } from './answer-error.ts';
import type { StorageConnection } from './connection.ts';
import { removeObject } from './expected-object.ts';
import { doctorPath, PROBE_TIMEOUTS } from './inspect-common.ts';
import { readObjectInfo } from './object-info.ts';
import { encodeObjectPath } from './object-key.ts';

/** One object of one part, and one of two on S3; in bytes. */
export const ETAG_PROBE_BYTES = { small: 1000, large: REST_PART_BYTES + 1_000_000 } as const;

/** What an object's ETag proves: its bytes, by an MD5 or by those of its parts; or nothing that can be compared. */
export type EtagVerdict = 'md5' | 'multipart-etag' | 'nothing';

const PIECE_BYTES = 64 * 1024;

/**
 * Stores an object, compares its ETag with those that its bytes can have, and removes it.
 *
 * @param options.bytes its size.
 * @throws {MediaError} what Storage refuses.
 */
export async function probeEtag(
  connection: StorageConnection,
  options: { readonly bucket: string; readonly bytes: number; readonly signal: AbortSignal },
): Promise<{ verdict: EtagVerdict; etag: string | undefined }> {
  const { bucket, bytes, signal } = options;
  const address = { bucket, path: doctorPath() };
  const action = `Storing ${bytes} bytes to look at their ETag`;
  try {
    const answer = await connection.transport.send({
      method: 'POST',
      url: `${connection.storageUrl}/object/${encodeObjectPath(address.bucket, address.path)}`,
      headers: { ...connection.headers, 'content-type': 'video/mp4' },
      body: { bytes, open: () => Readable.from(pieces(bytes)) },
      timeouts: { ...PROBE_TIMEOUTS, timeoutMs: 60_000 },
      signal,
      action,
    });
    if (answer.status !== 200) throw toAnswerError(answer, { action });
    const info = await readObjectInfo(connection, address, signal);
    if (info === undefined) throw new MediaError({ code: 'object_missing', message: `${action}: there is none.` });
    return { verdict: judgeEtag(bytes, info.etag), etag: info.etag };
  } finally {
    // Also when the doctor is told to stop: nothing of it stays behind.
    await removeObject({ connection, ...address }).catch(() => {});
  }
}

function judgeEtag(size: number, etag: string | undefined): EtagVerdict {
  const said = readEtag(etag);
  if (said.form === 'other') return 'nothing';
  const layouts = said.form === 'md5' ? ([WHOLE] as const) : candidatePartEnds({ size, route: 'rest' }, said.parts);
  const digest = createEtagDigest(layouts, () => createHash('md5'));
  for (const piece of pieces(size)) digest.update(piece);
  if (!digest.digest().includes(said.form === 'md5' ? said.md5 : said.etag)) return 'nothing';
  return said.form === 'md5' ? 'md5' : 'multipart-etag';
}

/** Any content will do, as long as its parts differ. */
function* pieces(size: number): Generator<Uint8Array> {
  for (let at = 0; at < size; at += PIECE_BYTES) {
    yield Buffer.alloc(Math.min(PIECE_BYTES, size - at), at / PIECE_BYTES);
  }
}
