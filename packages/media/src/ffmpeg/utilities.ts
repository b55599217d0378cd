/** Programs of util-linux that start others under conditions. */
import { realpathSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

export interface CommandLine {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * Finds a program in a search path, on Linux.
 *
 * @returns undefined where there is none, or only BusyBox's, which knows few of its options.
 */
export function findUtility(name: 'prlimit' | 'setpriv' | 'unshare', searchPath: string): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return searchPath
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find((path) => isReadableFile(path) && basename(realpathSync(path)) !== 'busybox');
}

/** Whether a file is there and this user may look: a folder of the PATH may be closed to them. */
export function isReadableFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
