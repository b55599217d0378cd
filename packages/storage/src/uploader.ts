/**
 * Puts one file into Storage. It refuses what Storage would refuse before a byte is sent, picks the route and changes it
 * as the network shows what it allows, tries again when that can help, settles an ambiguous answer by looking instead of
 * sending again, and ends by a proof that Storage holds what was sent.
 */
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { type ErrorCode, MediaError, type OutageRetries } from '@supabase-media/core/errors';
import { type RetryNotice, type RetryOptions, retry } from '@supabase-media/core/retry';
import {
  type EtagKind,
  guessEtagKindOfHost,
  type Proof,
  type VerifyPolicy,
} from '@supabase-media/upload-protocol/decide-proof';
import type { SentBody } from '@supabase-media/upload-protocol/multipart-etag';
import { decideRoute, type Route, type RouteDecision } from '@supabase-media/upload-protocol/route';
import type { StorageConnection } from './connection.ts';
import type { Ask, ExpectedObject } from './expected-object.ts';
import { etagsOfFile, sha256OfFile } from './file-checksum.ts';
import { finishUpload } from './finish-upload.ts';
import { assertWithinLimits, readLimits, tooLarge } from './limits.ts';
import { encodeObjectPath } from './object-key.ts';
import { foreseeLayouts } from './prove-upload.ts';
import type { ResumeStore } from './resume-store.ts';
import { sendUntilStored } from './send-until-stored.ts';
import { openSourceFile, type SourceFile } from './source-file.ts';
import type { TransportTimeouts } from './transport.ts';
import type { UploadAttempt } from './upload-attempt.ts';
import { ResumableUpload } from './upload-resumable.ts';
import { UploadStats } from './upload-stats.ts';

/** How uploads behave, from the configuration. */
export interface UploadPolicy extends TransportTimeouts {
  readonly directMaxBytes: number;
  /** The most that one resumable request carries, in bytes; unset, it is found out. */
  readonly chunkBytes?: number | undefined;
  readonly maxRetries: number;
  /** Retries in a row while Storage is out of order, once it has answered; `maxRetries` unless told. */
  readonly outageRetries?: OutageRetries | undefined;
  /** Answers in a row that an upload which has not expired is not known; about three minutes of them unless told. */
  readonly maxAbsences?: number | undefined;
  /** The first wait between attempts, in milliseconds; a second unless told. */
  readonly retryBaseMs?: number | undefined;
  /** What is to prove that Storage holds the file; by its ETag, else by reading back, unless told. */
  readonly verify?: VerifyPolicy | undefined;
}

export interface UploadFileOptions {
  readonly connection: StorageConnection;
  readonly policy: UploadPolicy;
  readonly resumeStore: ResumeStore;
  readonly file: string;
  readonly bucket: string;
  readonly path: string;
  readonly contentType: string;
  /** Replace an object that is already there; without it one is an error. */
  readonly upsert?: boolean;
  readonly route?: Route | undefined;
  /**
   * What the ETags of this Storage are likely to be, where nothing is known of it: then one kind is taken beside the
   * sending instead of both, which costs 2 s of processor time for each GB. A wrong guess costs that much after it.
   */
  readonly likelyEtags?: EtagKind | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told before the first byte, and again when the route changes. */
  readonly onRoute?: (decision: RouteDecision, size: number) => void;
  /** Told how many bytes of the file have arrived or are being sent. */
  readonly onProgress?: (position: number, size: number) => void;
  readonly onRetry?: (notice: RetryNotice) => void;
  /** Told that a proxy refused a body for its size and smaller ones follow; both in bytes. */
  readonly onChunkSize?: (bytes: number, refusedBytes: number) => void;
}

/** What became of an upload. */
export interface UploadResult {
  readonly bucket: string;
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** The one that ended it. */
  readonly route: Route;
  readonly reason: string;
  /** 1 when the first one succeeded. */
  readonly attempts: number;
  /**
   * Of all attempts together. Of a request that broke: what Storage turned out to have of it where it could be asked,
   * else what its socket took, some of which never left the machine.
   */
  readonly bytesSent: number;
  readonly seconds: number;
  /** What proved that Storage holds the file; an upload of which nothing could be proved is an error. */
  readonly verified: Proof;
  /** Of the content, 64 hex digits: a note kept with the object, which proves nothing. Unset above 1 GB. */
  readonly sha256: string | undefined;
}

/**
 * Up to this size the SHA-256 is taken before the upload, so that it can be kept with the object: metadata is set when
 * an upload begins. Above, it is not taken at all: it costs 0.9 s of processor time for each GB (md5: 2 s) and another
 * reading of the file before the first byte is sent, and proves nothing.
 */
const DIGEST_FIRST_MAX_BYTES = 1_000_000_000;

/** After these the same upload cannot be continued, whoever tries. */
const ABANDONED_BY: ReadonlySet<string> = new Set<ErrorCode>([
  'canceled',
  'bucket_missing',
  'content_type_refused',
  'edge_too_large',
  'file_changed',
  'key_refused',
  'object_exists',
  'object_too_large',
  'upload_expires_early',
]);

/**
 * Puts one file into Storage.
 *
 * @throws {MediaError} `file_missing`, `file_changed`, `key_refused`, `object_too_large`, or what Storage or the network
 * refused.
 */
export async function uploadFile(options: UploadFileOptions): Promise<UploadResult> {
  const { connection, policy, bucket, path, signal, route: forced } = options;
  const verify = policy.verify ?? 'etag';
  encodeObjectPath(bucket, path);
  const file = await openSourceFile(options.file);
  const retries: RetryOptions = {
    retries: policy.maxRetries,
    baseMs: policy.retryBaseMs,
    signal,
    onRetry: options.onRetry,
  };
  const limits = await retry(() => readLimits(connection, bucket, signal), retries);
  assertWithinLimits({ name: basename(file.path), size: file.size }, limits);

  const started = performance.now();
  const resumable = new ResumableUpload({ store: options.resumeStore, chunkBytes: policy.chunkBytes });
  const stats = new UploadStats();
  const sha256 = file.size <= DIGEST_FIRST_MAX_BYTES ? await sha256OfFile(file, signal) : undefined;
  const draft: UploadAttempt = {
    connection,
    file,
    bucket,
    path,
    contentType: options.contentType,
    upsert: options.upsert ?? false,
    metadata: { uploadId: randomUUID(), ...(sha256 !== undefined && { sha256 }) },
    timeouts: policy,
    signal,
    onSent: (requestBytes, position) => {
      stats.send(requestBytes, position - requestBytes);
      options.onProgress?.(position, file.size);
    },
    onResumed: (offset) => {
      stats.confirm(offset);
      options.onProgress?.(offset, file.size);
    },
    onSettled: () => stats.settle(),
    onChunkSize: options.onChunkSize ?? (() => {}),
  };
  const earlier = forced === undefined || forced === 'resumable' ? await resumable.findEarlier(draft) : undefined;
  const attempt = earlier === undefined ? draft : { ...draft, metadata: { ...draft.metadata, uploadId: earlier } };
  const expected: ExpectedObject = {
    connection,
    bucket,
    path,
    signal,
    size: file.size,
    uploadId: attempt.metadata.uploadId,
  };

  const initial = await decide(options, file, earlier !== undefined);
  options.onRoute?.(initial, file.size);
  let route = initial.route;
  let isAsking = false;
  const askOnce: Ask = async (question) => {
    isAsking = true;
    const answer = await question();
    isAsking = false;
    return answer;
  };
  const ask: Ask = (question) => askOnce(() => retry(question, { ...retries, outageRetries: policy.outageRetries }));

  const upload = new AbortController();
  const { host } = new URL(connection.storageUrl);
  const hostEtags = await options.resumeStore.loadEtagKind(host);
  const likelyEtags = hostEtags ?? options.likelyEtags ?? guessEtagKindOfHost(host);
  const fileEtags = takeEtags(file, {
    layouts: foreseeLayouts({ size: file.size, route: bodyRouteOf(route) }, verify, likelyEtags),
    signal: signal ? AbortSignal.any([signal, upload.signal]) : upload.signal,
  });
  try {
    const { decision, proof } = await sendUntilStored({
      attempt,
      expected,
      resumable,
      decision: initial,
      forced,
      maxRetries: policy.maxRetries,
      outageRetries: policy.outageRetries,
      maxAbsences: policy.maxAbsences,
      retryBaseMs: policy.retryBaseMs,
      signal,
      onRetry: options.onRetry,
      onRoute: (decision) => {
        route = decision.route;
        options.onRoute?.(decision, file.size);
      },
      onAttempt: () => stats.begin(),
      finish: async () => {
        const sent = { size: file.size, route: bodyRouteOf(route), requestEnds: resumable.requestEnds() };
        const proved = await finishUpload({
          attempt,
          expected,
          sent,
          verify,
          fileEtags,
          hostEtags,
          resumable,
          maxRetries: policy.maxRetries,
          ask,
          askOnce,
        });
        if (proved.hostEtags !== undefined && proved.hostEtags !== hostEtags)
          await options.resumeStore.saveEtagKind(host, proved.hostEtags);
        return proved.proof;
      },
      isQuestionOpen: () => isAsking,
    });
    return {
      bucket,
      path,
      size: file.size,
      route,
      reason: decision.reason,
      attempts: stats.attempts,
      bytesSent: stats.bytesSent,
      seconds: (performance.now() - started) / 1000,
      verified: proof,
      sha256,
    };
  } catch (error) {
    // Nobody will continue it: Storage need not keep what it has.
    if (error instanceof MediaError && ABANDONED_BY.has(error.code)) await resumable.discard(attempt);
    throw explainRefusal(error, route, file);
  } finally {
    upload.abort();
    // Its thread has ended then.
    await fileEtags.catch(() => {});
  }
}

async function decide(options: UploadFileOptions, file: SourceFile, isUnfinished: boolean): Promise<RouteDecision> {
  const { host } = new URL(options.connection.storageUrl);
  return decideRoute({
    size: file.size,
    directMaxBytes: options.policy.directMaxBytes,
    isUnfinished,
    refusedBytes: await options.resumeStore.loadRefusedBytes(host, 'body'),
    forced: options.route,
  });
}

/** The file is below the other two limits, so a single request that Storage finds too large met the third. */
const explainRefusal = (error: unknown, route: Route, file: SourceFile): unknown =>
  error instanceof MediaError && error.code === 'object_too_large' && route !== 'resumable'
    ? tooLarge({ name: basename(file.path), size: file.size }, { limit: 'request' })
    : error;

const bodyRouteOf = (route: Route): SentBody['route'] => (route === 'resumable' ? 'resumable' : 'rest');

/** Takes, beside the sending, the ETags that are foreseen. A failure shows when they are asked for. */
function takeEtags(
  file: SourceFile,
  { layouts, signal }: { readonly layouts: ReturnType<typeof foreseeLayouts>; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const taking = etagsOfFile(file, layouts, signal);
  taking.catch(() => {});
  return taking;
}
