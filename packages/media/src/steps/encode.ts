/** The encode step: a plan's MP4 and its poster, both verified, as files of a folder. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeMp4 } from '../ffmpeg/encode.ts';
import { makePoster } from '../ffmpeg/make-poster.ts';
import type { EncodeProgress } from '../ffmpeg/progress.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { MediaInfo } from '../plan/media-info.ts';
import type { OutputKind } from '../plan/outputs.ts';
import type { ConvertPlan, Reason } from '../plan/plan.ts';
import type { MediaWarning } from '../plan/plan-warnings.ts';
import type { Rejection } from '../plan/rejections.ts';
import { describeFile, type LocalOutput } from './local-output.ts';

export interface EncodeStepOptions {
  readonly plan: ConvertPlan;
  /** What is to be shown in the end; the MP4 is made in any case. */
  readonly outputs: readonly OutputKind[];
  /** The probed file, under a name that says nothing. */
  readonly inputPath: string;
  /** An existing folder; `video.mp4` and `poster.jpg` appear in it when they are whole. */
  readonly outDir: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
}

/** An MP4 that passed its checks. */
export interface EncodedVideo {
  readonly outcome: 'processed' | 'remuxed';
  readonly reasons: readonly Reason[];
  readonly warnings: readonly MediaWarning[];
  /** The MP4 and its own probe: what everything else is made of. */
  readonly videoPath: string;
  readonly info: MediaInfo;
  /** Of `video` and `poster`, those that were asked for. */
  readonly outputs: readonly LocalOutput[];
}

/** What a plan became. Truncated files show only now: then it is a rejection. */
export type EncodeStepResult = EncodedVideo | { readonly outcome: 'rejected'; readonly rejection: Rejection };

export const VIDEO_NAME = 'video.mp4';
export const POSTER_NAME = 'poster.jpg';

/**
 * Makes the MP4 and the poster.
 *
 * @throws {MediaError} as `encodeMp4` and `makePoster` do; no output is left then.
 */
export async function encodeVideo(options: EncodeStepOptions): Promise<EncodeStepResult> {
  const videoPath = join(options.outDir, VIDEO_NAME);
  const encoded = await encodeMp4({ ...options, outputPath: videoPath });
  if (encoded.outcome === 'rejected') return encoded;
  try {
    const { video } = encoded.output;
    const size = { width: video?.displayWidth, height: video?.displayHeight };
    const durationSeconds = Math.round(encoded.output.durationSeconds * 1000) / 1000;
    const outputs: LocalOutput[] = [];
    if (options.outputs.includes('video')) {
      outputs.push({ kind: 'video', ...(await describeFile(options.outDir, VIDEO_NAME)), ...size, durationSeconds });
    }
    if (options.outputs.includes('poster')) outputs.push(await addPoster(options, videoPath, encoded.output));
    const { outcome, reasons, warnings } = encoded;
    return { outcome, reasons, warnings, videoPath, info: encoded.output, outputs };
  } catch (error) {
    await rm(videoPath, { force: true });
    throw error;
  }
}

async function addPoster(options: EncodeStepOptions, videoPath: string, info: MediaInfo): Promise<LocalOutput> {
  const { outDir, tools, signal, plan } = options;
  const outputPath = join(outDir, POSTER_NAME);
  const { width, height } = await makePoster({ videoPath, info, outputPath, tools, policy: plan.policy, signal });
  return { kind: 'poster', ...(await describeFile(outDir, POSTER_NAME)), width, height };
}

/** Why a file was copied or encoded, in one sentence for a person. */
export function explainOutcome(outcome: 'processed' | 'remuxed', reasons: readonly Reason[]): string {
  const why = reasons.map((reason) => reason.detail).join('; ');
  return outcome === 'remuxed' ? `Copied without encoding: ${why}.` : `Encoded: ${why}.`;
}
