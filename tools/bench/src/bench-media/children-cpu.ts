/** Processor time of the child processes that have ended and were waited for. */
import { readCpuSeconds } from '../process-cpu.ts';

/** In seconds. */
export const childrenCpuSeconds = (): number => readCpuSeconds('self').children;

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
