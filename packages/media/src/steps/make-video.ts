/** Probe, plan and encode: from a file that may be anything to the verified MP4 and its poster, or to a rejection. */

import type { RunStep } from '@supabase-media/core/step-runner';
import { probeMedia } from '../ffmpeg/probe.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { ProbeResult } from '../plan/media-info.ts';
import { type ConvertPlan, planProcessing } from '../plan/plan.ts';
import type { Rejection } from '../plan/rejections.ts';
import type { MediaSettings } from '../plan/settings.ts';
import { describeEncoded, describePlan, describeProbe } from './describe.ts';
import { type EncodedVideo, encodeVideo } from './encode.ts';

export interface MakeVideoOptions {
  /** Without an extension: a name must not tell ffmpeg what a file is. It is only read. */
  readonly inputPath: string;
  /** `video.mp4` and `poster.jpg` appear in it. */
  readonly outDir: string;
  readonly settings: MediaSettings;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  readonly runStep: RunStep<'probe' | 'plan' | 'encode'>;
  /** Told before anything is made by it. */
  readonly onPlan: (plan: ConvertPlan) => void | Promise<void>;
  /** Runs the encode when it is its turn; at once unless given. */
  readonly waitForTurn?: <T>(encode: () => Promise<T>) => Promise<T>;
  /** Told how many seconds of video one second of encoding made. */
  readonly onSpeed?: ((speed: number) => void) | undefined;
}

/** A file that is no usable video is an outcome, not an error. */
export type MadeVideo =
  | { readonly probe: ProbeResult; readonly rejection: Rejection }
  | { readonly probe: ProbeResult; readonly encoded: EncodedVideo };

/** @throws {MediaError} as the probe and the encode do; no output is left then. */
export async function makeVideo(options: MakeVideoOptions): Promise<MadeVideo> {
  const { inputPath, outDir, settings, tools, signal, runStep } = options;
  const waitForTurn = options.waitForTurn ?? ((encode) => encode());
  const probe = await runStep('probe', async () => {
    const value = await probeMedia({ inputPath, tools, maxPixels: settings.policy.maxInputPixels, signal });
    return { value, summary: describeProbe(value) };
  });
  const plan = await runStep('plan', async () => {
    const value = planProcessing(probe, settings.policy);
    return { value, summary: describePlan(value) };
  });
  if (plan.action === 'reject') return { probe, rejection: plan.rejection };
  await options.onPlan(plan);
  const encoded = await waitForTurn(() =>
    runStep('encode', async (report) => {
      const began = performance.now();
      const value = await encodeVideo({
        plan,
        outputs: settings.outputs,
        inputPath,
        outDir,
        tools,
        signal,
        onProgress: ({ percent, ...more }) => report((percent ?? 0) / 100, more),
      });
      if (value.outcome === 'processed')
        options.onSpeed?.((value.info.durationSeconds * 1000) / (performance.now() - began));
      return { value, summary: describeEncoded(value) };
    }),
  );
  return encoded.outcome === 'rejected' ? { probe, rejection: encoded.rejection } : { probe, encoded };
}
