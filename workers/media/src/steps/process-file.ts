/** One file of this machine, probed, planned and encoded: what `media process` does, without queue or Storage. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkNeutralInput } from '../ffmpeg/input-file.ts';
import { type MediaSummary, summarize } from '../ffmpeg/media-summary.ts';
import { probeMedia } from '../ffmpeg/probe.ts';
import type { EncodeProgress } from '../ffmpeg/progress.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { ProbeResult } from '../media/media-info.ts';
import { type Outcome, planProcessing, type Reason } from '../media/plan.ts';
import type { MediaWarning } from '../media/plan-warnings.ts';
import { DEFAULT_POLICY } from '../media/policy.ts';
import type { Rejection } from '../media/rejections.ts';
import type { Log } from '../observability/logger.ts';
import { encodeOutputs, explainOutcome } from './encode.ts';
import type { LocalOutput } from './publish.ts';

export interface ProcessFileOptions {
  /** Any ordinary file under any name. It is only read. */
  readonly file: string;
  /** Where `video.mp4` and `poster.jpg` go; made when absent. */
  readonly outDir: string;
  readonly tools: MediaTools;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
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
  readonly outputs: readonly LocalOutput[];
  readonly ffmpegVersion: string;
}

/**
 * Processes one file. A file that is no usable video is an outcome (`rejected`), not an error.
 *
 * @throws {MediaError} as the probe and the encode do; no output is left then.
 */
export async function processFile(options: ProcessFileOptions): Promise<ProcessFileResult> {
  const { tools, signal, log, outDir } = options;
  const workDir = await mkdtemp(join(tmpdir(), 'media-process-'));
  try {
    log.info({ event: 'step.started', step: 'probe' }, 'Step 1/3: Probing');
    const inputPath = await linkNeutralInput(options.file, workDir);
    const probe = await probeMedia({ inputPath, tools, maxPixels: DEFAULT_POLICY.maxInputPixels, signal });

    log.info({ event: 'step.started', step: 'plan' }, 'Step 2/3: Planning');
    const plan = planProcessing(probe, DEFAULT_POLICY);
    if (plan.action === 'reject') return rejectedResult(plan.rejection, probe, tools);

    log.info(
      { event: 'step.started', step: 'encode' },
      `Step 3/3: Encoding (video ${plan.video}, audio ${plan.audio})`,
    );
    await mkdir(outDir, { recursive: true });
    const encoded = await encodeOutputs({ plan, inputPath, outDir, tools, signal, onProgress: options.onProgress });
    if (encoded.outcome === 'rejected') return rejectedResult(encoded.rejection, probe, tools);
    const { outcome, reasons, warnings, output, outputs } = encoded;
    return {
      outcome,
      code: reasons[0]?.code ?? outcome,
      reason: explainOutcome(outcome, reasons),
      reasons,
      warnings,
      input: summarize(probe),
      output,
      outputs,
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
