/** Both ways in one run, on the same clip, one after the other; a table, or one JSON object. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig } from '@supabase-media/worker/internal/config';
import { locateTools } from '@supabase-media/worker/internal/ffmpeg/locate';
import { chooseSettings } from '@supabase-media/worker/internal/media/settings';
import { createLogger } from '@supabase-media/worker/internal/observability/logger';
import { type ProcessFileResult, processFile } from '@supabase-media/worker/internal/steps/process-file';
import { printLine, printNotice } from '../stack/output.ts';
import { type Cost, childrenCpuSeconds, measureCost } from './children-cpu.ts';
import { NAIVE_PASSES, runNaivePass } from './naive-passes.ts';

/** What the worker promises: of the naive processor time, and of its own time until the MP4 is there. */
const LIMITS = { cpu: 0.7, mp4ReadyAt: 0.65 } as const;

export interface MediaBenchOptions {
  readonly seconds: number;
  readonly json: boolean;
}

/** Runs the benchmark. Returns the exit code: 1 when a limit is not kept. */
export async function runMediaBench({ seconds, json }: MediaBenchOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'media-bench-'));
  try {
    const config = loadConfig({ environment: { ...process.env, LOG_LEVEL: 'warn' } });
    const tools = await locateTools(config.ffmpeg);
    const source = join(folder, 'source.mp4');
    printNotice(`Making ${seconds} s of 1080p30 …`);
    await makeSource(tools.ffmpeg.path, source, seconds);

    printNotice('As the worker does it …');
    const log = await createLogger({ config });
    const ready = { cpuSeconds: 0, wallSeconds: 0 };
    const cpu = childrenCpuSeconds();
    const started = performance.now();
    const worker = await measureCost(() =>
      processFile({
        file: source,
        outDir: join(folder, 'worker'),
        settings: chooseSettings(config.media),
        tools,
        log,
        onVideo: () => {
          ready.cpuSeconds = childrenCpuSeconds() - cpu;
          ready.wallSeconds = (performance.now() - started) / 1000;
        },
      }),
    );

    const passes: (Cost & { name: string })[] = [];
    for (const { name, args } of NAIVE_PASSES) {
      printNotice(`Naively: ${name} …`);
      const { cpuSeconds, wallSeconds } = await measureCost(() =>
        runNaivePass(tools.ffmpeg.path, source, join(folder, 'naive'), args),
      );
      passes.push({ name, cpuSeconds, wallSeconds });
    }
    const result = summarize({ seconds, ffmpeg: tools.ffmpeg.version, worker, ready, passes });
    if (json) printLine(JSON.stringify(result));
    else for (const line of renderTable(result)) printLine(line);
    return result.ok ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Movement everywhere and some noise, above the bit rate that is copied: a source that has to be encoded. */
async function makeSource(ffmpeg: string, file: string, seconds: number): Promise<void> {
  const picture = `testsrc2=size=1920x1080:rate=30:duration=${seconds},noise=alls=6:allf=t`;
  const codec = '-c:v libx264 -preset ultrafast -b:v 14M -minrate 14M -maxrate 16M -bufsize 16M -g 30 -pix_fmt yuv420p';
  await promisify(execFile)(ffmpeg, [
    ...['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', picture],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`],
    ...[...codec.split(' '), '-c:a', 'aac', '-shortest', file],
  ]);
}

interface Measured {
  readonly seconds: number;
  readonly ffmpeg: string;
  readonly worker: Cost & { readonly value: ProcessFileResult };
  readonly ready: Cost;
  readonly passes: readonly (Cost & { readonly name: string })[];
}

function summarize({ seconds, ffmpeg, worker, ready, passes }: Measured) {
  const naive = {
    cpuSeconds: round(passes.reduce((sum, pass) => sum + pass.cpuSeconds, 0)),
    wallSeconds: round(passes.reduce((sum, pass) => sum + pass.wallSeconds, 0)),
    passes: passes.map((pass) => ({ ...roundCost(pass), name: pass.name })),
  };
  const cpuRatio = round(worker.cpuSeconds / naive.cpuSeconds, 3);
  const mp4ReadyAt = round(ready.wallSeconds / worker.wallSeconds, 3);
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
    limits: LIMITS,
    ok: outcome === 'processed' && cpuRatio <= LIMITS.cpu && mp4ReadyAt <= LIMITS.mp4ReadyAt,
  };
}

function renderTable(result: ReturnType<typeof summarize>): string[] {
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
    `MP4 ready at this part of the time: ${limit(result.mp4ReadyAt, LIMITS.mp4ReadyAt)}`,
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
