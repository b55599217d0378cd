/**
 * What a run of a job saves for the next one. It is stored in the job itself, so that any worker can resume; the files
 * that it names are in a run's directory, and their checksums are compared before they are used.
 */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PublishedOutput } from '@supabase-media/client/contract';
import { type LocalFile, type LocalOutput, partsOf } from '@supabase-media/media/output';
import type { DerivedOutputs, EncodedVideo } from '@supabase-media/media/pipeline';
import { PROFILE_VERSION } from '@supabase-media/media/profiles';
import { savedOutputs, savedProbe, savedVideo } from '@supabase-media/media/saved-results';
import type { MediaSettings } from '@supabase-media/media/settings';
import { z } from 'zod';
import { checksumFile, checksumFiles, type FileChecksum, fileChecksum } from './file-checksums.ts';
import { savedSplit } from './split/saved-split.ts';

const bucket = z.string().min(1).max(100);

/** The key of an object: no part of it leads anywhere else. */
const objectName = z
  .string()
  .max(1024)
  .refine((key) => key.split('/').every((part) => part !== '' && part !== '.' && part !== '..'), 'is no key');

const publishedOutput = z.object({
  kind: z.string().max(100),
  bucket,
  path: objectName,
  contentType: z.string().max(200),
  bytes: z.int().min(0),
  files: z.int().min(0).optional(),
  width: z.number().min(0).optional(),
  height: z.number().min(0).optional(),
  durationSeconds: z.number().min(0).optional(),
  language: z.string().max(200).optional(),
  label: z.string().max(200).optional(),
  disposition: z.enum(['default', 'forced']).optional(),
  origin: z.literal('added').optional(),
}) satisfies z.ZodType<PublishedOutput>;

const source = z.object({
  /** In bytes. */
  size: z.int().min(0),
  /** Of the content, 64 hex digits. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** As Storage gives it: changes with the content. */
  etag: z.string().max(1000).optional(),
});

const checkpoint = z.object({
  version: z.literal(1),
  /** A digest of what the job was to make: {@link settingsKey}. */
  settings: z.string(),
  source,
  /** Of a video that is encoded in parts, for as long as there are any in Storage. */
  split: savedSplit.optional(),
  /** Of the downloaded source, until it was encoded. */
  input: fileChecksum.optional(),
  encoded: z
    .object({
      probe: savedProbe,
      value: savedVideo,
      files: z.array(fileChecksum).max(1000),
    })
    .optional(),
  /** Where the results go: saved before the first upload begins. */
  results: z.object({ bucket, folder: objectName }).optional(),
  /** What of `encoded` is in Storage. */
  published: z.array(publishedOutput).max(1000).optional(),
  /** Of the file that lists everything derived ({@link DERIVED_NAME}), which is too much for a job. */
  derived: fileChecksum.optional(),
});

export type Checkpoint = z.infer<typeof checkpoint>;
export type SourceVersion = z.infer<typeof source>;

/** Saves what a run has so far and these stages; resolves when it is saved. */
export type KeepCheckpoint = (stages: Partial<Checkpoint>) => Promise<void>;

/**
 * Saves stages in the order in which they come to be, however many are under way at the same time.
 *
 * @param first what there is at the start.
 */
export function createCheckpointKeeper(
  save: (checkpoint: object) => Promise<void>,
  first: Partial<Checkpoint>,
): KeepCheckpoint {
  let kept = first;
  let saving = Promise.resolve();
  return (stages) => {
    const now = { ...kept, ...stages };
    kept = now;
    saving = saving.then(() => save(now));
    return saving;
  };
}

/** Reads what an earlier run saved; `undefined` for anything else. */
export function readCheckpoint(value: unknown): Checkpoint | undefined {
  const parsed = checkpoint.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** A digest of the settings and of what this release makes of them: results made under others cannot be used. */
export const settingsKey = (settings: MediaSettings, profileVersion = PROFILE_VERSION): string =>
  createHash('sha256')
    .update(JSON.stringify({ ...settings, profileVersion }))
    .digest('hex')
    .slice(0, 16);

/** What a run is to make, and of what. */
export interface RunTask {
  /** A digest: {@link settingsKey}. */
  readonly settings: string;
  /** The source as Storage has it now. */
  readonly source: Pick<SourceVersion, 'size' | 'etag'>;
}

/** Whether a checkpoint was made from the current source under the current settings. */
export const isUsable = (checkpoint: Checkpoint, { settings, source }: RunTask): boolean =>
  checkpoint.settings === settings && isOfSource(checkpoint, source);

export const isOfSource = (checkpoint: Checkpoint, source: RunTask['source']): boolean =>
  checkpoint.source.size === source.size && checkpoint.source.etag === source.etag;

/** The same results in another run's directory. */
export const moveEncoded = (encoded: EncodedVideo, directory: string): EncodedVideo => ({
  ...encoded,
  videoPath: join(directory, basename(encoded.videoPath)),
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

/** The downloaded source. Without an extension: a name must not tell ffmpeg what a file is. */
export const INPUT_NAME = 'input';

/** What of a download the next run compares. */
export const inputChecksum = ({ size, sha256 }: SourceVersion): FileChecksum => ({
  name: INPUT_NAME,
  bytes: size,
  sha256,
});

/** Lists everything that was derived from the MP4, with checksums. */
export const DERIVED_NAME = 'derived.json';

const savedDerived = z.intersection(savedOutputs, z.object({ files: z.array(fileChecksum).max(20_000) }));

/** Reads {@link DERIVED_NAME}; `undefined` for anything else. */
export function readDerived(json: string): z.infer<typeof savedDerived> | undefined {
  try {
    return savedDerived.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

/**
 * Writes {@link DERIVED_NAME}.
 *
 * @returns its own checksum, for the checkpoint.
 */
export async function saveDerived(
  directory: string,
  { outputs, warnings }: DerivedOutputs,
  signal: AbortSignal,
): Promise<FileChecksum> {
  const names = outputs.flatMap(partsOf).map(({ name }) => name);
  const content = { outputs, warnings, files: await checksumFiles(directory, names, signal) };
  await writeFile(join(directory, DERIVED_NAME), JSON.stringify(content));
  return checksumFile(directory, DERIVED_NAME, signal);
}
