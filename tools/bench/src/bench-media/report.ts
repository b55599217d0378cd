/** What the benchmark says. Pure. */
import type { ProcessFileResult } from '@supabase-media/media/process-file';
import type { Cost } from './children-cpu.ts';

/** What the worker promises: of the naive processor time, and of its own time until the MP4 is there. */
const LIMITS = { cpu: 0.7, mp4ReadyAt: 0.65 } as const;

export interface MeasuredBench {
  readonly seconds: number;
  readonly ffmpeg: string;
  readonly worker: Cost & { readonly value: ProcessFileResult };
  readonly ready: Cost;
  readonly passes: readonly (Cost & { readonly name: string })[];
}

/** The figures, and whether the limits are kept. */
export function summarize({ seconds, ffmpeg, worker, ready, passes }: MeasuredBench) {
  const naive = {
    cpuSeconds: round(passes.reduce((sum, pass) => sum + pass.cpuSeconds, 0)),
    wallSeconds: round(passes.reduce((sum, pass) => sum + pass.wallSeconds, 0)),
    passes: passes.map((pass) => ({ ...roundCost(pass), name: pass.name })),
  };
  const cpuRatio = round(worker.cpuSeconds / naive.cpuSeconds, 3);
  const mp4ReadyAt = round(ready.wallSeconds / worker.wallSeconds, 3);
  // Of the same in processor time, which other work on the machine does not move.
  const mp4ReadyAtCpu = round(ready.cpuSeconds / worker.cpuSeconds, 3);
  const { outcome, outputs } = worker.value;
  return {
    clip: { seconds, width: 1920, height: 1080, fps: 30 },
    ffmpeg,
    worker: {
      ...roundCost(worker),
      outcome,
      outputs: outputs.map(({ kind, bytes, files }) => ({ kind, bytes, files })),
    },
    mp4Ready: roundCost(ready),
    naive,
    cpuRatio,
    mp4ReadyAt,
    mp4ReadyAtCpu,
    limits: LIMITS,
    ok: outcome === 'processed' && cpuRatio <= LIMITS.cpu && mp4ReadyAt <= LIMITS.mp4ReadyAt,
  };
}

/** The same as a table. */
export function renderTable(result: ReturnType<typeof summarize>): string[] {
  const row = (name: string, cost: Cost) =>
    `${name.padEnd(34)}${cost.cpuSeconds.toFixed(1).padStart(8)}${cost.wallSeconds.toFixed(1).padStart(8)}`;
  const limit = (value: number, most: number) => `${value.toFixed(2)} (at most ${most.toFixed(2)})`;
  return [
    `${result.clip.seconds} s of 1080p30, ffmpeg ${result.ffmpeg}`.padEnd(34),
    `${''.padEnd(34)}   CPU s  wall s`,
    row('worker: MP4 and poster ready', result.mp4Ready),
    row('worker: all, verified', result.worker),
    ...result.naive.passes.map((pass) => row(`naive: ${pass.name}`, pass)),
    row('naive: all', result.naive),
    `CPU, worker by naive: ${limit(result.cpuRatio, LIMITS.cpu)}`,
    `MP4 ready at this part of the time: ${limit(result.mp4ReadyAt, LIMITS.mp4ReadyAt)}, of the CPU: ${result.mp4ReadyAtCpu.toFixed(2)}`,
    result.ok ? 'kept' : 'NOT KEPT',
  ];
}

const roundCost = ({ cpuSeconds, wallSeconds }: Cost): Cost => ({
  cpuSeconds: round(cpuSeconds),
  wallSeconds: round(wallSeconds),
});

function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
