/** Splits a long video: cuts the source, sends the parts, and adds their jobs. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runLimited } from '@supabase-media/core/run-limited';
import { cutSource } from '@supabase-media/media/cut-source';
import type { PlannedVideo } from '@supabase-media/media/pipeline';
import type { ConvertPlan } from '@supabase-media/media/plan';
import { decideSplit, isLong } from '@supabase-media/media/split';
import { cutKey } from '../../video-part/part-keys.ts';
import { sendPart } from '../../video-part/transfer.ts';
import { INPUT_NAME } from '../checkpoint.ts';
import { checksumFile } from '../file-checksums.ts';

import type { VideoRun } from '../video-run.ts';
import { removeParts } from './remove-parts.ts';
import type { SavedSplit } from './saved-split.ts';

export interface StartSplitOptions {
  readonly planned: PlannedVideo;
  /** Keeps what was done so far. */
  readonly save: (split: SavedSplit) => Promise<void>;
}

const PARTS_FOLDER = 'parts';
const UPLOADS_AT_A_TIME = 4;

/** Of the encode step: cutting and sending take little beside encoding. */
export const SENT_SHARE = 0.05;

/**
 * Splits a video where that is worth it, safe, and another worker has nothing to do. Says in the log why a long one is
 * encoded in one piece.
 *
 * @returns what was saved of it, with its parts; undefined where the video is encoded in one piece.
 * @throws {MediaError} what ffmpeg, Storage and the queue answer.
 */
export async function startSplit(run: VideoRun, options: StartSplitOptions): Promise<SavedSplit | undefined> {
  const { services, context, payload, log } = run;
  const { children, signal } = context;
  const { limits } = services.config.worker.split;
  const { plan } = options.planned;
  if (children === undefined || !maySplit(run, plan)) return undefined;
  // Of an earlier job, which the queue has lost.
  await removeParts(services, payload, signal);
  const decision = decideSplit(plan, { idleWorkers: await children.countIdleWorkers(), limits });
  const made = 'whole' in decision ? decision : await cutAndSend(run, options, decision.cuts);
  if (!('whole' in made)) return made;
  log.info({ event: 'split.whole', why: made.whole }, `Encoding in one piece: ${made.whole}`);
  return undefined;
}

/** Whether a video takes one worker so long that others are asked for help. */
export function maySplit({ services: { tools, config }, context }: VideoRun, plan: ConvertPlan): boolean {
  const { afterSeconds } = config.worker.split;
  return afterSeconds !== undefined && context.children !== undefined && isLong({ plan, tools, afterSeconds });
}

async function cutAndSend(
  run: VideoRun,
  { planned, save }: StartSplitOptions,
  cuts: readonly number[],
): Promise<SavedSplit | { readonly whole: string }> {
  const { services, context, payload, runDirectory, space, runStep } = run;
  const { signal } = context;
  const { plan, probe } = planned;
  const folder = join(runDirectory.directory, PARTS_FOLDER);
  const { mostSeconds } = services.config.worker.split.limits;
  await mkdir(folder);
  try {
    const inputPath = join(runDirectory.directory, INPUT_NAME);
    const cut = await cutSource({ plan, inputPath, folder, cuts, mostSeconds, tools: services.tools, signal });
    if ('whole' in cut) return cut;
    const { parts } = cut;
    const largest = Math.max(...parts.map(({ bytes }) => bytes));
    if (largest > (space.maxFileBytes ?? Infinity))
      return { whole: `a part of ${largest} bytes is too large for Storage` };
    const split: SavedSplit = { id: randomBytes(6).toString('hex'), probe };
    await save(split);
    return await runStep('encode', async (report) => {
      const stored = new Map<string, { bytes: number; sha256: string }>();
      await services.slots.transfers.run(signal, () =>
        runLimited({
          items: [...parts.entries()],
          limit: UPLOADS_AT_A_TIME,
          signal,
          work: async ([index, { path }], either) => {
            const { bytes, sha256 } = await checksumFile(folder, basename(path), either);
            const key = cutKey({ ...payload, split: split.id }, index + 1);
            await sendPart(services, { path: key, file: path, signal: either });
            await rm(path);
            stored.set(path, { bytes, sha256 });
            report((SENT_SHARE * stored.size) / parts.length);
          },
        }),
      );
      const saved = parts.map(({ path, frames, sinceSeconds }) => {
        const { bytes = 0, sha256 = '' } = stored.get(path) ?? {};
        return { bytes, sha256, frames, sinceSeconds };
      });
      const value = { ...split, parts: saved };
      await save(value);
      return { value, summary: `split into ${parts.length} parts for other workers` };
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
