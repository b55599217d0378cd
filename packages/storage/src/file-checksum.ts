/**
 * The digests of a file, taken beside its sending rather than from it: sending never waits for a digest, broken and
 * resumed uploads need no bookkeeping, and the silence after the last byte, while Storage reads the object again, is put
 * to use. The price is a second read, which comes from the page cache.
 */
import { createHash } from 'node:crypto';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { readRange, type SourceFile } from './source-file.ts';

/** MD5 is what Storage's ETag is made of; SHA-256 is what cannot be forged. */
export type DigestAlgorithm = 'md5' | 'sha256';

/**
 * Reads a file from end to end.
 *
 * @returns hex digits for each algorithm.
 * @throws {MediaError} `file_changed` when the file ends early; the signal's reason.
 */
export async function digestFile<Algorithm extends DigestAlgorithm>(
  file: SourceFile,
  algorithms: readonly Algorithm[],
  signal?: AbortSignal,
): Promise<Record<Algorithm, string>> {
  const hashes = algorithms.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
  for await (const chunk of readRange(file, { start: 0, bytes: file.size }, 1)) {
    signal?.throwIfAborted();
    for (const { hash } of hashes) hash.update(chunk);
    // A chunk takes a millisecond; sockets that wait to be written to come first.
    await letOthersRun();
  }
  const digests = hashes.map(({ algorithm, hash }) => [algorithm, hash.digest('hex')]);
  return Object.fromEntries(digests) as Record<Algorithm, string>;
}
