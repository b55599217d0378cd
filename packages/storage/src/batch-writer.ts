/** Writes a file in large pieces, each of them while the next one is collected. */
import type { FileHandle } from 'node:fs/promises';

/**
 * A socket gives 64 KiB at a time, and a write for each of them takes as much of a processor as receiving it. Two of these
 * are in memory at most.
 */
const BATCH_BYTES = 1024 * 1024;

/** Writes from the start of a file on. What a write throws, every later call throws. */
export interface BatchWriter {
  /** Takes the next bytes, which must not change any more; waits while as many are being written as may be. */
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Resolves when everything that was taken is written. */
  readonly flush: () => Promise<void>;
  /** Forgets everything that was taken: the file is empty then. */
  readonly restart: () => Promise<void>;
  /** Resolves when nothing is being written, whether it succeeded or not. */
  readonly settle: () => Promise<void>;
}

/** The caller closes the file, after `settle`. */
export function createBatchWriter(target: Pick<FileHandle, 'writev' | 'truncate'>): BatchWriter {
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let position = 0;
  let writing = Promise.resolve();

  /** Begins to write the batch once the one before it is written; a failure stays one. */
  const begin = (): void => {
    const [pieces, at, bytes] = [batch, position, batchBytes];
    position += bytes;
    batch = [];
    batchBytes = 0;
    writing = writing.then(() => writeAll(target, pieces, at));
    // It is thrown to whoever writes next.
    writing.catch(() => {});
  };
  const flush = async (): Promise<void> => {
    if (batchBytes > 0) begin();
    await writing;
  };
  return {
    write: async (chunk) => {
      batch.push(chunk);
      batchBytes += chunk.length;
      if (batchBytes < BATCH_BYTES) return;
      await writing;
      begin();
    },
    flush,
    restart: async () => {
      await writing;
      await target.truncate(0);
      batch = [];
      batchBytes = 0;
      position = 0;
    },
    settle: () => writing.catch(() => {}),
  };
}

/** A system may take less than it is given. */
async function writeAll(target: Pick<FileHandle, 'writev'>, pieces: readonly Uint8Array[], at: number): Promise<void> {
  let left = pieces;
  let position = at;
  while (left.length > 0) {
    const { bytesWritten } = await target.writev([...left], position);
    if (bytesWritten === 0) throw new Error(`the file takes no more bytes at ${position}`);
    position += bytesWritten;
    left = dropBytes(left, bytesWritten);
  }
}

function dropBytes(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes;
  return pieces.flatMap((piece) => {
    const dropped = Math.min(left, piece.length);
    left -= dropped;
    return dropped === piece.length ? [] : [piece.subarray(dropped)];
  });
}
