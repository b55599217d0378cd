/** What a folder holds. */
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** Far more than the segments of the longest video: a look at a folder shall not take minutes. */
const MOST_ENTRIES = 100_000;

export interface FolderContents {
  /** That its files take of the disk, in bytes. */
  readonly bytes: number;
  /** When anything in it was last changed, in milliseconds since the epoch; 0 when it is not there. */
  readonly newestMs: number;
}

/** Looks at everything below a folder. What vanishes meanwhile is not counted. */
export async function measureFolder(folder: string): Promise<FolderContents> {
  let bytes = 0;
  let newestMs = 0;
  let left = MOST_ENTRIES;
  const paths = [folder];
  for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
    const facts = await lstat(path).catch(() => undefined);
    if (facts === undefined) continue;
    newestMs = Math.max(newestMs, facts.mtimeMs);
    if (facts.isFile()) bytes += facts.blocks * 512;
    const directory = facts.isDirectory() ? await opendir(path).catch(() => undefined) : undefined;
    if (directory === undefined) continue;
    for await (const { name } of directory) {
      if (left-- <= 0) break;
      paths.push(join(path, name));
    }
  }
  return { bytes, newestMs };
}
