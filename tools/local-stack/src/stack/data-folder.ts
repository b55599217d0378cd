/**
 * The data folder of one stack: database, objects, secrets. A marker file identifies it; without the marker, a folder
 * that is not empty is neither used nor emptied.
 */
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { removeClusterFolder } from '../postgres/cluster-folder.ts';
import { lockDataFolder } from './data-lock.ts';
import { StackError, systemErrorCode } from './stack-error.ts';

const MARKER = 'supabase-media-stack';

export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  unlock(): Promise<void>;
}

/**
 * Opens the folder, made if missing, and locks it; with `fresh`, everything in it is removed first.
 * @throws StackError if it is not ours, not writable or in use.
 */
export async function openDataFolder(options: { path: string; fresh: boolean }): Promise<DataFolder> {
  const path = resolve(options.path);
  try {
    // 0755: PostgreSQL may run as another account. What is secret in here is closed file by file.
    await mkdir(path, { recursive: true, mode: 0o755 });
    await markFolder(path);
    const unlock = await lockDataFolder(path);
    if (options.fresh) {
      await emptyFolder(path).catch(async (error: unknown) => {
        await unlock();
        throw error;
      });
    }
    return { path, unlock };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    throw new StackError(
      `The data folder ${path} cannot be used (${code}).`,
      'Choose a folder that you may write to: --data DIR',
      { cause: error },
    );
  }
}

async function markFolder(path: string): Promise<void> {
  const entries = await readdir(path);
  if (entries.includes(MARKER)) return;
  if (entries.length > 0) {
    throw new StackError(
      `${path} is not empty and was not created by this stack.`,
      'Nothing was changed. Choose an empty or a new folder: --data DIR',
    );
  }
  await writeFile(join(path, MARKER), 'Data of the local development stack. Safe to delete while it is stopped.\n');
  await chmod(join(path, MARKER), 0o644);
}

async function emptyFolder(path: string): Promise<void> {
  await removeClusterFolder(path);
  for (const entry of await readdir(path)) {
    if (entry === MARKER || entry === 'stack.lock') continue;
    await rm(join(path, entry), { recursive: true, force: true });
  }
}
