// @ts-check
/**
 * The thread of `digest-thread.ts`: reads a file once and takes its digests. JavaScript, because a thread is started from
 * its file, by the sources' tests as by the compiled package, and Node 20 runs no TypeScript. It imports nothing of ours
 * for the same reason.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * Half a core's second-level cache: what was read is digested before it leaves the cache. 1 MiB measured no faster and
 * needs memory.
 */
const READ_BYTES = 256 * 1024;

/** @typedef {import('./digest-thread.ts').DigestJob} DigestJob */
/** @typedef {import('./digest-thread.ts').DigestReport} DigestReport */

/**
 * Takes the digests of every piece in one pass.
 *
 * @param {DigestJob} job
 * @returns {DigestReport}
 * @throws {Error} what opening and reading throw.
 */
function digestFile({ path, size, algorithm, layouts }) {
  const takers = layouts.map((ends) => takePieces(ends, () => createHash(algorithm)));
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, Math.max(size, 1)));
  const file = openSync(path, 'r');
  let position = 0;
  try {
    while (position < size) {
      const bytesRead = readSync(file, buffer, 0, Math.min(buffer.length, size - position), position);
      if (bytesRead === 0) break;
      position += bytesRead;
      for (const taker of takers) taker.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    closeSync(file);
  }
  return { digests: takers.map((taker) => taker.end()), bytesRead: position };
}

/**
 * @param {readonly number[]} ends
 * @param {() => import('node:crypto').Hash} createHash
 */
function takePieces(ends, createHash) {
  /** @type {Uint8Array[]} */
  const digests = [];
  let hash = createHash();
  let position = 0;
  const endPiece = () => {
    digests.push(Uint8Array.from(hash.digest()));
    hash = createHash();
  };
  return {
    /** @param {Uint8Array} bytes */
    update: (bytes) => {
      for (let taken = 0; taken < bytes.length; ) {
        const piece = bytes.subarray(taken, taken + (ends[digests.length] ?? Number.POSITIVE_INFINITY) - position);
        hash.update(piece);
        taken += piece.length;
        position += piece.length;
        if (position === ends[digests.length]) endPiece();
      }
    },
    end: () => {
      // Of an empty file: its one piece has no byte that would have ended it.
      if (digests.length < ends.length) endPiece();
      return digests;
    },
  };
}

parentPort?.postMessage(digestFile(workerData));
