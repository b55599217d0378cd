/** What proves that a file on disk is still the one a step made: its size and its SHA-256. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { digestFile } from '../storage/file-digest.ts';
import { openSourceFile } from '../storage/source-file.ts';

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
  /** Of the run that made them. */
  readonly from: string;
  readonly to: string;
  readonly proofs: readonly FileProof[];
  readonly signal: AbortSignal;
}

/**
 * Takes over the files of an earlier run, if all are there and are what they were. Moving them means that no other run
 * can write to them any more.
 *
 * @returns whether they are; if not, none is left in `to`.
 * @throws the signal's reason.
 */
export async function claimFiles({ from, to, proofs, signal }: ClaimFilesOptions): Promise<boolean> {
  try {
    for (const { name } of proofs) {
      await mkdir(dirname(join(to, name)), { recursive: true });
      await rename(join(from, name), join(to, name));
    }
    for (const proof of proofs) {
      const found = await proveFile(to, proof.name, signal);
      if (found.bytes !== proof.bytes || found.sha256 !== proof.sha256) throw new Error(`${proof.name} has changed`);
    }
    return true;
  } catch {
    signal.throwIfAborted();
    for (const { name } of proofs) await rm(join(to, name), { force: true });
    return false;
  }
}
