/** The lock of a data folder: a file with the process that holds it. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readProcessStart } from './process-identity.ts';
import { StackError, systemErrorCode } from './stack-error.ts';

/**
 * Takes the folder's lock, also from a process that has ended (kill -9, power cut).
 * @returns a function that releases it.
 * @throws StackError when a living stack holds it.
 */
export async function lockDataFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'stack.lock');
  const own = JSON.stringify({ pid: process.pid, started: await readProcessStart(process.pid) });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      await writeFile(file, own, { flag: 'wx', mode: 0o644 });
      return () => rm(file, { force: true });
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
    const holder = await findLivingHolder(file);
    if (holder !== undefined) {
      throw new StackError(
        `Another stack (process ${holder}) is using ${folder}.`,
        'Stop it first, or start this one on another folder: --data DIR',
      );
    }
    await rm(file, { force: true });
  }
  throw new StackError(`The lock ${file} cannot be taken.`, 'Use another folder: --data DIR');
}

async function findLivingHolder(file: string): Promise<number | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || !('started' in holder)) return undefined;
    const pid = Number(holder.pid);
    const started = await readProcessStart(pid);
    return started !== undefined && started === holder.started ? pid : undefined;
  } catch {
    return undefined;
  }
}
