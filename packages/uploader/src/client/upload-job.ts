/**
 * One file's upload from the first request to the API to the last: session, bytes, completion. It can be stopped anywhere
 * and run again.
 */
import { abortUpload } from './abort-upload.ts';
import { waitFor, waitUntilOnline } from './abortable-wait.ts';
import { type ContentDigest, createContentDigest } from './content-digest.ts';
import type { ProgressMeter } from './progress.ts';
import { findSession, lockResumePoint, type ResumePoint } from './resume-point.ts';
import { createTransfer, type Transfer } from './transfer.ts';
import { UploadError } from './upload-error.ts';
import type { UploadSource } from './upload-source.ts';
import type { TaskTools, UploadResult, UploadState, UploadVideoOptions } from './upload-types.ts';

/** Rounds of sending what the API says is missing. */
const INCOMPLETE_MAX = 3;

/** How long to wait for room in the queue where the API does not say, in milliseconds. */
const ROOM_WAIT_MS = 30_000;

/** Before a file is sent once more that arrived otherwise, in milliseconds. */
const AGAIN_WAIT_MS = 2000;

/** The API compared what is stored with digests of our own. A SHA-256 that the app announced may be wrong: then no. */
const isOtherContent = (error: unknown): error is UploadError =>
  error instanceof UploadError && error.apiCode === 'digest_mismatch' && error.details.algorithm === 'MD5';

interface JobOptions {
  readonly tools: TaskTools;
  readonly source: UploadSource;
  readonly options: UploadVideoOptions;
  readonly meter: ProgressMeter;
  readonly enter: (state: UploadState) => void;
}

/** What runs while the upload is not paused; session and transfer outlive pauses. */
export function createJob({ tools, source, options, meter, enter }: JobOptions) {
  const { uploads } = tools;
  let point: ResumePoint | undefined;
  let sessionId: string | undefined;
  let videoId: string | undefined;
  let transfer: Transfer | undefined;
  let isStored = false;
  let digest: ContentDigest | undefined;
  /** What arrived differed from the file: it was removed, and is sent once more. */
  let isSentAgain = false;

  /** Undefined: an earlier visit has sent everything. */
  const prepare = async (signal: AbortSignal): Promise<Transfer | undefined> => {
    point ??= await lockResumePoint(tools, source, { signal, once: options.once === true });
    sessionId = point.record()?.sessionId;
    const found = await findSession(tools, point, signal);
    digest?.close();
    digest = createContentDigest(source);
    if (found?.kind === 'stored') {
      // A session and its video have one id.
      videoId = found.sessionId;
      const { uploadId, requestEnds = null } = point.record() ?? {};
      if (uploadId) digest.advance({ uploadId, requestEnds, acknowledgedBytes: source.size });
      return undefined;
    }
    const { project, sha256 } = options;
    const opened =
      found?.session ??
      (await uploads.create(
        {
          fileName: source.name,
          size: source.size,
          ...(source.type !== '' && { contentType: source.type }),
          ...(project !== undefined && { project }),
          ...(sha256 !== undefined && { sha256 }),
        },
        { signal },
      ));
    sessionId = opened.id;
    videoId = opened.videoId;
    let resumedFrom = opened.confirmedBytes;
    let isFirst = true;
    await point.remember(opened, { confirmedBytes: opened.confirmedBytes });
    return createTransfer({
      session: opened,
      source,
      uploadId: point.record()?.uploadId ?? null,
      requestEnds: point.record()?.requestEnds ?? null,
      digest,
      client: tools.client,
      uploads,
      transport: tools.transport,
      paths: tools.paths,
      meter,
      connectivity: tools.connectivity,
      stallMs: tools.stallMs,
      maxRetries: tools.maxRetries,
      random: tools.random,
      onResumePoint: (at) => {
        if (isFirst) resumedFrom = at.confirmedBytes;
        isFirst = false;
        void point?.remember(opened, at);
      },
      onWait: (wait) => enter({ name: 'waiting', ...wait }),
      onMoving: () => enter({ name: 'uploading', resumedFrom }),
    });
  };

  /** The upload is stored, and the API completes it by itself, too: as long as the page is open, the person sees when. */
  const awaitRoom = async (error: UploadError, signal: AbortSignal): Promise<void> => {
    const waitMs = error.retryAfterMs ?? ROOM_WAIT_MS;
    enter({ name: 'waiting', error, waitMs });
    const wait = { signal, connectivity: tools.connectivity };
    await waitFor(waitMs, wait);
    await waitUntilOnline(wait);
  };

  /** Bits that turned on the way are a matter of luck; the person sees why the bar begins again. */
  const pauseBefore = async (error: UploadError, signal: AbortSignal): Promise<void> => {
    enter({ name: 'waiting', error, waitMs: AGAIN_WAIT_MS });
    await waitFor(AGAIN_WAIT_MS, { signal, connectivity: tools.connectivity });
  };

  /** More is sent after all: what is digested of it is taken anew. */
  const renewDigest = (): void => {
    digest?.close();
    digest = createContentDigest(source);
    transfer?.digestWith(digest);
  };

  return {
    run: async (signal: AbortSignal): Promise<UploadResult> => {
      for (let rounds = 1; ; ) {
        if (!isStored && transfer === undefined) {
          enter({ name: 'preparing' });
          transfer = await prepare(signal);
        }
        if (!isStored) await transfer?.run(signal);
        isStored = true;
        enter({ name: 'completing' });
        const id = sessionId ?? '';
        try {
          const digests = await digest?.finish(signal);
          const completed = await uploads.complete(id, {
            signal,
            digests,
            isDigestTold: options.sha256 !== undefined,
          });
          await point?.forget();
          meter.confirmed(source.size);
          videoId = completed.videoId;
          // An API of an earlier release says nothing of how it verified.
          return { videoId, sessionId: id, verified: completed.verified ?? null };
        } catch (error) {
          if (error instanceof UploadError && error.apiCode === 'too_many_queued') {
            await awaitRoom(error, signal);
            continue;
          }
          if (isOtherContent(error) && !isSentAgain) {
            isSentAgain = true;
            await point?.forget();
            transfer = undefined;
            isStored = false;
            await pauseBefore(error, signal);
            continue;
          }
          const isMissing = error instanceof UploadError && error.apiCode === 'upload_incomplete';
          if (!isMissing || rounds >= INCOMPLETE_MAX) {
            if (error instanceof UploadError && error.retryBy !== 'client') await point?.forgetIfOver(error);
            throw error;
          }
          isStored = false;
          renewDigest();
          // The API has missed bytes twice that Storage said it has: another upload, then.
          if (rounds > 1) transfer?.startOver();
          rounds++;
        }
      }
    },
    videoId: (): string | undefined => videoId,
    abortOnLeave: (): void => {
      if (sessionId !== undefined) uploads.cancelOnLeave(sessionId);
    },
    abort: (): Promise<void> => abortUpload({ forget: point?.forget, sessionId, uploads }),
    close: () => {
      digest?.close();
      point?.release();
    },
  };
}
