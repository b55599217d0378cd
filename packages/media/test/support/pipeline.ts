/** One file through everything, as `media process` does it, with the default outputs or fewer. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { probeMedia } from '../../src/ffmpeg/probe.ts';
import type { MediaTools } from '../../src/ffmpeg/tools.ts';
import type { OutputKind } from '../../src/outputs/catalog.ts';
import type { MediaInfo, ProbeResult, VideoInfo } from '../../src/plan/media-info.ts';
import { DEFAULT_POLICY, type MediaPolicy } from '../../src/plan/policy.ts';
import { type ProcessFileResult, processFile } from '../../src/process-file.ts';
import { temporaryFolder } from './tools.ts';

/** No outcome depends on the preset. */
export const QUICK_POLICY: MediaPolicy = {
  ...DEFAULT_POLICY,
  video: { ...DEFAULT_POLICY.video, preset: 'ultrafast' },
};

/** Enough where the MP4 is what counts. */
const MP4_ONLY: readonly OutputKind[] = ['video', 'poster'];

export interface PipelineResult {
  readonly outcome: 'processed' | 'remuxed' | 'rejected';
  /** Of a rejection its code, else the codes of all reasons. */
  readonly codes: readonly string[];
  readonly sentence: string;
  readonly warnings: readonly string[];
  readonly input: ProbeResult;
  /** The MP4's own probe. */
  readonly output: MediaInfo | undefined;
  readonly outputs: ProcessFileResult['outputs'];
  /** Where the results are; nothing is there after a rejection. */
  readonly folder: string;
  readonly videoPath: string;
  readonly posterPath: string;
  /** What is in the output folder, folders of it as one name. */
  readonly files: readonly string[];
}

export interface PipelineOptions {
  readonly outputs?: readonly OutputKind[];
  readonly policy?: MediaPolicy;
}

export async function runPipeline(
  path: string,
  tools: MediaTools,
  { outputs = MP4_ONLY, policy = QUICK_POLICY }: PipelineOptions = {},
): Promise<PipelineResult> {
  const folder = join(await temporaryFolder(), 'out');
  const result = await processFile({
    file: path,
    outDir: folder,
    settings: { outputs, policy, profile: 'fast' },
    tools,
    log: pino({ level: 'silent' }),
  });
  const videoPath = join(folder, 'video.mp4');
  const isThere = result.outputs.some((output) => output.kind === 'video');
  const made = isThere ? await probeMedia({ inputPath: videoPath, tools }) : undefined;
  return {
    outcome: result.outcome,
    codes: result.reasons.map((reason) => ('code' in reason ? String(reason.code) : result.code)),
    sentence: result.reason,
    warnings: result.warnings.map((warning) => warning.code),
    input: await probeMedia({ inputPath: path, tools }),
    output: made?.readable ? made : undefined,
    outputs: result.outputs,
    folder,
    videoPath,
    posterPath: join(folder, 'poster.jpg'),
    files: (await readdir(folder).catch(() => [])).sort(),
  };
}

/** The video of an output, which must be there. */
export function videoOf({ output }: PipelineResult): VideoInfo {
  if (output?.video === undefined) throw new Error('no output');
  return output.video;
}

/** An output that was made, by its kind. */
export function outputOf({ outputs }: PipelineResult, kind: string): PipelineResult['outputs'][number] {
  const found = outputs.find((output) => output.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}
