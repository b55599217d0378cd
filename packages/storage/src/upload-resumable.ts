/**
 * The resumable route: TUS over the transport of the other routes, continuing from Storage's offset, also in another
 * process. What follows a failure is decided by `send-until-stored.ts`.
 *
 * Invariants:
 * - Storage's offset is the truth; bytes sent are not.
 * - Its offset is asked for only when no PATCH runs, because the question ends a running one.
 * - An offset below what Storage itself acknowledged means that it lost bytes. Continuing from there was seen to end in
 *   an object longer than the file, so such an upload is discarded and begun again.
 * - What a restart needs is on disk before the bytes it stands for are sent, and removed once the object is verified.
 */
import { MediaError } from '@supabase-media/core/errors';
import {
  type ChunkPlan,
  demandedChunkBytes,
  growAfterSuccess,
  SERVER_CHUNKS,
  shrinkAfterConflict,
  shrinkAfterRefusal,
  startChunks,
} from '@supabase-media/upload-protocol/chunk-plan';
import type { ResumeStore, UnfinishedUpload, UploadKey } from './resume-store.ts';
import { acknowledgeOffset, sampleFile } from './resume-store.ts';
import { bodyOf } from './source-file.ts';
import { appendBytes, createUpload, readOffset, type TusRequest, terminateUpload } from './tus.ts';
import { actionOf, type UploadAttempt } from './upload-attempt.ts';

export interface ResumableOptions {
  readonly store: ResumeStore;
  /** `UPLOAD_CHUNK_SIZE_MB`, in bytes. */
  readonly chunkBytes?: number | undefined;
}

/** One file on the resumable route, over all attempts of this process. */
export class ResumableUpload {
  readonly #options: ResumableOptions;
  #entry: UnfinishedUpload | undefined;
  #chunks: ChunkPlan | undefined;
  #isLoaded = false;
  #bodyBytes = 0;
  /** What Storage has acknowledged, over all uploads of this process; for the retry loop. */
  #furthest = 0;

  constructor(options: ResumableOptions) {
    this.#options = options;
  }

  /** The most that Storage ever acknowledged, in bytes. */
  get furthest(): number {
    return this.#furthest;
  }

  /**
   * Where the requests of the upload at hand ended, as Storage acknowledged it, in bytes: ascending, without 0 and the
   * file's size; also those of earlier processes. Empty once it is forgotten.
   */
  requestEnds(): readonly number[] {
    return this.#entry?.requestEnds ?? [];
  }

  /** The size of the body that was sent last, in bytes; 0 where the last request had none. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** Whether a body smaller than the last one may be sent. */
  get canShrink(): boolean {
    return this.#chunks !== undefined && shrinkAfterRefusal(this.#chunks, this.#bodyBytes) !== undefined;
  }

  /** The id that the object will carry, where an earlier process began the upload. */
  async findEarlier(attempt: UploadAttempt): Promise<string | undefined> {
    if (this.#isLoaded) return this.#entry?.uploadId;
    this.#isLoaded = true;
    const entry = await this.#options.store.load(keyOf(attempt));
    if (entry === undefined || !(await isSameUpload(entry, attempt))) return undefined;
    this.#entry = entry;
    return entry.uploadId;
  }

  /**
   * Sends what Storage does not have yet.
   *
   * @throws {MediaError} what broke; the next call continues from Storage's offset at that time.
   */
  async send(attempt: UploadAttempt): Promise<void> {
    const { file } = attempt;
    let offset = await this.#resume(attempt);
    while (offset < file.size) offset = await this.#sendChunk(attempt, offset);
  }

  /** Sends smaller bodies from now on, and remembers the refused size for the host. */
  async shrink(attempt: UploadAttempt): Promise<void> {
    const smaller = this.#chunks && shrinkAfterRefusal(this.#chunks, this.#bodyBytes);
    if (smaller === undefined) return;
    this.#chunks = smaller;
    attempt.onChunkSize(smaller.bytes, this.#bodyBytes);
    const { host } = new URL(attempt.connection.storageUrl);
    await this.#options.store.saveRefusedBytes(host, smaller.refusedBytes ?? this.#bodyBytes);
  }

  /** Forgets the upload: it is finished, or nobody will continue it. */
  async forget(attempt: UploadAttempt): Promise<void> {
    this.#entry = undefined;
    await this.#options.store.forget(keyOf(attempt));
  }

  /** Ends the upload at Storage, where that is still possible, and forgets it. */
  async discard(attempt: UploadAttempt): Promise<void> {
    // Best effort: what cannot be ended expires. Also when the upload was told to stop.
    const request = { ...requestOf(attempt), signal: undefined };
    const entry = this.#entry;
    // Forgotten first: an entry that outlives its upload would be resumed in vain.
    await this.forget(attempt);
    if (entry !== undefined) await terminateUpload(request, entry.url).catch(() => {});
  }

  /** Where to continue: the offset of the upload at hand, or 0 of a new one. */
  async #resume(attempt: UploadAttempt): Promise<number> {
    this.#bodyBytes = 0;
    await this.findEarlier(attempt);
    const entry = this.#entry;
    if (entry === undefined) return this.#begin(attempt);
    const request = requestOf(attempt);
    try {
      const { offset, size } = await readOffset(request, entry.url);
      if (offset >= entry.acknowledged && offset <= attempt.file.size && size === attempt.file.size) {
        attempt.onResumed(offset);
        await this.#acknowledge(attempt, offset);
        return offset;
      }
      throw new MediaError({
        code: 'upload_untrusted',
        message: `${request.action}: Storage has ${offset} bytes of ${size}, though it had acknowledged ${entry.acknowledged} of ${attempt.file.size}.`,
      });
    } catch (error) {
      if (!(error instanceof MediaError) || error.code !== 'upload_expired') throw error;
      await this.forget(attempt);
      return this.#begin(attempt);
    }
  }

  async #begin(attempt: UploadAttempt): Promise<number> {
    const created = await createUpload({ ...requestOf(attempt), ...attempt, size: attempt.file.size });
    const { size, modifiedMs } = attempt.file;
    this.#entry = {
      version: 1,
      url: created.url,
      expiresAt: created.expiresAt,
      uploadId: attempt.metadata.uploadId,
      upsert: attempt.upsert,
      contentType: attempt.contentType,
      acknowledged: 0,
      requestEnds: [],
      file: { size, modifiedMs, sample: await sampleFile(attempt.file) },
    };
    await this.#options.store.save(keyOf(attempt), this.#entry);
    return 0;
  }

  async #acknowledge(attempt: UploadAttempt, offset: number): Promise<void> {
    if (this.#entry === undefined) return;
    this.#entry = acknowledgeOffset(this.#entry, offset);
    this.#furthest = Math.max(this.#furthest, offset);
    await this.#options.store.save(keyOf(attempt), this.#entry);
  }

  async #sendChunk(attempt: UploadAttempt, offset: number): Promise<number> {
    const { file } = attempt;
    const chunks = this.#chunks ?? (await this.#startChunks(attempt));
    const bytes = Math.min(chunks.bytes, file.size - offset);
    this.#bodyBytes = bytes;
    const startedAt = performance.now();
    try {
      const reached = await appendBytes({
        ...requestOf(attempt),
        url: this.#entry?.url ?? '',
        offset,
        size: file.size,
        body: bodyOf(file, { start: offset, bytes }),
        timeouts: attempt.timeouts,
        onSent: (sent) => attempt.onSent(sent, offset + sent),
      });
      if (reached < offset) throw lostBytes(attempt, reached, offset);
      attempt.onSettled();
      await this.#acknowledge(attempt, reached);
      this.#chunks = growAfterSuccess(chunks, { bytes, ms: performance.now() - startedAt });
      return reached;
    } catch (error) {
      if (error instanceof MediaError && error.code === 'upload_conflict')
        this.#chunks = shrinkAfterConflict(chunks, bytes);
      throw error;
    }
  }

  async #startChunks(attempt: UploadAttempt): Promise<ChunkPlan> {
    const { host, hostname } = new URL(attempt.connection.storageUrl);
    const refusedBytes = await this.#options.store.loadRefusedBytes(host);
    const demandedBytes = demandedChunkBytes(hostname, this.#options.chunkBytes);
    this.#chunks = startChunks({ range: SERVER_CHUNKS, demandedBytes, refusedBytes });
    return this.#chunks;
  }
}

const keyOf = ({ connection, bucket, path }: UploadAttempt): UploadKey => ({
  storageUrl: connection.storageUrl,
  bucket,
  path,
});

const requestOf = (attempt: UploadAttempt): TusRequest => ({
  connection: attempt.connection,
  upsert: attempt.upsert,
  signal: attempt.signal,
  action: actionOf(attempt),
});

const lostBytes = (attempt: UploadAttempt, reached: number, offset: number): MediaError =>
  new MediaError({
    code: 'upload_untrusted',
    message: `${actionOf(attempt)}: Storage has ${reached} bytes after bytes from ${offset} on were sent.`,
  });

async function isSameUpload(entry: UnfinishedUpload, attempt: UploadAttempt): Promise<boolean> {
  const { file } = attempt;
  return (
    entry.file.size === file.size &&
    entry.file.modifiedMs === file.modifiedMs &&
    entry.upsert === attempt.upsert &&
    entry.contentType === attempt.contentType &&
    entry.file.sample === (await sampleFile(file))
  );
}
