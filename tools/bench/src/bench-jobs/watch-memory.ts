/** The memory of a process and of all that descend from it. Linux (proc(5)). */
import { readdir, readFile } from 'node:fs/promises';
import { fieldsOf } from '../process-cpu.ts';

export interface PeakMemory {
  /** By program (`node`, `ffmpeg`), the most that one process of it had at once, in MB (1000000 bytes). */
  readonly peaks: () => ReadonlyMap<string, number>;
  readonly stop: () => void;
}

/** Often enough for a program that lives for a second. */
const LOOK_MS = 200;

/** Watches a process and all that descend from it. */
export function watchPeakMemory(pid: number): PeakMemory {
  const peaks = new Map<string, number>();
  const look = async () => {
    for (const one of await descendantsOf(pid)) {
      const status = await readFile(`/proc/${one}/status`, 'utf8').catch(() => '');
      const name = /^Name:\s+(\S+)/.exec(status)?.[1];
      const kilobytes = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
      if (name === undefined || kilobytes === undefined) continue;
      peaks.set(name, Math.max(peaks.get(name) ?? 0, Math.round(Number(kilobytes) * 1.024) / 1000));
    }
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  return { peaks: () => peaks, stop: () => clearInterval(timer) };
}

async function descendantsOf(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '');
    const parent = Number(fieldsOf(stat)[1]);
    if (Number.isInteger(parent)) parents.set(Number(name), parent);
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}
