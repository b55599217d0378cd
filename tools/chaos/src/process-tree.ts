/** Lists the descendants of a process and whether they are still running. Linux only: reads /proc. */
import { readdir, readFile } from 'node:fs/promises';
import { readProcessStart } from '@supabase-media/local-stack/stack/process-identity';

/** A process; its start time distinguishes it from a later one with the same id. */
export interface ProcessMark {
  readonly pid: number;
  readonly started: string;
  readonly command: string;
}

async function readParent(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  return parent === undefined ? undefined : Number(parent);
}

/** All descendants of a process. */
export async function listDescendants(pid: number): Promise<readonly ProcessMark[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map<number, number | undefined>();
  for (const one of pids) parents.set(one, await readParent(one));
  const isBelow = (one: number | undefined): boolean => {
    const parent = one === undefined ? undefined : parents.get(one);
    return parent === pid || (parent !== undefined && parent > 1 && isBelow(parent));
  };
  const marks: ProcessMark[] = [];
  for (const one of pids.filter(isBelow)) {
    const started = await readProcessStart(one);
    const command = await readFile(`/proc/${one}/cmdline`, 'utf8').catch(() => '');
    if (started !== undefined) marks.push({ pid: one, started, command: command.replaceAll('\0', ' ').trim() });
  }
  return marks;
}

/** Those that are still running; zombies are not. */
export async function findAlive(marks: readonly ProcessMark[]): Promise<readonly ProcessMark[]> {
  const alive: ProcessMark[] = [];
  for (const mark of marks) {
    const isSame = (await readProcessStart(mark.pid)) === mark.started;
    const stat = isSame ? await readFile(`/proc/${mark.pid}/stat`, 'utf8').catch(() => '') : '';
    const state = stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
    if (state !== '' && state !== 'Z') alive.push(mark);
  }
  return alive;
}
