/**
 * The digests of a file, taken beside its sending rather than from it: sending never waits for a digest, broken and
 * resumed uploads need no bookkeeping, and the silence after the last byte, while Storage reads the object again, is put
 * to use. The price is a second read, which comes from the page cache.
 */
import { createHash } from 'node:crypto';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { createEtagDigest, type PartEnds, type WHOLE } from '@supabase-media/upload-protocol/multipart-etag';
import { readRange, type SourceFile } from './source-file.ts';

/**
 * The SHA-256 of a file.
 *
 * @returns 64 hex digits.
 * @throws {MediaError} `file_changed` when the file ends early; the signal's reason.
 */
export async function sha256OfFile(file: SourceFile, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await readWhole(file, (chunk) => hash.update(chunk), signal);
  return hash.digest('hex');
}

/**
 * The ETags that a file has where it is stored in one piece, or in parts; all in one pass.
 *
 * @returns in the order of the layouts.
 * @throws {MediaError} `file_changed` when the file ends early; the signal's reason.
 */
export async function etagsOfFile(
  file: SourceFile,
  layouts: readonly (PartEnds | typeof WHOLE)[],
  signal?: AbortSignal,
): Promise<string[]> {
  if (layouts.length === 0) return [];
  const digest = createEtagDigest(layouts, () => createHash('md5'));
  await readWhole(file, digest.update, signal);
  return digest.digest();
}

async function readWhole(file: SourceFile, take: (chunk: Uint8Array) => void, signal?: AbortSignal): Promise<void> {
  for await (const chunk of readRange(file, { start: 0, bytes: file.size }, 1)) {
    signal?.throwIfAborted();
    take(chunk);
    // A chunk takes a millisecond; sockets that wait to be written to come first.
    await letOthersRun();
  }
}
