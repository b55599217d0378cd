/**
 * Brings a split video to its end, as far as this run can: encodes its sound, waits for its parts, joins them. What cannot
 * be joined is encoded in one piece, with the reason in the log.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import { encodeSound } from '@supabase-media/media/encode-part';
import { joinParts } from '@supabase-media/media/join-parts';
import type { EncodedVideo, MakeMp4, PlannedVideo } from '@supabase-media/media/pipeline';
import { type VideoPartPayload, videoPartContract, videoPartResult } from '../../video-part/contract.ts';
import { keysOf, soundKey } from '../../video-part/part-keys.ts';
import { fetchPart, sendPart } from '../../video-part/transfer.ts';
import { INPUT_NAME } from '../checkpoint.ts';
import { checksumFile } from '../file-checksums.ts';
import { percentOf } from '../steps.ts';
import type { VideoRun } from '../video-run.ts';
import { partJobs } from './part-jobs.ts';
import type { SavedSplit } from './saved-split.ts';
import { SENT_SHARE } from './start-split.ts';

export interface ContinueSplitOptions {
  readonly planned: PlannedVideo;
  /** With its parts. */
  readonly split: SavedSplit;
  readonly save: (split: SavedSplit) => Promise<void>;
  /** Brings the source here, unless it is here. */
  readonly needSource: () => Promise<void>;
  /** Makes the outputs that are made with the MP4, and says what came of both. */
  readonly make: (makeMp4: MakeMp4) => Promise<EncodedVideo>;
}

/** `waits`: other jobs have to end first. */
export type ContinuedSplit = 'waits' | { readonly encoded: EncodedVideo } | { readonly whole: string };

const SOUND_NAME = 'sound.mp4';

/** The parts do not make up the video, or one of them cannot be had: one encode can do without them. */
const GIVES_UP: ReadonlySet<string> = new Set(['output_invalid', 'ffmpeg_failed', 'part_changed', 'object_missing']);

/** @throws {MediaError} what ffmpeg, Storage and the queue answer, where another run may fare better. */
export async function continueSplit(run: VideoRun, options: ContinueSplitOptions): Promise<ContinuedSplit> {
  const { context, services, payload } = run;
  const { children } = context;
  if (children === undefined) return { whole: 'there is no queue' };
  const { planned, split } = options;
  const jobs = partJobs({
    payload,
    jobId: context.jobId,
    split,
    plan: planned.plan,
    percent: { from: percentOf(run.steps, 'encode', SENT_SHARE), to: percentOf(run.steps, 'encode', 1) },
    serviceRoleKey: services.storage.serviceRoleKey,
  });
  const states = await children.read(jobs.map(videoPartContract.jobId));
  const failed = states.findIndex(({ state }) => state === 'failed');
  const failure = states[failed];
  if (failure?.state === 'failed') return { whole: `part ${failed + 1} of ${jobs.length} failed (${failure.why})` };
  const missing = jobs.filter((_, index) => states[index]?.state === 'missing');
  await children.add(videoPartContract, missing);
  try {
    const sound = await ensureSound(run, options);
    if (states.some(({ state }) => state !== 'done')) return 'waits';
    const results = states.map((state) => videoPartResult.parse(state.state === 'done' ? state.result : undefined));
    return { encoded: await joinAll(run, options, { jobs, results, sound }) };
  } catch (error) {
    if (!(error instanceof MediaError) || !GIVES_UP.has(error.code)) throw error;
    return { whole: error.message };
  }
}

/** The sound is encoded while others encode the parts. @returns undefined of a video without. */
async function ensureSound(run: VideoRun, { planned, split, save, needSource }: ContinueSplitOptions) {
  if (planned.plan.audio === 'none' || split.sound !== undefined) return split.sound;
  const { services, context, payload, runStep, runDirectory } = run;
  const { signal } = context;
  const { directory } = runDirectory;
  await needSource();
  return services.slots.encodes.run(signal, () =>
    runStep('encode', async () => {
      const outputPath = join(directory, SOUND_NAME);
      const { plan } = planned;
      await encodeSound({ plan, inputPath: join(directory, INPUT_NAME), outputPath, tools: services.tools, signal });
      const { bytes, sha256 } = await checksumFile(directory, SOUND_NAME, signal);
      await sendPart(services, { path: soundKey({ ...payload, split: split.id }), file: outputPath, signal });
      await rm(outputPath, { force: true });
      const value = { bytes, sha256 };
      await save({ ...split, sound: value });
      return { value, summary: 'the sound; the picture is encoded in parts' };
    }),
  );
}

interface Join {
  readonly jobs: readonly VideoPartPayload[];
  readonly results: readonly { readonly sha256: string; readonly frames: number }[];
  readonly sound: { readonly sha256: string } | undefined;
}

async function joinAll(run: VideoRun, options: ContinueSplitOptions, { jobs, results, sound }: Join) {
  const { services, context, payload, runDirectory, log } = run;
  const { signal } = context;
  const { directory } = runDirectory;
  const parts: { path: string; frames: number }[] = [];
  const soundPath = sound && join(directory, SOUND_NAME);
  try {
    return await options.make(async ({ inputPath: _, limits: __, ...mp4 }) => {
      await services.slots.transfers.run(signal, async () => {
        for (const [index, { sha256, frames }] of results.entries()) {
          const job = jobs[index];
          if (job === undefined) continue;
          const file = join(directory, `encoded-${job.part}`);
          parts.push({ path: file, frames });
          await fetchPart(services, { path: keysOf(job).encoded, file, sha256, signal });
        }
        if (sound !== undefined && soundPath !== undefined) {
          const path = soundKey({ ...payload, split: options.split.id });
          await fetchPart(services, { path, file: soundPath, sha256: sound.sha256, signal });
        }
      });
      const joined = await joinParts({ ...mp4, parts, soundPath });
      log.info({ event: 'split.joined', parts: parts.length }, `Joined ${parts.length} parts`);
      return joined;
    });
  } finally {
    for (const path of [...parts.map((part) => part.path), ...(soundPath === undefined ? [] : [soundPath])])
      await rm(path, { force: true });
  }
}
