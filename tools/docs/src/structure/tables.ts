/**
 * What the structure of the code is measured by: limits, routes through the code, and features whose cost is counted.
 * Adapt a route here when the code on it changes; `npm run structure` verifies every hop.
 */
import type { Hop } from './check-route.ts';
import type { Feature } from './count-mentions.ts';

const JOB = 'workers/media/src/jobs/video-process';
const STORY = `${JOB}/process.ts`;
const MEDIA = 'packages/media/src';
const STORAGE = 'packages/storage/src';
const PROTOCOL = 'packages/upload-protocol/src';

/**
 * What a reader opens who follows a `video.process` job from the source in Storage to the results in Storage. One output
 * is enough: all have the same shape.
 */
export const JOURNEY: readonly Hop[] = [
  [STORY, 'findFinalStatus', `${JOB}/record.ts`],
  [STORY, 'reserveDisk', `${JOB}/restore.ts`],
  [STORY, 'withRunDirectory', 'workers/media/src/work-disk/work-directory.ts'],
  [STORY, 'restoreRun', `${JOB}/restore.ts`],
  [STORY, 'createCheckpointKeeper', `${JOB}/checkpoint.ts`],
  [STORY, 'settingsKey', `${JOB}/checkpoint.ts`],
  [STORY, 'downloadSource', `${JOB}/download.ts`],
  [`${JOB}/download.ts`, 'downloadFile', `${STORAGE}/download.ts`],
  [STORY, 'makePlanned', `${MEDIA}/pipeline.ts`],
  [`${MEDIA}/pipeline.ts`, 'probeMedia', `${MEDIA}/ffmpeg/probe.ts`],
  [`${MEDIA}/ffmpeg/probe.ts`, 'runFfprobe', `${MEDIA}/ffmpeg/run-process.ts`],
  [`${MEDIA}/pipeline.ts`, 'planProcessing', `${MEDIA}/plan/plan.ts`],
  [`${MEDIA}/pipeline.ts`, 'encodeMp4', `${MEDIA}/ffmpeg/encode.ts`],
  [`${MEDIA}/ffmpeg/encode.ts`, 'runFfmpeg', `${MEDIA}/ffmpeg/run-process.ts`],
  [`${MEDIA}/ffmpeg/encode.ts`, 'verifyOutput', `${MEDIA}/ffmpeg/verify.ts`],
  [STORY, 'publishOutputs', `${JOB}/publish.ts`],
  [`${JOB}/publish.ts`, 'uploadFile', `${STORAGE}/uploader.ts`],
  [`${STORAGE}/uploader.ts`, 'sendUntilStored', `${STORAGE}/send-until-stored.ts`],
  [STORY, 'deriveOutputs', `${MEDIA}/pipeline.ts`],
  [`${MEDIA}/pipeline.ts`, 'outputsOf', `${MEDIA}/outputs/catalog.ts`],
  [`${MEDIA}/outputs/catalog.ts`, 'hls', `${MEDIA}/outputs/hls.ts`],
  [STORY, 'recordReady', `${JOB}/record.ts`],
  [`${JOB}/record.ts`, 'recordFinalStatus', 'packages/database/src/videos.ts'],
];

/** From the story to the call that starts ffmpeg, hop by hop. */
export const SPAWN: readonly Hop[] = [
  [STORY, 'makePlanned', `${MEDIA}/pipeline.ts`],
  [`${MEDIA}/pipeline.ts`, 'encodeMp4', `${MEDIA}/ffmpeg/encode.ts`],
  [`${MEDIA}/ffmpeg/encode.ts`, 'runFfmpeg', `${MEDIA}/ffmpeg/run-process.ts`],
  [`${MEDIA}/ffmpeg/run-process.ts`, 'spawn', 'node:child_process'],
];

/**
 * What follows a `413 Request Entity Too Large`: `classify-answer.ts` tells Storage's from a proxy's, `decide-next-step.ts`
 * decides, the others do it. A browser's upload decides by the same files.
 */
export const TOO_LARGE: readonly Hop[] = [
  [`${STORAGE}/send-until-stored.ts`, 'decideNextStep', `${PROTOCOL}/decide-next-step.ts`],
  [`${PROTOCOL}/decide-next-step.ts`, 'Asked', `${PROTOCOL}/classify-answer.ts`],
  [`${STORAGE}/send-until-stored.ts`, 'shrink', `${STORAGE}/upload-resumable.ts`],
  [`${STORAGE}/upload-resumable.ts`, 'shrinkAfterRefusal', `${PROTOCOL}/chunk-plan.ts`],
];

/** The second job type. Outside its folder only the catalog names it. */
export const JOB_TYPE: Feature = {
  name: 'webhook.deliver',
  pattern: /webhook/i,
  own: ['workers/media/src/jobs/webhook'],
  users: ['tools/docs/src/structure/'],
};

/** The output that was added last. Outside its file only the catalog names it; the page only shows it. */
export const OUTPUT: Feature = {
  name: 'preview',
  pattern: /\bpreview\b/i,
  own: ['packages/media/src/outputs/preview'],
  // The benchmark's other worker stands for code that people write themselves.
  users: ['apps/web/src/page/', 'tools/bench/src/bench/processes/usual-worker.ts', 'tools/docs/src/structure/'],
};

/** The name of each measure and the most that it may be. */
export const LIMITS = {
  'imports across packages that are deep or relative': 0,
  'import circles between files': 0,
  'circles between packages, by dependencies': 0,
  'circles between packages, by imports outside tests': 0,
  'declared hops that the code does not confirm': 0,
  "files on the worker's journey": 20,
  'hops from the story to spawn': 4,
  'files for a 413': 5,
  'places that write 2 GiB': 1,
  'files changed to add a job type': 1,
  'files changed to add an output': 1,
  'lines of TypeScript outside tests': 35_600,
} as const;

export type MeasureName = keyof typeof LIMITS;

/** Measures over their limit that the test tolerates for now. Empty when the structure is as it should be. */
export const PENDING: readonly MeasureName[] = ['lines of TypeScript outside tests'];
