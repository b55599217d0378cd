/** The file to work on, as the disk has it. */
import { realpath, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';

/**
 * Size in bytes of an ordinary file. Pipes, devices and folders are refused: reading them may never end.
 *
 * @throws MediaError file_missing
 */
export async function inputSize(path: string): Promise<number> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new MediaError({ code: 'file_missing', message: `${path} could not be read: ${cause.message}.`, cause });
  });
  if (!found.isFile()) throw new MediaError({ code: 'file_missing', message: `${path} is not an ordinary file.` });
  return found.size;
}

/**
 * Gives a file a neutral name without extension inside a folder of our own, so that its name neither misleads ffmpeg
 * nor is taken for an option, and its siblings are out of reach of relative names. A symbolic link does: what stands in
 * the file is judged by its content, and no allowed container follows names.
 *
 * @throws MediaError file_missing
 */
export async function linkNeutralInput(inputPath: string, workDir: string): Promise<string> {
  await inputSize(inputPath);
  const link = join(workDir, 'input');
  await symlink(await realpath(inputPath), link);
  return link;
}
