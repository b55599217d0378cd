/** What a worker costs that does nothing yet, and an app that enqueues. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median } from '../../statistics.ts';
import type { Lab } from '../lab.ts';
import { runCommand } from './run-command.ts';
import { startWorker } from './start-worker.ts';

export interface SmallCosts {
  /** From the start of the process until it takes jobs. */
  readonly readySeconds: number;
  /** Ten seconds later, at its highest in a second, in MB. */
  readonly idleMb: number;
  /** Of `@supabase-media/client`, beyond what Node takes to start, in milliseconds. */
  readonly importMs: number;
}

const TIMES = 5;
const IDLE_AFTER_MS = 10_000;
const WATCH_MS = 1000;
/** The package is found from here. */
const FOLDER = fileURLToPath(new URL('.', import.meta.url));

export async function measureSmallCosts(lab: Lab, say: (line: string) => void): Promise<SmallCosts> {
  say('The start of a worker, and the import of the client …');
  const starts: number[] = [];
  const idle: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const environment = { ...lab.environment, WORK_DIR: join(lab.folder, 'work', 'small') };
    const worker = await startWorker({ folder: lab.folder, environment });
    starts.push(worker.readySeconds);
    if (time === 0) {
      await sleep(IDLE_AFTER_MS);
      const end = worker.measure();
      await sleep(WATCH_MS);
      idle.push(end().peakMb.node ?? 0);
    }
    await worker.stop();
  }
  const imports: number[] = [];
  for (let time = 0; time < TIMES; time++)
    imports.push((await secondsOf("await import('@supabase-media/client')")) - (await secondsOf('')));
  return { readySeconds: median(starts), idleMb: median(idle), importMs: median(imports) * 1000 };
}

async function secondsOf(source: string): Promise<number> {
  const { seconds } = await runCommand({
    program: process.execPath,
    args: ['--input-type=module', '--eval', source],
    environment: { PATH: process.env.PATH },
    folder: FOLDER,
  });
  return seconds;
}
