/** What proves that a file on disk is still the one a step made: its size and its SHA-256. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestFile } from '@supabase-media/storage/file-checksum';
import { openSourceFile } from '@supabase-media/storage/source-file';
import { z } from 'zod';

export const fileProof = z.object({
  /** Relative to the run's directory. */
  name: z.string(),
  /** In bytes. */
  bytes: z.number().int().nonnegative(),
  /** 64 hex digits. */
  sha256: z.string(),
});

export type FileProof = z.infer<typeof fileProof>;

/**
 * Takes the proof of a file.
 *
 * @throws {MediaError} `file_missing`, `file_changed`, or the signal's reason.
 */
export async function proveFile(directory: string, name: string, signal: AbortSignal): Promise<FileProof> {
  const file = await openSourceFile(join(directory, name));
  const { sha256 } = await digestFile(file, ['sha256'], signal);
  return { name, bytes: file.size, sha256 };
}

/** Takes the proofs of files, one after the other. Throws as {@link proveFile}. */
export async function proveFiles(
  directory: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<FileProof[]> {
  const proofs: FileProof[] = [];
  for (const name of names) proofs.push(await proveFile(directory, name, signal));
  return proofs;
}

export interface ClaimFilesOptions {
  /** Directories of earlier runs; any of them may hold a file, and more than one something of its name. */
  readonly from: readonly string[];
  readonly to: string;
  readonly proofs: readonly FileProof[];
  readonly signal: AbortSignal;
}

/**
 * Takes over the files of earlier runs, if all are there and are what they were. Moving them means that no other run
 * can write to them any more; a run that dies over it leaves the next one to find them where they are by then.
 *
 * @returns whether they are; if not, none is left in `to`.
 * @throws the signal's reason.
 */
export async function claimFiles({ from, to, proofs, signal }: ClaimFilesOptions): Promise<boolean> {
  for (const proof of proofs) {
    if (await claimFile({ from, to, proof, signal })) continue;
    for (const { name } of proofs) await rm(join(to, name), { force: true });
    return false;
  }
  return true;
}

async function claimFile(options: Omit<ClaimFilesOptions, 'proofs'> & { proof: FileProof }): Promise<boolean> {
  const { from, to, proof, signal } = options;
  const file = join(to, proof.name);
  await mkdir(dirname(file), { recursive: true });
  for (const directory of from) {
    try {
      await rename(join(directory, proof.name), file);
      const found = await proveFile(to, proof.name, signal);
      if (found.bytes === proof.bytes && found.sha256 === proof.sha256) return true;
    } catch {
      signal.throwIfAborted();
    }
  }
  return false;
}
