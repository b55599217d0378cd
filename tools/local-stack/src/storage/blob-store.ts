/**
 * The bytes of objects, each version one file named by its uuid: `<root>/objects/<first two digits>/<uuid>`. Names of
 * objects never become paths. Incomplete files are in `<root>/incoming`, which is emptied at every start.
 */
import { constants, createReadStream, type ReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { BodyDigest } from './store/body-digest.ts';
import { writeStream } from './write-stream.ts';

export interface ReceivedBlob {
  readonly size: number;
  /** Without quotes. */
  readonly eTag: string;
}

export class BlobStore {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Makes the folders under `root`, closed to other users, and drops what an earlier run left unfinished. */
  static async open(root: string): Promise<BlobStore> {
    await rm(join(root, 'incoming'), { recursive: true, force: true });
    for (const folder of ['objects', 'incoming', 'resumable']) {
      await mkdir(join(root, folder), { recursive: true, mode: 0o700 });
    }
    return new BlobStore(root);
  }

  /** Where unfinished resumable uploads live, through restarts too. */
  get resumableFolder(): string {
    return join(this.#root, 'resumable');
  }

  /**
   * Streams `source` to a file of the given version, which is not an object yet: `keep` makes it one.
   * @throws what the source, the disk or the digest fails with; nothing is then left behind
   */
  async receive(version: string, source: Readable, digest: BodyDigest): Promise<ReceivedBlob> {
    const path = this.#incoming(version);
    let size = 0;
    const file = await open(path, 'wx', 0o600);
    try {
      const onWritten = (bytes: number): void => {
        size += bytes;
      };
      await writeStream({ source, file, position: 0, digest, onWritten });
      return { size, eTag: digest.eTag() };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Gives a received version its final place. */
  async keep(version: string): Promise<void> {
    await this.adopt(version, this.#incoming(version));
  }

  /** Moves a file of the same file system in as a version. */
  async adopt(version: string, file: string): Promise<void> {
    const target = this.#file(version);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(file, target);
  }

  /** Undoes {@link adopt}. */
  async giveBack(version: string, file: string): Promise<void> {
    await rename(this.#file(version), file);
  }

  /** Drops a version, arrived or not; with it the record of the resumable upload that brought it. */
  async remove(version: string): Promise<void> {
    await Promise.all([
      rm(this.#incoming(version), { force: true }),
      rm(this.#file(version), { force: true }),
      rm(join(this.resumableFolder, `${version}.json`), { force: true }),
    ]);
  }

  async copy(from: string, to: string): Promise<void> {
    const target = this.#file(to);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await copyFile(this.#file(from), target, constants.COPYFILE_FICLONE);
  }

  /** Reads bytes `start` to `end`, both included. */
  read(version: string, range?: { start: number; end: number }): ReadStream {
    return createReadStream(this.#file(version), { highWaterMark: 256 * 1024, ...range });
  }

  #incoming(version: string): string {
    return join(this.#root, 'incoming', version);
  }

  #file(version: string): string {
    return join(this.#root, 'objects', version.slice(0, 2), version);
  }
}
