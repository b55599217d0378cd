/**
 * What the structure of the code is measured by: limits, routes through the code, and features whose cost is counted.
 * Adapt a route here when the code on it changes; `npm run structure` verifies every hop.
 */
import type { Hop } from './check-route.ts';
import type { Feature } from './count-mentions.ts';

const JOB = 'workers/media/src/jobs/video-process';
const STORY = `${JOB}/process.ts`;
const STEPS = 'packages/media/src/steps';
const FFMPEG = 'packages/media/src/ffmpeg';
const STORAGE = 'packages/storage/src';
const PROTOCOL = 'packages/upload-protocol/src';

/** What a reader opens who follows a `video.process` job from the source in Storage to the results in Storage. */
export const JOURNEY: readonly Hop[] = [
  [STORY, 'findFinalStatus', `${JOB}/record-outcome.ts`],
  [STORY, 'reserveDisk', `${JOB}/reserve-disk.ts`],
  [STORY, 'withRunDirectory', 'workers/media/src/work-disk/work-directory.ts'],
  [STORY, 'restoreRun', `${JOB}/restore.ts`],
  [STORY, 'saveCheckpoint', 'packages/queue/src/job-runner.ts'],
  [STORY, 'settingsKey', `${JOB}/checkpoint.ts`],
  [STORY, 'downloadSource', `${JOB}/download-source.ts`],
  [`${JOB}/download-source.ts`, 'downloadFile', `${STORAGE}/download.ts`],
  [STORY, 'encodeSource', `${JOB}/encode-source.ts`],
  [`${JOB}/encode-source.ts`, 'makeVideo', `${STEPS}/make-video.ts`],
  [`${STEPS}/make-video.ts`, 'probeMedia', `${FFMPEG}/probe.ts`],
  [`${FFMPEG}/probe.ts`, 'scanPackets', `${FFMPEG}/probe-passes.ts`],
  [`${FFMPEG}/probe-passes.ts`, 'runFfprobe', `${FFMPEG}/run-ffprobe.ts`],
  [`${STEPS}/make-video.ts`, 'planProcessing', 'packages/media/src/plan/plan.ts'],
  [`${STEPS}/make-video.ts`, 'encodeVideo', `${STEPS}/encode.ts`],
  [`${STEPS}/encode.ts`, 'encodeMp4', `${FFMPEG}/encode.ts`],
  [`${FFMPEG}/encode.ts`, 'runFfmpeg', `${FFMPEG}/run-ffmpeg.ts`],
  [`${FFMPEG}/run-ffmpeg.ts`, 'runProcess', `${FFMPEG}/run-process.ts`],
  [`${FFMPEG}/encode.ts`, 'verifyOutput', `${FFMPEG}/verify.ts`],
  [`${STEPS}/encode.ts`, 'makePoster', `${FFMPEG}/make-poster.ts`],
  [STORY, 'publishResults', `${JOB}/publish-results.ts`],
  [`${JOB}/publish-results.ts`, 'publishOutputs', `${JOB}/publish.ts`],
  [`${JOB}/publish.ts`, 'uploadFile', `${STORAGE}/uploader.ts`],
  [`${STORAGE}/uploader.ts`, 'sendUntilStored', `${STORAGE}/send-until-stored.ts`],
  [`${STORAGE}/uploader.ts`, 'finishUpload', `${STORAGE}/finish-upload.ts`],
  [`${STORAGE}/finish-upload.ts`, 'verifyUpload', `${STORAGE}/verify-upload.ts`],
  [STORY, 'deriveResults', `${STEPS}/derive-results.ts`],
  [`${STEPS}/derive-results.ts`, 'deriveOutputs', `${STEPS}/derive.ts`],
  [`${STEPS}/derive.ts`, 'makeStoryboard', `${FFMPEG}/make-storyboard.ts`],
  [`${STEPS}/derive.ts`, 'makeHls', `${FFMPEG}/make-hls.ts`],
  [`${STEPS}/derive-results.ts`, 'writeInfo', `${STEPS}/write-info.ts`],
  [`${JOB}/record-outcome.ts`, 'recordFinalStatus', 'packages/database/src/videos.ts'],
];

/** From the story to the call that starts ffmpeg, hop by hop. */
export const SPAWN: readonly Hop[] = [
  [STORY, 'encodeSource', `${JOB}/encode-source.ts`],
  [`${JOB}/encode-source.ts`, 'makeVideo', `${STEPS}/make-video.ts`],
  [`${STEPS}/make-video.ts`, 'encodeVideo', `${STEPS}/encode.ts`],
  [`${STEPS}/encode.ts`, 'encodeMp4', `${FFMPEG}/encode.ts`],
  [`${FFMPEG}/encode.ts`, 'runFfmpeg', `${FFMPEG}/run-ffmpeg.ts`],
  [`${FFMPEG}/run-ffmpeg.ts`, 'runProcess', `${FFMPEG}/run-process.ts`],
  [`${FFMPEG}/run-process.ts`, 'spawn', 'node:child_process'],
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
  users: ['apps/web/src/page/', 'tools/docs/src/structure/'],
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
export const PENDING: readonly MeasureName[] = [
  "files on the worker's journey",
  'hops from the story to spawn',
  'lines of TypeScript outside tests',
];
