/** What an output is. Everything about one is in its own file beside this one, and the catalog has one line for it. */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '@supabase-media/core/format';
import type { EncodeProgress } from '../ffmpeg/progress.ts';
import type { MediaTools } from '../ffmpeg/tools.ts';
import type { ProbeResult, VideoMedia } from '../plan/media-info.ts';
import type { BoundedVideo } from '../plan/output-bounds.ts';
import type { ConvertPlan, Reason } from '../plan/plan.ts';
import type { MediaWarning } from '../plan/plan-warnings.ts';
import type { MediaPolicy } from '../plan/policy.ts';
import type { ProfileName } from '../plan/profiles.ts';
import type { Disposition } from './captions/track-name.ts';

/**
 * The order of uploads: whoever finds a file must find all that it names. `first` goes up with the MP4, before the other
 * outputs are made; then files that name no others, indexes of those, manifests of indexes, and the summary of all.
 */
export const UPLOAD_WAVES = ['first', 'data', 'index', 'manifest', 'summary'] as const;

export type UploadWave = (typeof UPLOAD_WAVES)[number];

/** A file of an output, or a family of files. */
export interface OutputFile {
  /** Relative to the video's folder; `*` matches any part of a name: `hls/*\/index.m3u8`. */
  readonly name: string;
  readonly contentType: string;
  readonly wave: UploadWave;
}

export interface Output<Kind extends string = string> {
  /** Its name in MEDIA_OUTPUTS, in a job's `outputs`, and of its main file in a video's row. */
  readonly kind: Kind;
  /** For help texts: its files and what they are. */
  readonly about: string;
  /** What it is made of. From the source: right after the MP4, since the source is removed then. */
  readonly from: 'source' | 'mp4';
  readonly files: readonly OutputFile[];
  /** It tells of the other outputs, so that it is made when they are; left out, it is made beside them. */
  readonly isSummary?: true;
  /**
   * Its share of the progress bar: seconds for a minute of 1080p on two cores.
   *
   * @param plan of the MP4, once it is known.
   */
  readonly weight: (plan?: ConvertPlan) => number;
  /** The most that its files may have together, in bytes, also while they are made. */
  readonly mostBytes: (mp4: BoundedVideo, policy: MediaPolicy) => number;
  /**
   * Makes and verifies its files. Leaves none behind when it throws: the video is ready without this output then, with the
   * warning `{kind}_unavailable`.
   */
  readonly make: (request: OutputRequest) => Promise<readonly LocalOutput[]>;
  /** The command that `make` would run, for the dry run; `undefined` where none is run. */
  readonly explain: (request: ExplainRequest) => Explanation | undefined;
}

/** What an output is made of, and where it goes. */
export interface OutputRequest {
  /** The verified MP4 and its probe. */
  readonly mp4: { readonly path: string; readonly info: VideoMedia };
  /** Only for outputs made from the source. */
  readonly source?: { readonly path: string; readonly plan: ConvertPlan } | undefined;
  /** The result so far: what is known of the source, how the MP4 was made, and what was made by the steps before. */
  readonly result: {
    readonly probe: ProbeResult;
    readonly outcome: 'processed' | 'remuxed';
    readonly reasons: readonly Reason[];
    readonly warnings: readonly MediaWarning[];
    readonly outputs: readonly LocalOutput[];
  };
  /** An existing folder; files appear in it under their names when they are whole. */
  readonly outDir: string;
  readonly policy: MediaPolicy;
  readonly profile: ProfileName;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
}

/** What would be made, for the dry run. */
export interface ExplainRequest {
  readonly plan: ConvertPlan;
  readonly inputPath: string;
  /** The MP4 as it is expected to be. */
  readonly mp4: OutputRequest['mp4'];
  readonly outDir: string;
  readonly tools: MediaTools;
}

export interface Explanation {
  readonly why: string;
  /** The folder to run it in, where that matters; its folders must exist. */
  readonly cwd?: string | undefined;
  readonly args: readonly string[];
}

/** One file of a result, on disk. */
export interface LocalFile {
  readonly path: string;
  /** Its key below the video's folder: `video.mp4`, `hls/720p/0001.m4s`. */
  readonly name: string;
  readonly contentType: string;
  readonly bytes: number;
}

/** A result as people know it: one file, or one that names others, as a playlist does. */
export interface LocalOutput extends LocalFile {
  readonly kind: string;
  /** Every file of it, itself included; only where there are several. Their bytes are counted in `bytes`. */
  readonly parts?: readonly LocalFile[] | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly durationSeconds?: number | undefined;
  /** Of captions: see `CaptionTrack`. */
  readonly language?: string | undefined;
  readonly label?: string | undefined;
  readonly disposition?: Disposition | undefined;
  /** Of captions that are not made of the source: as in `PublishedOutput`. */
  readonly origin?: 'added' | undefined;
  /** For `info.json`, under the name of its kind. */
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
}

/** A result as it is shown: the number of its files instead of their names. */
export type OutputSummary = Omit<LocalOutput, 'parts' | 'facts'> & { readonly files: number };

/** Looks up the size of a file that was made. Throws what `stat` throws. */
export async function describeFile(
  outDir: string,
  { name, contentType }: Pick<OutputFile, 'name' | 'contentType'>,
): Promise<LocalFile> {
  const path = join(outDir, name);
  return { path, name, contentType, bytes: (await stat(path)).size };
}

export const partsOf = ({ parts, ...output }: LocalOutput): readonly LocalFile[] => parts ?? [output];

export const summarizeOutput = ({ parts, facts: _, ...output }: LocalOutput): OutputSummary => ({
  ...output,
  files: parts?.length ?? 1,
});

/** For the log. */
export const describeOutputs = (outputs: readonly LocalOutput[]): string =>
  outputs
    .map(({ kind, bytes, parts }) => {
      const files = parts === undefined ? '' : ` in ${parts.length} files`;
      return `${kind} ${formatBytes(bytes)}${files}`;
    })
    .join(', ');

/** Removes what was made, with its folders. */
export async function removeOutputs(outputs: readonly LocalOutput[]): Promise<void> {
  for (const { path, name } of outputs) {
    const [top = name] = name.split('/');
    await rm(join(path.slice(0, -name.length), top), { recursive: true, force: true });
  }
}

/** To the millisecond. */
export const roundSeconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;
