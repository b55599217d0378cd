/** Which of the three size limits would refuse a video of 2 GB? Asked without uploading one. */
import type { MediaError } from '@supabase-media/core/errors';
import { formatBytes, formatSeconds } from '@supabase-media/core/format';
import { allRight, type Finding, type FindingCode, found } from '@supabase-media/diagnosis/findings';
import type { StorageConnection } from '@supabase-media/storage/connection';
import type { BucketFacts } from '@supabase-media/storage/inspect-bucket';
import { inspectResumable, type ResumableFacts } from '@supabase-media/storage/inspect-resumable';
import { announceBody } from '@supabase-media/storage/probe-body-limit';
import { isTusMissing } from '@supabase-media/upload-protocol/classify-answer';
import { MAX_VIDEO_BYTES, SESSION_SECONDS } from '@supabase-media/upload-protocol/limits';

/** What was learned about one bucket. */
export interface LimitFacts {
  readonly bucket: string;
  readonly bucketBytes: number | undefined;
  readonly resumable: ResumableFacts;
  /** The answer to one request that announced it all; undefined when it was not refused. */
  readonly requestRefusal: MediaError | undefined;
}

/** The limit that binds a resumable upload, the smallest of the two. */
function judgeResumable({ bucket, bucketBytes, resumable }: LimitFacts): Finding | undefined {
  const { refusal, projectBytes } = resumable;
  const wanted = formatBytes(MAX_VIDEO_BYTES);
  const tell = (code: FindingCode, bytes: number | undefined) => {
    const value = bytes === undefined ? 'a limit that it does not tell' : `${formatBytes(bytes)} (${bytes} bytes)`;
    return found('limits', code, { message: `${bucket}: ${wanted} refused, ${value} allowed.` });
  };
  if (refusal === undefined) return undefined;
  const status = Number(refusal.details.httpStatus);
  const message = `${bucket}: ${refusal.message}`;
  // Created, but without an address.
  if (status === 201) return found('resumable', 'resumable_missing', { message });
  if (refusal.code === 'object_too_large') {
    // SQL writes a bucket limit above the global one unchecked: the smaller of the two is the one to raise first.
    const isBucket = (bucketBytes ?? Number.POSITIVE_INFINITY) < Math.min(MAX_VIDEO_BYTES, projectBytes ?? Infinity);
    return isBucket ? tell('limit_bucket', bucketBytes) : tell('limit_project', projectBytes);
  }
  if (refusal.code === 'content_type_refused') return found('limits', 'type_refused', { message });
  if (isTusMissing({ fault: refusal.code, status })) return found('resumable', 'resumable_missing', { message });
  return found('limits', 'limit_unknown', { message });
}

function judgeLimits(facts: LimitFacts): readonly Finding[] {
  const { bucket, requestRefusal } = facts;
  const binding = judgeResumable(facts);
  if (binding !== undefined) return [binding];
  const wanted = formatBytes(MAX_VIDEO_BYTES);
  if (requestRefusal?.code === 'object_too_large')
    return [found('limits', 'limit_request', { message: `${bucket}: ${wanted} refused in a single request only.` })];
  // A proxy's refusal for the size is the edge's business.
  if (requestRefusal !== undefined && requestRefusal.code !== 'edge_too_large')
    return [found('limits', 'request_refused', { message: `${bucket}: ${requestRefusal.message}` })];
  return [allRight('limits', `${bucket} takes ${wanted}, asked without uploading.`)];
}

/** Headers tell seconds, and the answer was some time on its way. */
const DAY_MS = SESSION_SECONDS * 1000 - 60_000;

/** Is an unfinished upload kept for as long as we say that it can be resumed? */
function judgeLife(lifeMs: number | undefined): readonly Finding[] {
  if (lifeMs === undefined || lifeMs >= DAY_MS) return [];
  const message = `Unfinished uploads are kept for ${formatSeconds(lifeMs / 1000)}.`;
  return [found('resumable', 'resumable_expires_early', { message })];
}

/** Is what Storage calls itself what we call it? */
function judgeLocation(storageUrl: string, location: string | undefined): Finding {
  const own = new URL(storageUrl);
  // A Location may be relative (RFC 9110, 10.2.2).
  const named =
    location === undefined || !URL.canParse(location, storageUrl) ? undefined : new URL(location, storageUrl);
  if (named === undefined)
    return found('resumable', 'resumable_missing', { message: 'An upload was created, but without a Location.' });
  if (named.origin === own.origin && named.pathname.startsWith(own.pathname))
    return allRight('resumable', 'Resumable uploads are offered, at our own address.');
  return found('resumable', 'resumable_location_elsewhere', {
    message: `Asked at ${own.origin}${own.pathname}, it names ${named.origin}${named.pathname.replace(/[^/]*$/, '…')}`,
  });
}

export interface LimitsReport {
  readonly findings: readonly Finding[];
  readonly facts: readonly LimitFacts[];
}

export async function checkLimits(
  connection: StorageConnection,
  options: { readonly buckets: readonly BucketFacts[]; readonly signal: AbortSignal },
): Promise<LimitsReport> {
  const { buckets, signal } = options;
  const bytes = MAX_VIDEO_BYTES;
  const facts = await Promise.all(
    buckets.map(async ({ bucket, limitBytes }): Promise<LimitFacts> => {
      const resumable = await inspectResumable(connection, { bucket, bytes, signal });
      const requestRefusal = await announceBody(connection, {
        bucket,
        bytes,
        roundTripMs: resumable.roundTripMs,
        signal,
      });
      return { bucket, bucketBytes: limitBytes, resumable, requestRefusal };
    }),
  );
  const created = facts.find(({ resumable }) => resumable.refusal === undefined);
  return {
    findings: [
      ...facts.flatMap(judgeLimits),
      ...(created === undefined
        ? []
        : [judgeLocation(connection.storageUrl, created.resumable.location), ...judgeLife(created.resumable.lifeMs)]),
    ],
    facts,
  };
}
