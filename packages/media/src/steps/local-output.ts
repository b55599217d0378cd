/** Results on disk, before they are published. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { guessContentType } from '@supabase-media/core/content-type';

/** One file of a result. */
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
}

/** A result as it is shown: the number of its files instead of their names. */
export type OutputSummary = Omit<LocalOutput, 'parts'> & { readonly files: number };

/** Looks up the size of a file of ours. Throws what `stat` throws. */
export async function describeFile(folder: string, name: string): Promise<LocalFile> {
  const path = join(folder, name);
  return { path, name, contentType: guessContentType(name), bytes: (await stat(path)).size };
}

export const partsOf = ({ parts, ...output }: LocalOutput): readonly LocalFile[] => parts ?? [output];

export const summarizeOutput = ({ parts, ...output }: LocalOutput): OutputSummary => ({
  ...output,
  files: parts?.length ?? 1,
});
