/**
 * What a run of a job keeps for the next one. It stands in the job itself, so that any worker may go on; the files it
 * speaks of stand in a run's directory, and are proved before they are used.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { PublishedOutput } from '@supabase-media/client/contract';
import type { ProbeResult } from '@supabase-media/media/plan/media-info';
import type { MediaSettings } from '@supabase-media/media/plan/settings';
import { type EncodedVideo, VIDEO_NAME } from '@supabase-media/media/steps/encode';
import type { LocalFile, LocalOutput } from '@supabase-media/media/steps/local-output';
import { PROFILE_VERSION } from '@supabase-media/media/steps/result-keys';
import { z } from 'zod';
import { fileChecksum } from './file-checksums.ts';

const source = z.object({
  /** In bytes. */
  size: z.number(),
  /** Of the content, 64 hex digits. */
  sha256: z.string(),
  /** As Storage gives it: changes with the content. */
  etag: z.string().optional(),
});

const checkpoint = z.object({
  version: z.literal(1),
  /** What the job was set to make, as {@link settingsKey} has it. */
  settings: z.string(),
  source,
  /** Of the downloaded source; gone once it was encoded. */
  input: fileChecksum.optional(),
  encoded: z
    .object({
      probe: z.custom<ProbeResult>((value) => typeof value === 'object'),
      value: z.custom<EncodedVideo>((value) => typeof value === 'object'),
      files: z.array(fileChecksum),
    })
    .optional(),
  /** Where the results go: noted before the first of them may be there. */
  results: z.object({ bucket: z.string(), folder: z.string() }).optional(),
  /** What of `encoded` is in Storage. */
  published: z.array(z.custom<PublishedOutput>()).optional(),
  /** Of the file that names everything derived: too much for a job. */
  derived: fileChecksum.optional(),
});

export type Checkpoint = z.infer<typeof checkpoint>;
export type SourceVersion = z.infer<typeof source>;

/** Reads what an earlier run kept; anything else is no checkpoint. */
export function readCheckpoint(value: unknown): Checkpoint | undefined {
  const parsed = checkpoint.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** Names settings, and what this release makes of them: results made under others are of no use. */
export const settingsKey = (settings: MediaSettings, profileVersion = PROFILE_VERSION): string =>
  createHash('sha256')
    .update(JSON.stringify({ ...settings, profileVersion }))
    .digest('hex')
    .slice(0, 16);

/** What a run is to make, and of what. */
export interface RunTask {
  /** As {@link settingsKey} has them. */
  readonly settings: string;
  /** The source as Storage has it now. */
  readonly source: Pick<SourceVersion, 'size' | 'etag'>;
}

/** Whether a checkpoint is of the source that is there now, and of the settings of now. */
export const isUsable = (checkpoint: Checkpoint, { settings, source }: RunTask): boolean =>
  checkpoint.settings === settings && isOfSource(checkpoint, source);

export const isOfSource = (checkpoint: Checkpoint, source: RunTask['source']): boolean =>
  checkpoint.source.size === source.size && checkpoint.source.etag === source.etag;

/** The same results in another run's directory. */
export const moveEncoded = (encoded: EncodedVideo, directory: string): EncodedVideo => ({
  ...encoded,
  videoPath: join(directory, VIDEO_NAME),
  outputs: moveOutputs(encoded.outputs, directory),
});

/** The same results in another run's directory. */
export const moveOutputs = (outputs: readonly LocalOutput[], directory: string): LocalOutput[] =>
  outputs.map((output) => ({
    ...moveFile(output, directory),
    ...(output.parts === undefined ? {} : { parts: output.parts.map((part) => moveFile(part, directory)) }),
  }));

const moveFile = <File extends LocalFile>(file: File, directory: string): File => ({
  ...file,
  path: join(directory, file.name),
});
