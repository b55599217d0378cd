/** `info.json`: what was made, of what, and why, for programs that have the files and no database. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MediaSummary, summarize } from '../ffmpeg/media-summary.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { ProbeResult } from '../plan/media-info.ts';
import type { Reason } from '../plan/plan.ts';
import type { MediaWarning } from '../plan/plan-warnings.ts';
import type { ProfileName } from '../plan/profiles.ts';
import type { DerivedOutputs } from './derive.ts';
import type { EncodedVideo } from './encode.ts';
import { describeFile, type LocalOutput } from './local-output.ts';
import { PROFILE_VERSION } from './result-keys.ts';

/** The file. No time and no name of the source: the same source gives the same bytes. */
export interface InfoFile {
  readonly version: 1;
  readonly profile: { readonly name: ProfileName; readonly version: number };
  readonly outcome: 'processed' | 'remuxed';
  readonly reasons: readonly Reason[];
  readonly warnings: readonly MediaWarning[];
  readonly input: MediaSummary | undefined;
  /** Of `video.mp4`. */
  readonly output: MediaSummary | undefined;
  /** Names are relative to this file. */
  readonly files: readonly Record<string, unknown>[];
  readonly hls: Record<string, unknown> | undefined;
  readonly ffmpeg: string;
}

export interface WriteInfoOptions {
  readonly outDir: string;
  readonly profile: ProfileName;
  readonly probe: ProbeResult;
  readonly encoded: EncodedVideo;
  readonly derived: DerivedOutputs;
  readonly tools: MediaTools;
}

export const INFO_NAME = 'info.json';

/** Writes the file; throws what `writeFile` throws. */
export async function writeInfo(options: WriteInfoOptions): Promise<LocalOutput> {
  const { encoded, derived } = options;
  const info: InfoFile = {
    version: 1,
    profile: { name: options.profile, version: PROFILE_VERSION },
    outcome: encoded.outcome,
    reasons: encoded.reasons,
    warnings: encoded.warnings,
    input: summarize(options.probe),
    output: summarize(encoded.info),
    files: [...encoded.outputs, ...derived.outputs].map(({ path: _, parts, ...output }) => ({
      ...output,
      files: parts?.length,
    })),
    hls: derived.stream && describeHls(derived.stream),
    ffmpeg: options.tools.ffmpeg.version,
  };
  await writeFile(join(options.outDir, INFO_NAME), `${JSON.stringify(info, null, 2)}\n`);
  return { kind: 'info', ...(await describeFile(options.outDir, INFO_NAME)) };
}

function describeHls({ videos, audio, ladder }: NonNullable<DerivedOutputs['stream']>): Record<string, unknown> {
  return {
    segmentSeconds: ladder.segmentSeconds,
    topRungEncodedBecause: ladder.whyNotCopied,
    rungs: videos.map(({ rung, codec, peakRate, averageRate, segments }) => ({
      name: rung.name,
      width: rung.width,
      height: rung.height,
      video: rung.video,
      codec,
      peakBitRate: Math.round(peakRate),
      averageBitRate: Math.round(averageRate),
      segments: segments.length,
    })),
    audio: audio && { segments: audio.segments.length, averageBitRate: Math.round(audio.averageRate) },
  };
}
