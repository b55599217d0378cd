/** What a `video.part` job carries: one part of a long video, for whichever worker is free. Workers make it, nobody else. */
import { videoProcessPayload } from '@supabase-media/client/contract';
import { savedPicture } from '@supabase-media/media/saved-results';
import type { JobContract } from '@supabase-media/queue/job-type';
import { z } from 'zod';
import { VIDEO_PART_POLICY } from './policy.ts';

export const VIDEO_PART = 'video.part';

const { videoId, project } = videoProcessPayload.shape;
const percent = z.number().min(0).max(100);
const side = z.int().min(2).max(100_000);

/** Names one splitting of one video: a later one has nothing to do with it. */
export const splitId = z.string().regex(/^[0-9a-f]{12}$/);

/** 64 hex digits. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const videoPartPayload = z.strictObject({
  version: z.literal(1),
  videoId,
  project,
  /** The job that waits for this one. */
  jobId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/),
  split: splitId,
  /** From 1. */
  part: z.int().min(1).max(10_000),
  parts: z.int().min(2).max(10_000),
  /** Of what was cut out of the source: its size, its content, its frames. */
  bytes: z.int().min(1),
  sha256,
  frames: z.int().min(1),
  /** From the first frame of the video to its own. */
  sinceSeconds: z.number().min(0).max(1e7),
  /** How it is encoded; the same for all parts, whatever the worker that takes one is set to. */
  encode: z.strictObject({
    source: savedPicture,
    target: z.strictObject({ width: side, height: side }),
    policy: z.strictObject({
      maxInputPixels: z.int().min(1),
      video: z.strictObject({
        preset: z.string().regex(/^[a-z]{1,20}$/),
        crf: z.number().min(0).max(51),
        maxRate: z.int().min(1),
        keyframeSeconds: z.number().min(0.1).max(100),
      }),
    }),
  }),
  /** What the row shows while it is encoded. */
  percent: z.strictObject({ from: percent, to: percent }),
  /** That a worker made it: `provePart`. */
  proof: z.string().max(100),
});

/** The payload of a `video.part` job. */
export type VideoPartPayload = z.infer<typeof videoPartPayload>;

/** What it returns. */
export const videoPartResult = z.object({ bytes: z.int().min(1), sha256, frames: z.int().min(1) });

export type VideoPartResult = z.infer<typeof videoPartResult>;

export const partJobId = ({ jobId, split, part }: Pick<VideoPartPayload, 'jobId' | 'split' | 'part'>): string =>
  `${jobId}-${split}-${part}`;

export const videoPartContract: JobContract<VideoPartPayload> = {
  name: VIDEO_PART,
  jobId: partJobId,
  policy: VIDEO_PART_POLICY,
};
