/** One file of this machine, probed, planned and encoded: what `media process` does, without queue or Storage. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@supabase-media/core/log';
import { createStepRunner, type InSpan, type StepProgress } from '@supabase-media/core/step-runner';
import { linkNeutralInput } from './ffmpeg/input-file.ts';
import type { MediaTools } from './ffmpeg/tools.ts';
import { fileSteps } from './file-steps.ts';
import { outputsOf } from './outputs/catalog.ts';
import { type LocalOutput, type OutputSummary, removeOutputs, summarizeOutput } from './outputs/output.ts';
import { deriveOutputs, makeVideo } from './pipeline.ts';
import type { ProbeResult } from './plan/media-info.ts';
import { type MediaSummary, summarize } from './plan/media-summary.ts';
import { type ConvertPlan, explainOutcome, type Outcome, type Reason } from './plan/plan.ts';
import type { MediaWarning } from './plan/plan-warnings.ts';
import type { Rejection } from './plan/rejections.ts';
import type { MediaSettings } from './plan/settings.ts';

export interface ProcessFileOptions {
  /** Any ordinary file under any name. It is only read. */
  readonly file: string;
  /** Where the results go; made when absent. */
  readonly outDir: string;
  readonly settings: MediaSettings;
  readonly tools: MediaTools;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  /** Wraps each step, for traces; unless told, nothing does. */
  readonly inSpan?: InSpan | undefined;
  readonly onProgress?: ((progress: StepProgress) => void) | undefined;
  /** Told when the MP4 and the poster are verified and have their names, before anything is made of them. */
  readonly onVideo?: ((outputs: readonly LocalOutput[]) => void) | undefined;
}

/** What became of a file. */
export interface ProcessFileResult {
  readonly outcome: Outcome;
  /** Of a rejection, its code; else the code of the first reason. */
  readonly code: string;
  /** One sentence for a person. */
  readonly reason: string;
  readonly reasons: readonly Pick<Reason, 'detail'>[];
  readonly warnings: readonly MediaWarning[];
  readonly input: MediaSummary | undefined;
  readonly output: MediaSummary | undefined;
  readonly outputs: readonly OutputSummary[];
  readonly ffmpegVersion: string;
}

/**
 * Processes one file. A file that is no usable video is an outcome (`rejected`), not an error.
 *
 * @throws {MediaError} as the probe, the encode and what is derived from it do; no output is left then.
 */
export async function processFile(options: ProcessFileOptions): Promise<ProcessFileResult> {
  const { tools, signal, log, settings, outDir } = options;
  const workDir = await mkdtemp(join(tmpdir(), 'media-process-'));
  let plan: ConvertPlan | undefined;
  const runStep = createStepRunner({
    steps: fileSteps({ outputs: settings.outputs, plan: () => plan }),
    log,
    onProgress: options.onProgress,
    inSpan: options.inSpan,
  });
  const pipeline = { settings, outDir, tools, signal, runStep };
  try {
    const inputPath = await linkNeutralInput(options.file, workDir);
    const onPlan = async (made: ConvertPlan) => {
      plan = made;
      await mkdir(outDir, { recursive: true });
    };
    const made = await makeVideo({ ...pipeline, inputPath, onPlan });
    if ('rejection' in made) return rejectedResult(made.rejection, made.probe, tools);
    const { probe, encoded } = made;
    options.onVideo?.(encoded.outputs);
    const hasMore = outputsOf(settings.outputs, 'derive').length > 0;
    const derived = hasMore
      ? await deriveOutputs({ ...pipeline, ...made }).catch(async (error: unknown) => {
          // All or nothing: of a file of this machine, nothing was published yet.
          await removeOutputs(encoded.outputs);
          await rm(encoded.videoPath, { force: true });
          throw error;
        })
      : { outputs: [], warnings: encoded.warnings };
    if (!settings.outputs.includes('video')) await rm(encoded.videoPath, { force: true });
    return {
      outcome: encoded.outcome,
      code: encoded.reasons[0]?.code ?? encoded.outcome,
      reason: explainOutcome(encoded.outcome, encoded.reasons),
      reasons: encoded.reasons,
      warnings: derived.warnings,
      input: summarize(probe),
      output: summarize(encoded.info),
      outputs: [...encoded.outputs, ...derived.outputs].map(summarizeOutput),
      ffmpegVersion: tools.ffmpeg.version,
    };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

function rejectedResult(rejection: Rejection, probe: ProbeResult, tools: MediaTools): ProcessFileResult {
  const { code, reason, detail } = rejection;
  return {
    outcome: 'rejected',
    code,
    reason,
    reasons: [{ detail: detail ?? reason }],
    warnings: [],
    input: summarize(probe),
    output: undefined,
    outputs: [],
    ffmpegVersion: tools.ffmpeg.version,
  };
}
