/** Everything that was derived from the MP4, named with its proofs in one file beside it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LocalOutput, partsOf } from '@supabase-media/media/steps/local-output';
import { moveOutputs } from './checkpoint.ts';
import { adoptFiles, checksumFile, checksumFiles, type FileChecksum } from './file-checksums.ts';

export const DERIVED_NAME = 'derived.json';

interface DerivedFiles {
  readonly outputs: readonly LocalOutput[];
  readonly files: readonly FileChecksum[];
}

/**
 * Writes the file.
 *
 * @returns its own proof.
 */
export async function keepDerived(
  directory: string,
  outputs: readonly LocalOutput[],
  signal: AbortSignal,
): Promise<FileChecksum> {
  const names = outputs.flatMap(partsOf).map(({ name }) => name);
  const content: DerivedFiles = { outputs, files: await checksumFiles(directory, names, signal) };
  await writeFile(join(directory, DERIVED_NAME), JSON.stringify(content));
  return checksumFile(directory, DERIVED_NAME, signal);
}

/** Takes over what earlier runs derived; undefined when anything of it is missing or has changed. */
export async function adoptDerived(options: {
  readonly from: readonly string[];
  readonly to: string;
  readonly checksum: FileChecksum;
  readonly signal: AbortSignal;
}): Promise<LocalOutput[] | undefined> {
  const { from, to, checksum, signal } = options;
  if (!(await adoptFiles({ from, to, checksums: [checksum], signal }))) return undefined;
  const { outputs, files } = JSON.parse(await readFile(join(to, DERIVED_NAME), 'utf8')) as DerivedFiles;
  return (await adoptFiles({ from, to, checksums: files, signal })) ? moveOutputs(outputs, to) : undefined;
}
