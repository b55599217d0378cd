/**
 * The file store of the TUS libraries, which Supabase uses too, with three differences: the MD5 is computed while the
 * bytes arrive, a broken connection keeps every received byte, and a finished upload, whose file has become an object,
 * is still known (HEAD responds 200, as measured on the Storage server 1.11.2).
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { FileStore } from '@tus/file-store';
import { type DataStore, ERRORS, Upload } from '@tus/server';
import { writeStream } from './write-stream.ts';

/** What Storage needs of the place of its resumable uploads, beyond what the TUS library does. */
export interface UploadStore extends DataStore {
  /** The file of an upload's bytes. */
  pathOf(id: string): string;
  /** The ETag, without quotes, of an upload whose every byte is here. */
  eTagOf(upload: Upload): Promise<string>;
  /** Remembers the upload as finished: its file has become an object. */
  finish(upload: Upload): Promise<void>;
  unfinished(): Promise<UnfinishedUpload[]>;
}

/** An upload that still takes room. */
export interface UnfinishedUpload {
  /** `<bucket>/<object name>` */
  readonly path: string;
  /** In bytes, in their order. */
  readonly parts: readonly number[];
  /** Bytes behind the parts that are no part yet. */
  readonly asideBytes: number;
}

export class ResumableStore extends FileStore implements UploadStore {
  /** Digests of uploads whose every byte went through this process, with the offset up to which they reach. */
  readonly #digests = new Map<string, { hash: Hash; offset: number }>();

  pathOf(id: string): string {
    return join(this.directory, id);
  }

  override async write(source: Readable, id: string, offset: number): Promise<number> {
    const known = this.#digests.get(id);
    const digest = offset === 0 ? { hash: createHash('md5'), offset: 0 } : known?.offset === offset ? known : undefined;
    this.#digests.delete(id);
    let written = 0;
    const file = await open(this.pathOf(id), 'r+');
    try {
      const onWritten = (bytes: number): void => {
        written += bytes;
        if (digest) digest.offset += bytes;
      };
      await writeStream({ source, file, position: offset, digest: digest?.hash, onWritten });
      if (digest) this.#digests.set(id, digest);
    } finally {
      await file.close();
    }
    return offset + written;
  }

  override async getUpload(id: string): Promise<Upload> {
    const record = await this.configstore.get(id);
    if (!record) throw ERRORS.FILE_NOT_FOUND;
    const isFinished = record.size !== undefined && record.size > 0 && record.offset === record.size;
    return isFinished ? new Upload({ ...record, id, offset: record.offset }) : super.getUpload(id);
  }

  override async remove(id: string): Promise<void> {
    this.#digests.delete(id);
    await super.remove(id);
  }

  async finish(upload: Upload): Promise<void> {
    this.#digests.delete(upload.id);
    await this.configstore.set(upload.id, new Upload({ ...upload, offset: upload.size ?? upload.offset }));
  }

  /** Its MD5 (hexadecimal): known already, or read once more after a restart or a cut. */
  async eTagOf(upload: Upload): Promise<string> {
    const known = this.#digests.get(upload.id);
    if (known?.offset === upload.offset) return known.hash.copy().digest('hex');
    const hash = createHash('md5');
    for await (const chunk of createReadStream(this.pathOf(upload.id), { highWaterMark: 1024 * 1024 })) {
      hash.update(chunk);
    }
    return hash.digest('hex');
  }

  async unfinished(): Promise<UnfinishedUpload[]> {
    const ids = (await readdir(this.directory)).filter((name) => !name.endsWith('.json'));
    const found = ids.map(async (id) => {
      const upload = await this.getUpload(id).catch(() => undefined);
      const path = `${upload?.metadata?.bucketName}/${upload?.metadata?.objectName}`;
      return upload ? [{ path, parts: upload.offset > 0 ? [upload.offset] : [], asideBytes: 0 }] : [];
    });
    return (await Promise.all(found)).flat();
  }
}
