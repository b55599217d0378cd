/** How much the results of a video may take, of a disk and of Storage, and how each of them is held to it. */
import { formatBytes } from '@supabase-media/core/format';
import { limitWrites, type MediaTools } from './ffmpeg/tools.ts';
import { isNamed, sizeOfFiles } from './ffmpeg/write-limit.ts';
import type { OutputFile } from './outputs/output.ts';
import { secondsThatFit } from './plan/output-bounds.ts';
import type { MediaPolicy } from './plan/policy.ts';
import { sayFits } from './plan/rejections.ts';

/** What whoever runs the pipeline has for the results. */
export interface OutputSpace {
  /** The largest file that Storage takes, in bytes. */
  readonly maxFileBytes?: number | undefined;
  /**
   * Waits until the folder of results may hold this much in all, in bytes, or as much of it as the disk can give.
   *
   * @returns how much it may hold.
   */
  readonly reserve?: ((peakBytes: number) => Promise<number>) | undefined;
}

export interface LimitOptions {
  readonly outDir: string;
  /** Of the output. */
  readonly files: readonly Pick<OutputFile, 'name'>[];
  /** The most that they can have as planned, in bytes. */
  readonly mostBytes: number;
  /** What the folder may hold in all, in bytes; `undefined` without a limit. */
  readonly folderBytes: number | undefined;
  readonly maxFileBytes: number | undefined;
  /** May be larger than Storage takes, since it stays here. In bytes. */
  readonly scratchBytes?: number;
  readonly policy: MediaPolicy;
}

/** A file as large as it may be is none too large: the limit ends what grows beyond it. */
const SPARE_BYTES = 1;

/** The programs for making one output: they are ended when it grows beyond what was planned, or what there is room for. */
export async function limitOutput(tools: MediaTools, options: LimitOptions): Promise<MediaTools> {
  const { outDir, files, mostBytes, folderBytes = Infinity, maxFileBytes = Infinity, scratchBytes = 0 } = options;
  // What an earlier try left under its own name is replaced when this one is whole (`write-whole.ts`).
  const names = [...new Set(files.map(({ name }) => `${name.split('/')[0]}.partial`))];
  const isOwn = isNamed(names);
  const others = Number.isFinite(folderBytes) ? await sizeOfFiles(outDir, (name) => !isOwn(name)) : 0;
  const left = Math.max(0, folderBytes - others);
  const planned = mostBytes + scratchBytes;
  const bytes = Math.ceil(Math.min(planned, left)) + SPARE_BYTES;
  const fileBytes = Math.ceil(Math.min(bytes, Math.max(maxFileBytes, scratchBytes))) + SPARE_BYTES;
  return limitWrites(tools, {
    folder: outDir,
    names,
    bytes,
    fileBytes,
    ...explainLimit({ ...options, left, planned }),
  });
}

/** The sentence for whoever uploaded the video: which limit it was, and what to do. */
function explainLimit(options: LimitOptions & { readonly left: number; readonly planned: number }) {
  const { left, planned, maxFileBytes = Infinity, policy } = options;
  const shorter = 'Upload a shorter part of it, or export it with a smaller picture.';
  if (maxFileBytes <= Math.min(left, planned)) {
    const fits = sayFits(secondsThatFit(maxFileBytes, policy));
    return { why: 'the largest file that may be stored here', advice: `Cut it into parts and upload those.${fits}` };
  }
  if (left < planned)
    return { why: `all that there is room for here (up to ${formatBytes(planned)} may be needed)`, advice: shorter };
  return { why: 'the most that a video of its length may have', advice: shorter };
}
