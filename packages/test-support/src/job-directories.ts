/** What workers have on their disk for jobs. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The directories of jobs below a WORK_DIR, of whichever queue.
 *
 * @throws when no worker has made a folder for them: then a look at it proves nothing.
 */
export async function listJobDirectories(workDir: string): Promise<string[]> {
  const folders = (await readdir(workDir)).filter((name) => name.startsWith('jobs-'));
  if (folders.length === 0) throw new Error(`no folder for jobs in ${workDir}`);
  const lists = folders.map(async (folder) => {
    const names = await readdir(join(workDir, folder));
    return names.map((name) => join(workDir, folder, name));
  });
  return (await Promise.all(lists)).flat();
}
