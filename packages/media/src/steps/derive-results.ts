/** All that is made of the MP4, as one step: storyboard, HLS, and the file that says what was made. */

import type { RunStep } from '@supabase-media/core/step-runner';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { ProbeResult } from '../plan/media-info.ts';
import type { MediaSettings } from '../plan/settings.ts';
import { deriveOutputs } from './derive.ts';
import { describeOutputs } from './describe.ts';
import type { EncodedVideo } from './encode.ts';
import type { LocalOutput } from './local-output.ts';
import { writeInfo } from './write-info.ts';

export interface DeriveResultsOptions {
  readonly probe: ProbeResult;
  readonly encoded: EncodedVideo;
  readonly settings: MediaSettings;
  readonly outDir: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  readonly runStep: RunStep<'derive'>;
}

/** @throws {MediaError} as `deriveOutputs` does; of what was being made, no file is left then. */
export function deriveResults(options: DeriveResultsOptions): Promise<readonly LocalOutput[]> {
  const { probe, encoded, settings, outDir, tools, signal } = options;
  const { outputs, policy, profile } = settings;
  return options.runStep('derive', async (report) => {
    const derived = await deriveOutputs({
      encoded,
      outputs,
      policy,
      outDir,
      tools,
      signal,
      onProgress: ({ percent, ...more }) => report((percent ?? 0) / 100, more),
    });
    const info = outputs.includes('info') ? [await writeInfo({ outDir, profile, probe, encoded, derived, tools })] : [];
    return { value: [...derived.outputs, ...info], summary: describeOutputs(derived.outputs) };
  });
}
