/**
 * The digests of a file, taken while it is read for sending. Bytes that are read again after a broken connection are
 * not taken twice; bytes that an earlier process sent are read once more from the disk, never from the network.
 */
import { createHash } from 'node:crypto';
import { readRange, type SourceFile } from './source-file.ts';

/** What proves a file's content; hex digits. */
export interface FileDigests {
  readonly md5: string;
  readonly sha256: string;
}

/** MD5 is what Storage's ETag is made of; SHA-256 is what cannot be forged. */
export class FileDigest {
  readonly #file: SourceFile;
  readonly #md5 = createHash('md5');
  readonly #sha256 = createHash('sha256');
  #position = 0;

  constructor(file: SourceFile) {
    this.#file = file;
  }

  /** Takes a chunk that stands at `position` in the file; what was taken before is passed over. */
  add(chunk: Uint8Array, position: number): void {
    const isNew = position <= this.#position && position + chunk.length > this.#position;
    if (!isNew) return;
    const fresh = chunk.subarray(this.#position - position);
    this.#md5.update(fresh);
    this.#sha256.update(fresh);
    this.#position += fresh.length;
  }

  /** Reads the file up to `position`, so that sending may go on from there. */
  async catchUp(position: number, signal?: AbortSignal): Promise<void> {
    if (position <= this.#position) return;
    const start = this.#position;
    let at = start;
    for await (const chunk of readRange(this.#file, { start, bytes: position - start })) {
      signal?.throwIfAborted();
      this.add(chunk, at);
      at += chunk.length;
    }
  }

  /** The digests of the whole file; the rest of it is read where it was not sent. Call once. */
  async finish(signal?: AbortSignal): Promise<FileDigests> {
    await this.catchUp(this.#file.size, signal);
    return { md5: this.#md5.digest('hex'), sha256: this.#sha256.digest('hex') };
  }
}
