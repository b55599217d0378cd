/** Writes a stream to an open file, taking the digest on the way: nothing has to be read again. */
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/**
 * Writes every chunk of `source` at its place, beginning at `position`. One chunk is in memory at a time: the next is
 * taken when this one is written, so a slow disk slows the sender. While the system writes, the chunk goes into the digest.
 * @param onWritten called with the length of each chunk once it is in the file and in the digest
 * @throws what the source or the file fails with; what was reported as written is then in the file
 */
export async function writeStream(options: {
  source: Readable;
  file: FileHandle;
  position: number;
  digest: { update(bytes: Buffer): unknown } | undefined;
  onWritten: (bytes: number) => void;
}): Promise<void> {
  let position = options.position;
  // Not destroyed when the disk fails: a request is then still there to be answered.
  for await (const chunk of options.source.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    const writing = writeAll(options.file, bytes, position);
    try {
      options.digest?.update(bytes);
    } finally {
      await writing;
    }
    position += bytes.length;
    options.onWritten(bytes.length);
  }
}

/** write(2) may take less than it was given, on a full disk above all. */
export async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
