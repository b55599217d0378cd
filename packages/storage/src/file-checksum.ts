/**
 * The digests of a file, taken beside its sending rather than from it: sending never waits for a digest, broken and
 * resumed uploads need no bookkeeping, and the silence after the last byte, while Storage reads the object again, is put
 * to use. The price is a second read, which comes from the page cache. A file that changes between the two is noticed by
 * its size and time (`assertUnchanged`); where it is not, Storage holds other bytes than were digested and nothing proves
 * it.
 */
import { createHash } from 'node:crypto';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { createEtagDigest, etagOfParts, type PartEnds, WHOLE } from '@supabase-media/upload-protocol/multipart-etag';
import { type DigestRequest, digestInThread } from './digest-thread.ts';
import { readRange, type SourceFile } from './source-file.ts';

/**
 * From this size on a thread of its own takes the digest, in bytes: it takes 40 ms of a core to start, in which 20 MB are
 * digested.
 */
export const THREAD_BYTES = 32 * 1024 * 1024;

/**
 * The SHA-256 of a file.
 *
 * @returns 64 hex digits.
 * @throws {MediaError} `file_changed` when the file ends early; the signal's reason.
 */
export async function sha256OfFile(file: SourceFile, signal?: AbortSignal): Promise<string> {
  const request = { algorithm: 'sha256', layouts: [[file.size]] } as const;
  const digests = file.size < THREAD_BYTES ? undefined : await digestInThread(file, request, signal);
  const digest = digests?.[0]?.[0];
  if (digest !== undefined) return Buffer.from(digest).toString('hex');
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
  const createMd5 = () => createHash('md5');
  const digests = file.size < THREAD_BYTES ? undefined : await digestInThread(file, toRequest(file, layouts), signal);
  if (digests !== undefined)
    return digests.map((parts, index) =>
      layouts[index] === WHOLE ? Buffer.concat(parts).toString('hex') : etagOfParts(parts, createMd5),
    );
  const digest = createEtagDigest(layouts, createMd5);
  await readWhole(file, digest.update, signal);
  return digest.digest();
}

const toRequest = (file: SourceFile, layouts: readonly (PartEnds | typeof WHOLE)[]): DigestRequest => ({
  algorithm: 'md5',
  layouts: layouts.map((layout) => (layout === WHOLE ? [file.size] : layout)),
});

async function readWhole(file: SourceFile, take: (chunk: Uint8Array) => void, signal?: AbortSignal): Promise<void> {
  for await (const chunk of readRange(file, { start: 0, bytes: file.size }, 1)) {
    signal?.throwIfAborted();
    take(chunk);
    // A chunk takes a millisecond; sockets that wait to be written to come first.
    await letOthersRun();
  }
}
