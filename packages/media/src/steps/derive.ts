/** The derive step: what is made of the verified MP4 rather than of the source. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type HlsStream, MASTER_NAME, makeHls } from '../ffmpeg/make-hls.ts';
import { makeStoryboard } from '../ffmpeg/make-storyboard.ts';
import type { EncodeProgress } from '../ffmpeg/progress.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { OutputKind } from '../plan/outputs.ts';
import type { MediaPolicy } from '../plan/policy.ts';
import type { EncodedVideo } from './encode.ts';
import { listHlsFiles } from './hls-files.ts';
import { describeFile, type LocalOutput } from './local-output.ts';

export interface DeriveStepOptions {
  readonly encoded: EncodedVideo;
  readonly outputs: readonly OutputKind[];
  readonly policy: MediaPolicy;
  /** `storyboard.jpg`, `storyboard.vtt` and `hls/` appear in it. */
  readonly outDir: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
}

export interface DerivedOutputs {
  readonly outputs: readonly LocalOutput[];
  readonly stream: HlsStream | undefined;
}

export const STORYBOARD_NAME = 'storyboard.jpg';
export const STORYBOARD_INDEX_NAME = 'storyboard.vtt';
export const HLS_FOLDER = 'hls';

/** Outputs that are made after the MP4 was published. */
export const isDerived = (kind: OutputKind): boolean => kind !== 'video' && kind !== 'poster';

/**
 * Makes the storyboard and the HLS stream, as asked for.
 *
 * @throws {MediaError} as `makeStoryboard` and `makeHls` do; of what was being made, no file is left then.
 */
export async function deriveOutputs(options: DeriveStepOptions): Promise<DerivedOutputs> {
  const { encoded, outDir, policy, tools, signal } = options;
  const source = { videoPath: encoded.videoPath, info: encoded.info, policy, tools, signal };
  const outputs: LocalOutput[] = [];
  const wants = (kind: OutputKind) => options.outputs.includes(kind);
  try {
    if (wants('storyboard')) {
      const { width, height } = await makeStoryboard({
        ...source,
        imagePath: join(outDir, STORYBOARD_NAME),
        indexPath: join(outDir, STORYBOARD_INDEX_NAME),
      });
      outputs.push({ kind: 'storyboard', ...(await describeFile(outDir, STORYBOARD_NAME)), width, height });
      outputs.push({ kind: 'storyboard_index', ...(await describeFile(outDir, STORYBOARD_INDEX_NAME)) });
    }
    if (!wants('hls')) return { outputs, stream: undefined };
    const stream = await makeHls({
      ...source,
      outputFolder: join(outDir, HLS_FOLDER),
      onProgress: options.onProgress,
    });
    outputs.push(describeStream(outDir, stream));
    return { outputs, stream };
  } catch (error) {
    for (const output of outputs) await rm(output.path, { force: true });
    throw error;
  }
}

function describeStream(outDir: string, stream: HlsStream): LocalOutput {
  const parts = listHlsFiles(outDir, HLS_FOLDER, stream);
  const name = `${HLS_FOLDER}/${MASTER_NAME}`;
  const [top] = stream.videos;
  return {
    kind: 'hls',
    path: join(outDir, name),
    name,
    contentType: parts[0]?.contentType ?? '',
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    parts,
    width: top?.rung.width,
    height: top?.rung.height,
    durationSeconds: top && Math.round(top.durationSeconds * 1000) / 1000,
  };
}
