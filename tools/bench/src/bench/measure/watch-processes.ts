/** The memory and the number of all processes that descend from one. Linux (proc(5)). */
import { readFileSync } from 'node:fs';

export interface ProcessWatch {
  readonly seen: () => SeenProcesses;
  readonly stop: () => void;
}

export interface SeenProcesses {
  /** By program (`node`, `ffmpeg`), the most that one process of it had, in MB (1000000 bytes). */
  readonly peakMb: Readonly<Record<string, number>>;
  /** The most that all of them had at once, in MB. */
  readonly togetherMb: number;
  /** Processes beside the first. One that lives for less than {@link LOOK_MS} may be missed. */
  readonly children: number;
}

/** Often enough for a program that lives for a tenth of a second. */
const LOOK_MS = 50;

/** Watches a process and all that descend from it. A look takes half a millisecond, which is why it does not wait. */
export function watchProcesses(root: number): ProcessWatch {
  const peaks = new Map<string, number>();
  const children = new Set<number>();
  let togetherMb = 0;
  const look = () => {
    let sum = 0;
    for (const pid of familyOf(root)) {
      const status = read(`/proc/${pid}/status`);
      const name = /^Name:\s+(\S+)/.exec(status)?.[1];
      const kilobytes = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
      if (name === undefined || kilobytes === undefined) continue;
      const megabytes = Math.round(Number(kilobytes) * 1.024) / 1000;
      sum += megabytes;
      if (pid !== root) children.add(pid);
      peaks.set(name, Math.max(peaks.get(name) ?? 0, megabytes));
    }
    togetherMb = Math.max(togetherMb, sum);
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    seen: () => ({ peakMb: Object.fromEntries(peaks), togetherMb, children: children.size }),
    stop: () => clearInterval(timer),
  };
}

/** It and all that descend from it. The programs that are watched start others from their main thread. */
function familyOf(root: number): number[] {
  const found = [root];
  for (const pid of found) {
    const children = read(`/proc/${pid}/task/${pid}/children`);
    found.push(...children.split(' ').filter(Boolean).map(Number));
  }
  return found;
}

/** Empty when it has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
