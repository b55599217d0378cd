/**
 * The resumable route: TUS over the transport of the other routes, continuing from Storage's offset, also in another
 * process. What follows a failure is decided by `send-until-stored.ts`.
 *
 * Invariants:
 * - Storage's offset is the truth; bytes sent are not.
 * - Its offset is asked for only when no PATCH runs, because the question ends a running one.
 * - An offset below what Storage itself acknowledged means that it lost bytes. Continuing from there was seen to end in
 *   an object longer than the file, so such an upload is discarded and begun again. Less than a part is lost where S3
 *   keeps the rest of a request aside and the server dies in the next one: then the parts before it are whole.
 * - What a restart needs is on disk before the first byte is sent, and removed once the object is verified.
 * - Away is not gone: an upload that is not known, and should be, is asked for again until a new one can be created.
 * - What is given up is ended at Storage: with an S3 backend its parts stay until somebody does.
 */
import { isRetryable, MediaError } from '@supabase-media/core/errors';
import { formatBytes, formatSeconds } from '@supabase-media/core/format';
import {
  type ChunkPlan,
  growAfterSuccess,
  shrinkAfterConflict,
  shrinkAfterRefusal,
  startServerChunks,
} from '@supabase-media/upload-protocol/chunk-plan';
import { HOSTED_CHUNK_BYTES } from '@supabase-media/upload-protocol/limits';
import { LEAST_PART_BYTES } from '@supabase-media/upload-protocol/multipart-etag';
import { shouldLive } from '@supabase-media/upload-protocol/tus';
import type { RefusedBody, ResumeStore, UnfinishedUpload, UploadKey } from './resume-store.ts';
import { acknowledgeOffset, ENTRY_LIFE_MS, sampleFile } from './resume-store.ts';
import { type FileReader, openFileReader } from './source-file.ts';
import {
  appendBytes,
  type CreatedUpload,
  type CreateUploadOptions,
  createUpload,
  readOffset,
  type TusRequest,
  terminateUpload,
} from './tus.ts';
import { actionOf, type UploadAttempt } from './upload-attempt.ts';

export interface ResumableOptions {
  readonly store: ResumeStore;
  /** `UPLOAD_CHUNK_SIZE_MB`, in bytes. */
  readonly chunkBytes?: number | undefined;
}

/**
 * So often an upload that should be there is asked for before a new one is created, which tells whether Storage can reach
 * its store: 15 s, by the waits of `decide-next-step.ts`.
 */
const QUESTIONS_BEFORE_SUCCESSOR = 5;

/** Expiries of uploads that this process had begun to send, after which it is of no use to begin again. */
const EXPIRIES_MAX = 2;

/** One file on the resumable route, over all attempts of this process. */
export class ResumableUpload {
  readonly #options: ResumableOptions;
  #entry: UnfinishedUpload | undefined;
  /** What takes the place of an upload that is gone for certain; created, and empty. */
  #successor: CreatedUpload | undefined;
  /** Uploads that nobody will continue and that Storage may still have. */
  readonly #leftovers: string[] = [];
  #chunks: ChunkPlan | undefined;
  #isLoaded = false;
  #bodyBytes = 0;
  /** The request that is running or broke: where it began and what the socket took of it. */
  #sending = { start: 0, bytes: 0 };
  /** What Storage has acknowledged, over all uploads of this process; for the retry loop. */
  #furthest = 0;
  /** Questions in a row after an upload that should be there and was not. */
  #absences = 0;
  #isGone = false;
  #expiries = 0;
  /** Bytes went into the upload at hand from this process. */
  #hasSent = false;
  /** The latest write to the store. */
  #saved: Promise<void> = Promise.resolve();

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
    if (entry === undefined) return undefined;
    if (!(await isSameUpload(entry, attempt))) {
      this.#leftovers.push(entry.url);
      return undefined;
    }
    this.#entry = entry;
    return entry.uploadId;
  }

  /**
   * Sends what Storage does not have yet.
   *
   * @throws {MediaError} what broke; the next call continues from Storage's offset at that time. `upload_away`: Storage
   * does not know the upload, and should. `upload_expires_early`: it keeps uploads for less time than this one takes.
   */
  async send(attempt: UploadAttempt): Promise<void> {
    const { file } = attempt;
    const reader = await openFileReader(file);
    try {
      let offset = await this.#resume(attempt);
      while (offset < file.size) offset = await this.#sendChunk(attempt, { reader, offset });
    } catch (error) {
      throw this.#explainLoss(attempt, error);
    } finally {
      await reader.close();
      await this.#saved;
    }
  }

  /**
   * Sends smaller bodies from now on, and remembers the refused size for the host.
   *
   * @param refused `body`: no request of this size passes; `chunk`: resumable uploads are asked for smaller parts.
   */
  async shrink(attempt: UploadAttempt, refused: RefusedBody): Promise<void> {
    const smaller = this.#chunks && shrinkAfterRefusal(this.#chunks, this.#bodyBytes);
    if (smaller === undefined) return;
    this.#chunks = smaller;
    attempt.onChunkSize(smaller.bytes, this.#bodyBytes);
    const { host } = new URL(attempt.connection.storageUrl);
    await this.#options.store.saveRefusedBytes(host, refused, smaller.refusedBytes ?? this.#bodyBytes);
  }

  /** Forgets the upload: it is finished. Ends what was left of others at this address. */
  async forget(attempt: UploadAttempt): Promise<void> {
    if (!this.#isLoaded) {
      this.#isLoaded = true;
      const earlier = await this.#options.store.load(keyOf(attempt));
      if (earlier !== undefined) this.#leftovers.push(earlier.url);
    }
    this.#entry = undefined;
    await this.#saved;
    await this.#options.store.forget(keyOf(attempt));
    await this.#endLeftovers(attempt);
  }

  /** Forgets the upload because nobody will continue it, and ends it at Storage, where that is still possible. */
  async discard(attempt: UploadAttempt): Promise<void> {
    if (this.#entry !== undefined) this.#leftovers.push(this.#entry.url);
    await this.forget(attempt);
  }

  /** Best effort, also when the upload was told to stop: what cannot be ended now is tried again, and expires. */
  async #endLeftovers(attempt: UploadAttempt): Promise<void> {
    const request = { ...requestOf(attempt), signal: undefined };
    for (const url of this.#leftovers.splice(0))
      await terminateUpload(request, url).catch(() => this.#leftovers.push(url));
  }

  /** Where to continue: the offset of the upload at hand, or 0 of a new one. */
  async #resume(attempt: UploadAttempt): Promise<number> {
    this.#bodyBytes = 0;
    await this.findEarlier(attempt);
    const entry = this.#entry;
    if (entry === undefined) return this.#begin(attempt);
    const { action } = requestOf(attempt);
    const { offset, size } = await this.#locate(attempt, entry);
    if (offset <= entry.acknowledged - LEAST_PART_BYTES || offset > attempt.file.size || size !== attempt.file.size)
      throw new MediaError({
        code: 'upload_untrusted',
        message: `${action}: Storage has ${offset} bytes of ${size}, though it had acknowledged ${entry.acknowledged} of ${attempt.file.size}.`,
      });
    const { start, bytes } = this.#sending;
    // Nothing at all was kept of a large body: somebody on the way holds bodies back until they are whole.
    if (this.#chunks !== undefined && offset <= start && bytes > HOSTED_CHUNK_BYTES)
      this.#chunks = shrinkAfterConflict(this.#chunks, bytes);
    this.#sending = { start: offset, bytes: 0 };
    attempt.onResumed(offset);
    this.#acknowledge(attempt, { offset, lifeMs: undefined });
    return offset;
  }

  /** Asks for the offset; before an upload that should be there is given up, a new one shows that its store is not away. */
  async #locate(attempt: UploadAttempt, entry: UnfinishedUpload): Promise<Awaited<ReturnType<typeof readOffset>>> {
    const request = requestOf(attempt);
    const ask = async () => {
      const located = await readOffset(request, entry.url);
      this.#absences = 0;
      return located;
    };
    try {
      return await ask();
    } catch (error) {
      if (!this.#shouldLive(error) || ++this.#absences < QUESTIONS_BEFORE_SUCCESSOR) throw error;
    }
    this.#successor ??= await createUpload(creationOf(attempt)).catch((error: unknown) => {
      throw error instanceof MediaError && !isRetryable(error) ? error : absence(attempt, error);
    });
    try {
      const located = await ask();
      this.#leftovers.push(this.#successor.url);
      this.#successor = undefined;
      await this.#endLeftovers(attempt);
      return located;
    } catch (error) {
      this.#isGone = this.#shouldLive(error);
      throw error;
    }
  }

  /** Whether an answer said that the upload is not known, although it has not expired. Gone for good is 410. */
  #shouldLive(error: unknown): boolean {
    return (
      error instanceof MediaError &&
      error.code === 'upload_expired' &&
      error.details.httpStatus === 404 &&
      this.#entry !== undefined &&
      shouldLive(this.#entry, Date.now())
    );
  }

  /** What the end of an upload means, and what it teaches. Anything else is returned as it is. */
  #explainLoss(attempt: UploadAttempt, error: unknown): unknown {
    if (!(error instanceof MediaError) || error.code !== 'upload_expired') return error;
    if (this.#shouldLive(error)) return this.#isGone ? error : absence(attempt, error);
    if (!this.#hasSent || this.#entry === undefined) return error;
    this.#expiries++;
    // One request that has begun is not ended by the expiry.
    this.#chunks = undefined;
    return this.#expiries < EXPIRIES_MAX ? error : expiresEarly(attempt, this.#entry);
  }

  async #begin(attempt: UploadAttempt): Promise<number> {
    const created = this.#successor ?? (await createUpload(creationOf(attempt)));
    const now = Date.now();
    this.#successor = undefined;
    this.#isGone = false;
    this.#hasSent = false;
    this.#absences = 0;
    this.#sending = { start: 0, bytes: 0 };
    const { size, modifiedMs } = attempt.file;
    this.#entry = {
      version: 1,
      url: created.url,
      createdAt: now,
      endsAt: created.lifeMs === undefined ? undefined : now + created.lifeMs,
      expiresAt: now + ENTRY_LIFE_MS,
      uploadId: attempt.metadata.uploadId,
      upsert: attempt.upsert,
      contentType: attempt.contentType,
      acknowledged: 0,
      requestEnds: [],
      file: { size, modifiedMs, sample: await sampleFile(attempt.file) },
    };
    await this.#save(attempt);
    await this.#endLeftovers(attempt);
    return 0;
  }

  /** Written beside the next request: Storage's own offset is what a restart goes by. */
  #acknowledge(attempt: UploadAttempt, { offset, lifeMs }: Awaited<ReturnType<typeof appendBytes>>): void {
    if (this.#entry === undefined) return;
    const endsAt = lifeMs === undefined ? this.#entry.endsAt : Date.now() + lifeMs;
    this.#entry = { ...acknowledgeOffset(this.#entry, offset), endsAt };
    this.#furthest = Math.max(this.#furthest, offset);
    void this.#save(attempt);
  }

  /** One write after the other. */
  #save(attempt: UploadAttempt): Promise<void> {
    const entry = this.#entry;
    this.#saved = this.#saved.then(() => (entry && this.#options.store.save(keyOf(attempt), entry)) ?? undefined);
    return this.#saved;
  }

  async #sendChunk(attempt: UploadAttempt, from: { reader: FileReader; offset: number }): Promise<number> {
    const { reader, offset } = from;
    const { file } = attempt;
    const chunks = this.#chunks ?? (await this.#startChunks(attempt));
    const bytes = Math.min(chunks.bytes, file.size - offset);
    this.#bodyBytes = bytes;
    this.#sending = { start: offset, bytes: 0 };
    const startedAt = performance.now();
    try {
      const reached = await appendBytes({
        ...requestOf(attempt),
        url: this.#entry?.url ?? '',
        offset,
        size: file.size,
        body: reader.bodyOf({ start: offset, bytes }),
        timeouts: attempt.timeouts,
        onSent: (sent) => {
          this.#hasSent = true;
          this.#sending = { start: offset, bytes: sent };
          attempt.onSent(sent, offset + sent);
        },
      });
      if (reached.offset < offset) throw lostBytes(attempt, reached.offset, offset);
      attempt.onSettled();
      this.#absences = 0;
      this.#acknowledge(attempt, reached);
      this.#chunks = growAfterSuccess(chunks, { bytes, ms: performance.now() - startedAt });
      return reached.offset;
    } catch (error) {
      if (error instanceof MediaError && error.code === 'upload_conflict')
        this.#chunks = shrinkAfterConflict(chunks, bytes);
      throw error;
    }
  }

  async #startChunks(attempt: UploadAttempt): Promise<ChunkPlan> {
    const { host, hostname } = new URL(attempt.connection.storageUrl);
    const refusedBytes = await this.#options.store.loadRefusedBytes(host, 'chunk');
    // After an expiry what was configured is not kept to: it may be what made the upload slow.
    const configuredBytes = this.#expiries === 0 ? this.#options.chunkBytes : undefined;
    this.#chunks = startServerChunks({ hostname, configuredBytes, refusedBytes });
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

const creationOf = (attempt: UploadAttempt): CreateUploadOptions => ({
  ...requestOf(attempt),
  bucket: attempt.bucket,
  path: attempt.path,
  contentType: attempt.contentType,
  metadata: attempt.metadata,
  size: attempt.file.size,
});

/** What is known beyond that it was not found, as why no new one can be created. */
const reasonOf = (cause: unknown): string =>
  cause instanceof MediaError && cause.details.httpStatus !== 404 ? ` (${cause.message.replace(/\.$/, '')})` : '';

const absence = (attempt: UploadAttempt, cause: unknown): MediaError =>
  new MediaError({
    code: 'upload_away',
    message: `${actionOf(attempt)}: Storage does not know the upload, which has not expired${reasonOf(cause)}.`,
    details: cause instanceof MediaError ? cause.details : {},
    cause,
  });

function expiresEarly(attempt: UploadAttempt, entry: UnfinishedUpload): MediaError {
  const { size } = attempt.file;
  const { acknowledged, createdAt, endsAt } = entry;
  const lifeMs = (endsAt ?? Date.now()) - createdAt;
  const life = formatSeconds(lifeMs / 1000);
  const arrived = `${formatBytes(acknowledged)} of ${formatBytes(size)}`;
  const neededMs = acknowledged > 0 ? Math.ceil((lifeMs * size) / acknowledged) : undefined;
  const needed = neededMs === undefined ? '' : ` At this speed it takes ${formatSeconds(neededMs / 1000)}.`;
  return new MediaError({
    code: 'upload_expires_early',
    message: `${actionOf(attempt)}: Storage keeps an unfinished upload for ${life}, in which ${arrived} arrived.${needed}`,
    details: { lifeMs, arrivedBytes: acknowledged, fileBytes: size, neededMs },
  });
}

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
