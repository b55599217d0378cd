/**
 * The resumable route: TUS over the transport of the other routes, going on from wherever Storage stands, also in
 * another process.
 *
 * What holds throughout:
 * - Storage's offset is the truth; bytes sent are not.
 * - Its offset is asked for only when no PATCH runs, because the question ends a running one.
 * - An offset below what Storage itself acknowledged means that it lost bytes. Going on from there was seen to end in an
 *   object longer than the file, so such an upload is given up and begun anew.
 * - What a restart needs is on disk before the bytes it stands for are sent, and gone once the object is proved.
 */
import { MediaError } from '@supabase-media/core/errors';
import {
  type ChunkState,
  growAfterSuccess,
  shrinkAfterConflict,
  shrinkAfterRefusal,
  startChunks,
} from './chunk-size.ts';
import type { ResumeStore, UnfinishedUpload, UploadKey } from './resume-store.ts';
import { sampleFile } from './resume-store.ts';
import { bodyOf } from './source-file.ts';
import { appendBytes, createUpload, readOffset, type TusRequest, terminateUpload } from './tus.ts';
import { actionOf, type UploadAttempt } from './upload-attempt.ts';

export interface ResumableOptions {
  readonly store: ResumeStore;
  /** `UPLOAD_CHUNK_SIZE_MB`, in bytes. */
  readonly chunkBytes?: number | undefined;
}

/** One file on its way by the resumable route, over all attempts of this process. */
export class ResumableUpload {
  readonly #options: ResumableOptions;
  #entry: UnfinishedUpload | undefined;
  #chunks: ChunkState | undefined;
  #isLoaded = false;
  /** What Storage has acknowledged, over all uploads of this process; for the retry loop. */
  #furthest = 0;

  constructor(options: ResumableOptions) {
    this.#options = options;
  }

  /** The most that Storage ever acknowledged, in bytes. */
  get furthest(): number {
    return this.#furthest;
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
   * @throws {MediaError} what broke; the next call goes on from where Storage stands then.
   */
  async send(attempt: UploadAttempt): Promise<void> {
    const { file } = attempt;
    let offset = await this.#resume(attempt);
    while (offset < file.size) offset = await this.#sendChunk(attempt, offset);
  }

  /** Forgets the upload: it is finished, or nobody will go on with it. */
  async forget(attempt: UploadAttempt): Promise<void> {
    this.#entry = undefined;
    await this.#options.store.forget(keyOf(attempt));
  }

  /** Ends the upload at Storage, where that is still possible, and forgets it. */
  async discard(attempt: UploadAttempt): Promise<void> {
    if (this.#entry !== undefined) await terminateUpload(requestOf(attempt), this.#entry.url);
    await this.forget(attempt);
  }

  /** Where to go on: the offset of the upload at hand, or 0 of a new one. */
  async #resume(attempt: UploadAttempt): Promise<number> {
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
      await this.discard(attempt);
      throw new MediaError({
        code: 'upload_untrusted',
        message: `${request.action}: Storage stands at byte ${offset} of ${size}, though it had acknowledged ${entry.acknowledged} of ${attempt.file.size}.`,
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
      ...created,
      uploadId: attempt.metadata.uploadId,
      upsert: attempt.upsert,
      contentType: attempt.contentType,
      acknowledged: 0,
      file: { size, modifiedMs, sample: await sampleFile(attempt.file) },
    };
    await this.#options.store.save(keyOf(attempt), this.#entry);
    return 0;
  }

  async #acknowledge(attempt: UploadAttempt, offset: number): Promise<void> {
    if (this.#entry === undefined) return;
    this.#entry = { ...this.#entry, acknowledged: offset };
    this.#furthest = Math.max(this.#furthest, offset);
    await this.#options.store.save(keyOf(attempt), this.#entry);
  }

  async #sendChunk(attempt: UploadAttempt, offset: number): Promise<number> {
    const { file } = attempt;
    const chunks = this.#chunks ?? (await this.#startChunks(attempt));
    const bytes = Math.min(chunks.bytes, file.size - offset);
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
      if (reached < offset) {
        await this.discard(attempt);
        throw lostBytes(attempt, reached, offset);
      }
      attempt.onSettled();
      await this.#acknowledge(attempt, reached);
      this.#chunks = growAfterSuccess(chunks);
      return reached;
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      if (error.code === 'upload_expired') await this.forget(attempt);
      if (error.code === 'upload_conflict') this.#chunks = shrinkAfterConflict(chunks, bytes);
      if (error.code !== 'edge_too_large') throw error;
      await this.#shrink(attempt, chunks, bytes, error);
      return offset;
    }
  }

  async #startChunks(attempt: UploadAttempt): Promise<ChunkState> {
    const { host, hostname } = new URL(attempt.connection.storageUrl);
    const refusedBytes = await this.#options.store.loadRefusedBytes(host);
    this.#chunks = startChunks({ host: hostname, configuredBytes: this.#options.chunkBytes, refusedBytes });
    return this.#chunks;
  }

  async #shrink(attempt: UploadAttempt, chunks: ChunkState, bytes: number, error: MediaError): Promise<void> {
    const smaller = shrinkAfterRefusal(chunks, bytes);
    if (smaller === undefined) throw error;
    this.#chunks = smaller;
    attempt.onSettled();
    attempt.onChunkSize(smaller.bytes, bytes);
    await this.#options.store.saveRefusedBytes(new URL(attempt.connection.storageUrl).host, smaller.refusedBytes);
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
    message: `${actionOf(attempt)}: Storage stands at byte ${reached} after bytes from ${offset} on were sent.`,
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
