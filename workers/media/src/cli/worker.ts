/** `media worker`: a worker until it is told to stop. */
import { once } from 'node:events';
import type { MediaTools } from '@supabase-media/media/tools';
import { startWorker } from '../worker.ts';
import type { CommandContext } from './run-command.ts';

/** What is still open after this, in milliseconds, belongs to a queue that is away: nothing is left to wait for. */
const LINGER_MS = 1000;

/** @param tools that are being located meanwhile. */
export async function workerCommand(context: CommandContext, tools: Promise<MediaTools> | undefined): Promise<void> {
  const { config, log, signal } = context;
  const worker = await startWorker({ config, log, tools, signal });
  if (!signal.aborted) await once(signal, 'abort');
  log.info(
    { event: 'worker.stopping' },
    `Stopping: running jobs have ${config.worker.shutdownGraceMs / 1000} s, then they go back to the queue`,
  );
  await worker.stop();
  log.info({ event: 'worker.stopped' }, 'Stopped');
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
