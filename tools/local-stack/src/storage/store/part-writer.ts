/** Cuts the body of one PATCH into the parts of a multipart upload, as @tus/s3-store does. */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { writeAll } from '../write-stream.ts';
import type { ObjectStore } from './object-store.ts';
import { type PartLedger, type PartLedgers, sumOfParts } from './part-ledger.ts';

/** The smallest part that S3 takes, but for the last. */
const MIN_PART_BYTES = 5 * 1024 * 1024;

/** `TUS_PART_SIZE` of the Storage server, by default. */
const PART_BYTES = 50 * 1024 * 1024;

/** S3's largest number of parts and largest object. */
const MAX_PARTS = 10_000;
const MAX_OBJECT_BYTES = 5 * 1024 ** 4;

/**
 * How long the parts of one PATCH are.
 * @param size of the upload in bytes; undefined when it is to be told later
 */
function partSizeFor(size: number = MAX_OBJECT_BYTES): number {
  const fitting = size <= PART_BYTES * MAX_PARTS ? Math.min(size, PART_BYTES) : Math.ceil(size / MAX_PARTS);
  return Math.max(fitting, MIN_PART_BYTES);
}

export interface PartWriterOptions {
  readonly id: string;
  readonly file: FileHandle;
  /** Of the whole upload in bytes; undefined when it is to be told later. */
  readonly size: number | undefined;
  readonly objects: ObjectStore;
  readonly ledgers: PartLedgers;
  /** What the store has of the upload so far. */
  readonly ledger: PartLedger;
}

/** Writes the body of one PATCH part by part. */
export class PartWriter {
  readonly #options: PartWriterOptions;
  readonly #partSize: number;
  #ledger: PartLedger;
  #hash = createHash('md5');
  /** Bytes of the part that is being received. */
  #received = 0;
  /** Where that part begins. */
  #start: number;

  constructor(options: PartWriterOptions) {
    this.#options = options;
    this.#ledger = options.ledger;
    this.#partSize = partSizeFor(options.size);
    this.#start = sumOfParts(options.ledger);
  }

  get ledger(): PartLedger {
    return this.#ledger;
  }

  get offset(): number {
    return this.#start + this.#received;
  }

  /** Takes back what was kept aside. From here on it is lost when the server is killed or the store goes away, as there. */
  async begin(): Promise<void> {
    const { asideBytes } = this.#ledger;
    if (asideBytes === 0) return;
    const { id } = this.#options;
    const range = { start: this.#start, end: this.#start + asideBytes - 1 };
    for await (const chunk of this.#options.file.createReadStream({ ...range, autoClose: false })) {
      this.#hash.update(chunk);
    }
    this.#received = asideBytes;
    this.#ledger = { ...this.#ledger, asideBytes: 0 };
    await this.#options.ledgers.write(id, this.#ledger);
  }

  async add(bytes: Buffer): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      if (this.#received === this.#partSize) await this.addPart();
      const piece = rest.subarray(0, this.#partSize - this.#received);
      const writing = writeAll(this.#options.file, piece, this.offset);
      this.#hash.update(piece);
      await writing;
      this.#received += piece.length;
      rest = rest.subarray(piece.length);
    }
  }

  /** The end of the PATCH, also of one that was cut. */
  async end(): Promise<void> {
    if (this.#received === 0) return;
    if (this.#received >= MIN_PART_BYTES || this.offset === this.#options.size) {
      await this.addPart();
      return;
    }
    this.#options.objects.reach();
    this.#ledger = { ...this.#ledger, asideBytes: this.#received };
    await this.#options.ledgers.write(this.#options.id, this.#ledger);
  }

  /** Gives what was received to the store as a part. @throws StorageError when it is away */
  async addPart(): Promise<void> {
    this.#options.objects.reach();
    const part = { size: this.#received, md5: this.#hash.digest('hex') };
    this.#ledger = { ...this.#ledger, parts: [...this.#ledger.parts, part] };
    this.#start += part.size;
    this.#received = 0;
    this.#hash = createHash('md5');
    await this.#options.ledgers.write(this.#options.id, this.#ledger);
  }
}
