/** Requests and answers of `/api/videos`. Sizes in bytes, durations in seconds, times as ISO 8601 in UTC. */

import { LIST_MAX } from '@supabase-media/upload-protocol/limits';
import { z } from 'zod';
import { verified } from './uploads.ts';

export const VIDEO_STATUSES = ['queued', 'processing', 'ready', 'rejected', 'failed', 'canceled'] as const;

const time = z.iso.datetime();
const videoStatus = z.enum(VIDEO_STATUSES);

/** One result, with an address that works for as long as `urlExpiresAt` of the video says. */
export const videoOutput = z
  .object({
    kind: z.string().describe('What it is: video, poster, storyboard, hls and so on, as the worker was told to make.'),
    bucket: z.string(),
    path: z.string(),
    contentType: z.string(),
    bytes: z.number().min(0),
    files: z.number().optional(),
    width: z.number().optional(),
    height: z.number().optional(),
    durationSeconds: z.number().optional(),
    language: z.string().optional().describe('Of captions, in BCP 47; und when it is unknown.'),
    label: z.string().optional().describe('Of captions, for a menu.'),
    disposition: z.enum(['default', 'forced']).optional(),
    origin: z.literal('added').optional().describe('Of captions: somebody added them to the finished video.'),
    url: z.string().nullable().describe('Signed and short-lived; null in lists, and where Storage gave none.'),
  })
  .meta({ id: 'VideoOutput' });

export const video = z
  .object({
    id: z.guid(),
    project: z.string(),
    status: videoStatus,
    step: z.string().nullable(),
    progress: z.int().min(0).max(100).describe('Whole percent of all steps.'),
    waitingBefore: z
      .int()
      .min(0)
      .nullable()
      .describe('How many videos wait before this one; null where it does not wait, or nobody knows.'),
    outcome: z.enum(['processed', 'remuxed', 'rejected']).nullable(),
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable().describe('For users: what they can do, without words of operators.'),
    title: z
      .string()
      .nullable()
      .describe('As its owner named it; null: not yet, so the name of its file stands for it.'),
    fileName: z.string().nullable().describe('As uploaded; null where the video came another way.'),
    sourceBucket: z.string(),
    sourcePath: z.string(),
    sourceSize: z.number().nullable(),
    sourceSha256: z.string().nullable(),
    sourceVerified: verified.nullable().describe('How the source was compared with what its uploader had; null: not.'),
    facts: z.record(z.string(), z.unknown()),
    outputs: z.array(videoOutput),
    urlExpiresAt: time.nullable().describe('When the addresses of the outputs end; null where there are none.'),
    createdAt: time,
    updatedAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
  })
  .meta({ id: 'Video' });
export type Video = z.infer<typeof video>;

export const listVideosQuery = z.strictObject({
  before: time.optional().describe('Only videos made before it: the nextBefore of the last answer.'),
  limit: z.coerce.number().int().min(1).max(LIST_MAX).optional(),
});

export const videoList = z
  .object({
    videos: z.array(video).max(LIST_MAX).describe('Newest first.'),
    nextBefore: time.nullable().describe('For the next page; null at the end.'),
  })
  .meta({ id: 'VideoList' });
export type VideoList = z.infer<typeof videoList>;

/** The longest title, in characters: as long as the column allows. */
const TITLE_MAX = 200;

export const renameVideoRequest = z
  .strictObject({
    title: z
      .string()
      .max(TITLE_MAX)
      .nullable()
      .describe(`1 to ${TITLE_MAX} characters that can be shown, a letter or digit among them; null: as its file.`),
  })
  .meta({ id: 'RenameVideoRequest' });

export const retriedVideo = z
  .object({ id: z.guid(), jobState: z.enum(['created', 'existing', 'requeued']) })
  .meta({ id: 'RetriedVideo' });
export type RetriedVideo = z.infer<typeof retriedVideo>;

export const canceledVideo = z
  .object({
    id: z.guid(),
    state: z
      .enum(['canceled', 'canceling', 'finished', 'unknown'])
      .describe('canceled: it waits no more; canceling: a worker was told; finished: too late; unknown: no job.'),
  })
  .meta({ id: 'CanceledVideo' });
export type CanceledVideo = z.infer<typeof canceledVideo>;

export const deletedVideo = z.object({ id: z.guid(), deleted: z.literal(true) }).meta({ id: 'DeletedVideo' });
export type DeletedVideo = z.infer<typeof deletedVideo>;

/** The data of a `progress` event. */
export const videoProgressEvent = z
  .object({
    status: videoStatus,
    step: z.string().nullable(),
    percent: z.number().min(0).max(100),
    speed: z.number().optional().describe('Seconds of video a second, where the row tells enough to say so.'),
    etaSeconds: z.number().min(0).optional(),
  })
  .meta({ id: 'VideoProgressEvent' });
export type VideoProgressEvent = z.infer<typeof videoProgressEvent>;

/** The data of the `ended` event, the last of its stream. */
export const videoEndedEvent = z
  .object({
    status: videoStatus,
    outcome: z.enum(['processed', 'remuxed', 'rejected']).nullable(),
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable(),
  })
  .meta({ id: 'VideoEndedEvent' });
export type VideoEndedEvent = z.infer<typeof videoEndedEvent>;
