/**
 * The whole story of one file: probe, plan, encode, poster. The job handler walks the same steps one by one with its own
 * lines in the log; `media process` calls this.
 */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProbeResult } from '../media/media-info.ts';
import { type Outcome, planProcessing, type Reason } from '../media/plan.ts';
import type { MediaWarning } from '../media/plan-warnings.ts';
import { DEFAULT_POLICY, type MediaPolicy } from '../media/policy.ts';
import type { Rejection } from '../media/rejections.ts';
import { encodeMp4 } from './encode.ts';
import { linkNeutralInput } from './input-file.ts';
import { makePoster } from './make-poster.ts';
import { type MediaSummary, summarize } from './media-summary.ts';
import { probeMedia } from './probe.ts';
import type { EncodeProgress } from './progress.ts';
import type { MediaTools } from './tools.ts';

export type MediaStep = 'probe' | 'plan' | 'encode' | 'poster';

export interface ProcessMediaOptions {
  /** Any ordinary file under any name. It is only read. */
  readonly inputPath: string;
  /** Where `video.mp4` and `poster.jpg` go; made when absent. */
  readonly outDir: string;
  /** For files that are gone at the end; the system's folder for temporary files by default. */
  readonly workDir?: string | undefined;
  readonly tools: MediaTools;
  readonly policy?: MediaPolicy | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: MediaStep) => void) | undefined;
  /** Progress of the encode, about twice a second. */
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
}

export interface MediaOutput {
  readonly kind: 'video' | 'poster';
  readonly path: string;
  readonly contentType: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly durationSeconds?: number;
}

export interface ProcessMediaResult {
  readonly outcome: Outcome;
  /** Of a rejection, its code; else the code of the first reason. */
  readonly code: string;
  /** One sentence for a person: why it was rejected, or why it was copied or encoded. */
  readonly reason: string;
  readonly reasons: readonly { readonly code: string; readonly detail: string }[];
  readonly warnings: readonly MediaWarning[];
  readonly info: { readonly input: MediaSummary | undefined; readonly output: MediaSummary | undefined };
  readonly outputs: readonly MediaOutput[];
  readonly ffmpegVersion: string;
}

/**
 * Processes one file. A file that is no usable video is an outcome (`rejected`), not an error.
 *
 * @throws MediaError as `probeMedia`, `encodeMp4` and `makePoster` do; no output is left then
 */
export async function processMedia(options: ProcessMediaOptions): Promise<ProcessMediaResult> {
  const { tools, signal, onStep, threads, policy = DEFAULT_POLICY } = options;
  const workDir = await mkdtemp(join(options.workDir ?? tmpdir(), 'media-'));
  try {
    onStep?.('probe');
    const inputPath = await linkNeutralInput(options.inputPath, workDir);
    const probe = await probeMedia({ inputPath, tools, maxPixels: policy.maxInputPixels, signal });

    onStep?.('plan');
    const plan = planProcessing(probe, policy);
    if (plan.action === 'reject') return rejected(plan.rejection, probe, tools);

    onStep?.('encode');
    await mkdir(options.outDir, { recursive: true });
    const outputPath = join(options.outDir, 'video.mp4');
    const encoded = await encodeMp4({
      plan,
      inputPath,
      outputPath,
      tools,
      threads,
      signal,
      onProgress: options.onProgress,
    });
    if (encoded.outcome === 'rejected') return rejected(encoded.rejection, probe, tools);

    onStep?.('poster');
    const poster = await makePoster({
      videoPath: encoded.path,
      info: encoded.output,
      outputPath: join(options.outDir, 'poster.jpg'),
      tools,
      policy,
      threads,
      signal,
    }).catch(async (error: unknown) => {
      await rm(outputPath, { force: true });
      throw error;
    });

    const output = summarize(encoded.output);
    const video: MediaOutput = {
      kind: 'video',
      path: encoded.path,
      contentType: 'video/mp4',
      bytes: (await stat(encoded.path)).size,
      width: output?.width ?? 0,
      height: output?.height ?? 0,
      durationSeconds: output?.durationSeconds ?? 0,
    };
    return {
      outcome: encoded.outcome,
      code: encoded.reasons[0]?.code ?? encoded.outcome,
      reason: sentence(encoded.outcome, encoded.reasons),
      reasons: encoded.reasons,
      warnings: encoded.warnings,
      info: { input: summarize(probe), output },
      outputs: [video, { kind: 'poster', contentType: 'image/jpeg', ...poster }],
      ffmpegVersion: tools.ffmpeg.version,
    };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

function rejected({ code, reason, detail }: Rejection, probe: ProbeResult, tools: MediaTools): ProcessMediaResult {
  return {
    outcome: 'rejected',
    code,
    reason,
    reasons: [{ code, detail: detail ?? reason }],
    warnings: [],
    info: { input: summarize(probe), output: undefined },
    outputs: [],
    ffmpegVersion: tools.ffmpeg.version,
  };
}

function sentence(outcome: 'processed' | 'remuxed', reasons: readonly Reason[]): string {
  const why = reasons.map((reason) => reason.detail).join('; ');
  return outcome === 'remuxed' ? `Copied without encoding: ${why}.` : `Encoded: ${why}.`;
}
