/** Probe, plan, encode and poster of one file, as the job handler walks them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeMp4 } from '../../src/ffmpeg/encode.ts';
import { linkNeutralInput } from '../../src/ffmpeg/input-file.ts';
import { makePoster, type Poster } from '../../src/ffmpeg/make-poster.ts';
import { probeMedia } from '../../src/ffmpeg/probe.ts';
import type { MediaTools } from '../../src/ffmpeg/tools.ts';
import type { MediaInfo, ProbeResult, VideoInfo } from '../../src/media/media-info.ts';
import { planProcessing } from '../../src/media/plan.ts';
import { DEFAULT_POLICY } from '../../src/media/policy.ts';
import { temporaryFolder } from './tools.ts';

export interface PipelineResult {
  readonly outcome: 'processed' | 'remuxed' | 'rejected';
  /** Of a rejection its code, else the codes of all reasons. */
  readonly codes: readonly string[];
  readonly sentence: string | undefined;
  readonly warnings: readonly string[];
  readonly input: ProbeResult;
  readonly output: MediaInfo | undefined;
  readonly videoPath: string | undefined;
  readonly poster: Poster | undefined;
  /** What is left in the output folder. */
  readonly files: readonly string[];
}

export async function runPipeline(path: string, tools: MediaTools, policy = DEFAULT_POLICY): Promise<PipelineResult> {
  const folder = await temporaryFolder();
  const inputPath = await linkNeutralInput(path, folder);
  const input = await probeMedia({ inputPath, tools });
  const nothing = { warnings: [], input, output: undefined, videoPath: undefined, poster: undefined };
  const left = async () => (await readdir(folder)).filter((name) => name !== 'input').sort();

  const plan = planProcessing(input, policy);
  if (plan.action === 'reject') {
    return {
      ...nothing,
      outcome: 'rejected',
      codes: [plan.rejection.code],
      sentence: plan.rejection.reason,
      files: await left(),
    };
  }
  const encoded = await encodeMp4({ plan, inputPath, outputPath: join(folder, 'video.mp4'), tools });
  if (encoded.outcome === 'rejected') {
    const { code, reason } = encoded.rejection;
    return { ...nothing, outcome: 'rejected', codes: [code], sentence: reason, files: await left() };
  }
  const poster = await makePoster({
    videoPath: encoded.path,
    info: encoded.output,
    outputPath: join(folder, 'poster.jpg'),
    tools,
  });
  return {
    outcome: encoded.outcome,
    codes: encoded.reasons.map((reason) => reason.code),
    sentence: undefined,
    warnings: encoded.warnings.map((warning) => warning.code),
    input,
    output: encoded.output,
    videoPath: encoded.path,
    poster,
    files: await left(),
  };
}

/** The video of an output, which must be there. */
export function videoOf({ output }: PipelineResult): VideoInfo {
  if (output?.video === undefined) throw new Error('no output');
  return output.video;
}
