/** What the figures were measured on. */
import { availableParallelism, cpus, totalmem } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** In GB (1000000000 bytes). */
  readonly memoryGb: number;
  readonly node: string;
}

export const describeMachine = (): Machine => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 1e9),
  node: process.versions.node,
});
