/**
 * What producers and workers agree on about `video.process`: its name, its payload, its result, versioned. A payload that
 * does not fit is refused on both sides.
 */
import { createHash } from 'node:crypto';
import {
  BUCKET_PATTERN,
  findBucketProblem,
  findObjectKeyProblem,
  OBJECT_KEY_PATTERN,
} from '@supabase-media/core/object-key';
import type { PublishedOutput } from '@supabase-media/core/published-output';
import type { StepProgress } from '@supabase-media/core/step-runner';
import type { JobContract } from '@supabase-media/queue/job-type';
import { z } from 'zod';

/** Download, probe, plan, encode, upload, record. */
export const VIDEO_PROCESS = 'video.process';

/** Goes up when a worker of yesterday could not read a payload of today. */
export const PAYLOAD_VERSION = 1;

const projectName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'letters, digits, _ and -, at most 63');

/** Which names there are is the worker's to say: a producer is not released anew for each new kind of output. */
const kindName = z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, 'lower-case letters, digits, _ and -, at most 32');

/** A pattern, which the JSON Schema shows to producers in other languages, and a sentence for those who use this one. */
const named = (pattern: RegExp, findProblem: (text: string) => string | undefined) =>
  z.string().regex(pattern, { error: ({ input }) => findProblem(String(input)) });

/** An object in Storage. */
const sourceObject = z.strictObject({
  bucket: named(BUCKET_PATTERN, findBucketProblem),
  path: named(OBJECT_KEY_PATTERN, findObjectKeyProblem),
  /** In bytes. This and the rest: what the producer proved of it; a worker refuses a source that differs. */
  size: z.int().min(0).optional(),
  /** As Storage gave it, without quotes. */
  etag: z.string().min(1).max(1000).optional(),
  /** Of the content, 64 hex digits. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 hex digits')
    .optional(),
});

export const videoProcessPayload = z.strictObject({
  version: z.literal(PAYLOAD_VERSION),
  // Any uuid that PostgreSQL takes: ids that a seed made up have no version of an RFC.
  videoId: z.guid(),
  /** The Supabase Auth user the video belongs to; left out, it is whoever uploaded the source. */
  ownerId: z.guid().optional(),
  /** First segment of the results' keys. */
  project: projectName,
  /** What to make; left out, what the worker is set to. */
  outputs: z.array(kindName).min(1).optional(),
  /** How to weigh time against quality; left out, as the worker is set to. */
  profile: kindName.optional(),
  source: sourceObject,
});

/** The payload of a `video.process` job. */
export type VideoProcessPayload = z.infer<typeof videoProcessPayload>;

export type { PublishedOutput };

/** What a finished `video.process` job returns. A rejected file is a finished job: trying again would not help. */
export interface VideoProcessResult {
  readonly videoId: string;
  /** `processed`: encoded; `remuxed`: copied, it was web-ready; `rejected`: no video that can be made playable. */
  readonly outcome: 'processed' | 'remuxed' | 'rejected';
  /** Why a file was rejected, as a stable code. */
  readonly code?: string | undefined;
  /** Why a file was rejected, copied or encoded, in words its uploader understands. */
  readonly reason?: string | undefined;
  readonly outputs: readonly PublishedOutput[];
}

/** What a running job reports, at most once a second. */
export type VideoProgress = StepProgress;

/** The one job of a video. */
export const jobIdOf = (videoId: string): string => `video-${videoId}`;

const DAY_SECONDS = 86_400;

/** What a producer needs to know to add a `video.process` job. */
export const videoProcessContract: JobContract<VideoProcessPayload> = {
  name: VIDEO_PROCESS,
  jobId: ({ videoId }) => jobIdOf(videoId),
  policy: {
    retries: { attempts: 3, backoffMs: 10_000 },
    keepCompleted: { age: 7 * DAY_SECONDS, count: 1000 },
    keepFailed: { age: 30 * DAY_SECONDS, count: 5000 },
  },
};

/**
 * The id of a video whose producer gave it none: the same source object always has the same one. A UUID of version 8
 * (RFC 9562 section 5.8) made from the source's bucket and path.
 */
export function videoIdOf(source: { readonly bucket: string; readonly path: string }): string {
  const digest = createHash('sha256').update(`${source.bucket}/${source.path}`).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString('hex').slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
