/** Both ways in one run, on the same clip, one after the other; a table, or one JSON object. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printLine, printNotice } from '@supabase-media/local-stack/stack/output';
import { locateTools } from '@supabase-media/media/locate-tools';
import { processFile } from '@supabase-media/media/process-file';
import { chooseSettings } from '@supabase-media/media/settings';
import { createLogger } from '@supabase-media/service/logger';
import { loadConfig } from '@supabase-media/worker/load-config';
import { makeSource } from '../make-source.ts';
import { type Cost, childrenCpuSeconds, measureCost } from './children-cpu.ts';
import { NAIVE_PASSES, runNaivePass } from './naive-passes.ts';
import { renderTable, summarize } from './report.ts';

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
    await makeSource(tools.ffmpeg.path, source, { kind: 'encode', seconds });

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
