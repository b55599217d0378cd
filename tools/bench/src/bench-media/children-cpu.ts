/** Processor time of the child processes that have ended and were waited for. Linux. */
import { readFileSync } from 'node:fs';

/** Of USER_HZ, which is 100 on every Linux of our platforms (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;

/** User and system time in seconds: cutime and cstime, the 16th and 17th field of /proc/self/stat. */
export function childrenCpuSeconds(): number {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  // The second field is the program's name in brackets and may hold spaces; what follows starts with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

export interface Cost {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** What a piece of work cost its children. Nothing else may start children at the same time. */
export async function measureCost<T>(work: () => Promise<T>): Promise<{ value: T } & Cost> {
  const cpu = childrenCpuSeconds();
  const started = performance.now();
  const value = await work();
  return { value, cpuSeconds: childrenCpuSeconds() - cpu, wallSeconds: (performance.now() - started) / 1000 };
}
