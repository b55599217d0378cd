/** What was said about the time left while a file was processed, held against how long it took. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OUTPUT_KINDS } from '@supabase-media/media/outputs';
import { processFile } from '@supabase-media/media/process-file';
import { chooseSettings, type MediaSettings } from '@supabase-media/media/settings';
import type { MediaTools } from '@supabase-media/media/tools';
import { pino } from 'pino';
import { judgeTimeLeft, type TimeLeftFigures, type ToldTime } from './judge-time-left.ts';

/** The defaults. */
const SETTINGS: MediaSettings = chooseSettings({
  outputs: OUTPUT_KINDS,
  profile: 'fast',
  maxShortSide: 1080,
  maxFps: 60,
  maxDurationSeconds: 12 * 3600,
});

const silent = pino({ level: 'silent' });

/** Undefined for a file that is rejected. @throws {MediaError} as `processFile` does. */
export async function measureTimeLeft(options: {
  readonly path: string;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
}): Promise<TimeLeftFigures | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'time-left-'));
  const told: ToldTime[] = [];
  const began = performance.now();
  const passed = () => (performance.now() - began) / 1000;
  try {
    const { outcome } = await processFile({
      file: options.path,
      outDir: folder,
      settings: SETTINGS,
      tools: options.tools,
      log: silent,
      signal: options.signal,
      onProgress: ({ percent, etaSeconds, step }) => told.push({ atSeconds: passed(), percent, etaSeconds, step }),
    });
    return outcome === 'rejected' ? undefined : judgeTimeLeft(told, passed());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
