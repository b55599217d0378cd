/**
 * Resumable uploads as @tus/s3-store keeps them on an S3 server, as far as a client can see: in parts, whose sizes decide
 * the ETag. Each PATCH begins a new part; what is left at its end is a part too if it is long enough for S3 or ends the
 * upload, else it is kept aside and put before the next PATCH. While the store is away nothing is found.
 */
import { access, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { FileStore } from '@tus/file-store';
import { ERRORS, Upload } from '@tus/server';
import type { UnfinishedUpload, UploadStore } from './resumable-store.ts';
import { REFUSALS } from './storage-error.ts';
import { multipartETag } from './store/body-digest.ts';
import type { ObjectStore } from './store/object-store.ts';
import { EMPTY_LEDGER, PartLedgers, sumOfParts } from './store/part-ledger.ts';
import { PartWriter } from './store/part-writer.ts';

export class ResumablePartsStore extends FileStore implements UploadStore {
  readonly #objects: ObjectStore;
  readonly #ledgers: PartLedgers;
  /** ETags of uploads that were just completed, until their object is written. */
  readonly #completed = new Map<string, string>();

  constructor(options: { directory: string; objects: ObjectStore }) {
    super({ directory: options.directory, expirationPeriodInMilliseconds: options.objects.uploadExpiryMs });
    this.#objects = options.objects;
    this.#ledgers = new PartLedgers(options.directory);
  }

  pathOf(id: string): string {
    return join(this.directory, id);
  }

  override async create(upload: Upload): Promise<Upload> {
    this.#objects.reach();
    const created = await super.create(upload);
    await this.#ledgers.write(upload.id, EMPTY_LEDGER);
    return created;
  }

  /** Every error is "not found" to the server's store, an unreachable S3 server too. */
  override async getUpload(id: string): Promise<Upload> {
    const record = this.#objects.isAway ? undefined : await this.configstore.get(id);
    if (!record) throw ERRORS.FILE_NOT_FOUND;
    const ledger = await this.#ledgers.find(id);
    // Without parts it is completed and its bytes are an object; else it was begun on the other backend.
    if (!ledger && (await this.#hasBytes(id))) throw ERRORS.FILE_NOT_FOUND;
    const offset = ledger ? sumOfParts(ledger) + ledger.asideBytes : record.size;
    return new Upload({ ...record, id, offset: offset ?? 0 });
  }

  override async write(source: Readable, id: string): Promise<number> {
    const [record, ledger] = [await this.configstore.get(id), await this.#ledgers.find(id)];
    if (!record || !ledger) throw ERRORS.FILE_NOT_FOUND;
    const file = await open(this.pathOf(id), 'r+');
    try {
      const writer = new PartWriter({
        id,
        file,
        ledger,
        size: record.size,
        objects: this.#objects,
        ledgers: this.#ledgers,
      });
      await writer.begin();
      // Not destroyed when a part fails: the request is then still there to be answered.
      for await (const chunk of source.iterator({ destroyOnReturn: false })) {
        await writer.add(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk));
      }
      await writer.end();
      if (writer.offset === record.size) await this.#complete(id, writer);
      return writer.offset;
    } finally {
      await file.close();
    }
  }

  /** @throws StorageError NotFound for an upload without bytes that had no body at all: there is nothing to complete */
  async eTagOf(upload: Upload): Promise<string> {
    const eTag = this.#completed.get(upload.id);
    if (eTag === undefined) throw REFUSALS.notInStore();
    return eTag;
  }

  async finish(upload: Upload): Promise<void> {
    this.#completed.delete(upload.id);
    await this.#ledgers.remove(upload.id);
  }

  override async remove(id: string): Promise<void> {
    await super.remove(id);
    await this.#ledgers.remove(id);
  }

  async unfinished(): Promise<UnfinishedUpload[]> {
    const ids = await this.#ledgers.list();
    const found = ids.map(async (id) => {
      const [record, ledger] = [await this.configstore.get(id), await this.#ledgers.find(id)];
      if (!record || !ledger) return [];
      const path = `${record.metadata?.bucketName}/${record.metadata?.objectName}`;
      return [{ path, parts: ledger.parts.map(({ size }) => size), asideBytes: ledger.asideBytes }];
    });
    return (await Promise.all(found)).flat();
  }

  #hasBytes(id: string): Promise<boolean> {
    return access(this.pathOf(id)).then(
      () => true,
      () => false,
    );
  }

  async #complete(id: string, writer: PartWriter): Promise<void> {
    this.#objects.reach();
    // S3 completes no upload without parts: the server sends an empty one.
    if (writer.ledger.parts.length === 0) await writer.addPart();
    this.#completed.set(id, multipartETag(writer.ledger.parts.map(({ md5 }) => Buffer.from(md5, 'hex'))));
  }
}
