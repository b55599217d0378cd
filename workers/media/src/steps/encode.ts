/** The encode step: a plan's MP4 and its poster, both verified, as files of a folder. */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeMp4 } from '../ffmpeg/encode.ts';
import { makePoster } from '../ffmpeg/make-poster.ts';
import { type MediaSummary, summarize } from '../ffmpeg/media-summary.ts';
import type { EncodeProgress } from '../ffmpeg/progress.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { ConvertPlan, Reason } from '../media/plan.ts';
import type { MediaWarning } from '../media/plan-warnings.ts';
import type { Rejection } from '../media/rejections.ts';
import type { LocalOutput } from './publish.ts';

export interface EncodeStepOptions {
  readonly plan: ConvertPlan;
  /** The probed file, under a name that says nothing. */
  readonly inputPath: string;
  /** An existing folder; `video.mp4` and `poster.jpg` appear in it when they are whole. */
  readonly outDir: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
}

/** What a plan became. Truncated files show only now: then it is a rejection. */
export type EncodeStepResult =
  | {
      readonly outcome: 'processed' | 'remuxed';
      readonly reasons: readonly Reason[];
      readonly warnings: readonly MediaWarning[];
      readonly output: MediaSummary | undefined;
      readonly outputs: readonly LocalOutput[];
    }
  | { readonly outcome: 'rejected'; readonly rejection: Rejection };

/**
 * Makes the MP4 and the poster.
 *
 * @throws {MediaError} as `encodeMp4` and `makePoster` do; no output is left then.
 */
export async function encodeOutputs(options: EncodeStepOptions): Promise<EncodeStepResult> {
  const { plan, tools, signal, outDir } = options;
  const videoPath = join(outDir, 'video.mp4');
  const encoded = await encodeMp4({
    plan,
    inputPath: options.inputPath,
    outputPath: videoPath,
    tools,
    signal,
    onProgress: options.onProgress,
  });
  if (encoded.outcome === 'rejected') return encoded;
  try {
    const poster = await makePoster({
      videoPath,
      info: encoded.output,
      outputPath: join(outDir, 'poster.jpg'),
      tools,
      policy: plan.policy,
      signal,
    });
    const output = summarize(encoded.output);
    const video: LocalOutput = {
      kind: 'video',
      path: videoPath,
      contentType: 'video/mp4',
      bytes: (await stat(videoPath)).size,
      width: output?.width,
      height: output?.height,
      durationSeconds: output?.durationSeconds,
    };
    return {
      outcome: encoded.outcome,
      reasons: encoded.reasons,
      warnings: encoded.warnings,
      output,
      outputs: [video, { kind: 'poster', contentType: 'image/jpeg', ...poster }],
    };
  } catch (error) {
    await rm(videoPath, { force: true });
    throw error;
  }
}

/** Why a file was copied or encoded, in one sentence for a person. */
export function explainOutcome(outcome: 'processed' | 'remuxed', reasons: readonly Reason[]): string {
  const why = reasons.map((reason) => reason.detail).join('; ');
  return outcome === 'remuxed' ? `Copied without encoding: ${why}.` : `Encoded: ${why}.`;
}
