/** Tells whether a file on disk is still the one that a step made: by its size and its SHA-256. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256OfFile } from '@supabase-media/storage/file-checksum';
import { openSourceFile } from '@supabase-media/storage/source-file';
import { z } from 'zod';

export const fileChecksum = z.object({
  /** Relative to the run's directory, and never out of it. */
  name: z
    .string()
    .max(300)
    .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*){0,4}$/),
  /** In bytes. */
  bytes: z.number().int().nonnegative(),
  /** 64 hex digits. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export type FileChecksum = z.infer<typeof fileChecksum>;

/**
 * Computes the checksum of a file.
 *
 * @throws {MediaError} `file_missing`, `file_changed`, or the signal's reason.
 */
export async function checksumFile(directory: string, name: string, signal: AbortSignal): Promise<FileChecksum> {
  const file = await openSourceFile(join(directory, name));
  return { name, bytes: file.size, sha256: await sha256OfFile(file, signal) };
}

/** Computes the checksums of files, one after the other. Throws as {@link checksumFile}. */
export async function checksumFiles(
  directory: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<FileChecksum[]> {
  const checksums: FileChecksum[] = [];
  for (const name of names) checksums.push(await checksumFile(directory, name, signal));
  return checksums;
}

export interface AdoptFilesOptions {
  /** Directories of earlier runs. Any of them may hold a file, and several may hold different files of one name. */
  readonly from: readonly string[];
  readonly to: string;
  readonly checksums: readonly FileChecksum[];
  readonly signal: AbortSignal;
}

/**
 * Moves files of earlier runs here if all exist unchanged. Once moved, no other run can write to them; a run that dies
 * meanwhile leaves some in each directory, where the next run finds them.
 *
 * @returns whether all were adopted; if not, none is left in `to`.
 * @throws the signal's reason.
 */
export async function adoptFiles({ from, to, checksums, signal }: AdoptFilesOptions): Promise<boolean> {
  for (const checksum of checksums) {
    if (await adoptFile({ from, to, checksum, signal })) continue;
    for (const { name } of checksums) await rm(join(to, name), { force: true });
    return false;
  }
  return true;
}

async function adoptFile(options: Omit<AdoptFilesOptions, 'checksums'> & { checksum: FileChecksum }): Promise<boolean> {
  const { from, to, checksum, signal } = options;
  const file = join(to, checksum.name);
  await mkdir(dirname(file), { recursive: true });
  for (const directory of from) {
    try {
      await rename(join(directory, checksum.name), file);
      const found = await checksumFile(to, checksum.name, signal);
      if (found.bytes === checksum.bytes && found.sha256 === checksum.sha256) return true;
    } catch {
      signal.throwIfAborted();
    }
  }
  return false;
}
