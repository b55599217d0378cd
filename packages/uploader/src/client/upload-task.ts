/** One upload as its caller holds it: states, pause, resumption, cancel, its turn among the others. */
import { createPauseController } from './pause-controller.ts';
import { createProgressMeter } from './progress.ts';
import { UploadError } from './upload-error.ts';
import { createJob } from './upload-job.ts';
import type { UploadSource } from './upload-source.ts';
import type { TaskTools, UploadHandle, UploadResult, UploadState, UploadVideoOptions } from './upload-types.ts';

/** Between two looks at a speed that falls while nothing moves, in milliseconds. */
const TICK_MS = 1000;

export function startUpload(tools: TaskTools, source: UploadSource, options: UploadVideoOptions): UploadHandle {
  const end = new AbortController();
  const stop = (): void => end.abort(new UploadError({ code: 'stopped', cause: options.signal?.reason }));
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener('abort', stop, { once: true });

  let state: UploadState = { name: 'queued' };
  const enter = (next: UploadState): void => {
    state = next;
    options.onState?.(next);
  };
  const meter = createProgressMeter({
    total: source.size,
    onProgress: options.onProgress,
    now: () => performance.now(),
  });
  const pauseController = createPauseController(end.signal);
  const job = createJob({ tools, source, options, meter, enter });

  const run = async (): Promise<UploadResult> => {
    const ticker = setInterval(() => state.name === 'uploading' && meter.tick(), TICK_MS);
    try {
      for (;;) {
        await pauseController.opened();
        const closing = pauseController.closing();
        const round = AbortSignal.any([end.signal, closing]);
        enter({ name: 'queued' });
        let giveBack: (() => void) | undefined;
        try {
          giveBack = await tools.slots.take(round);
          const result = await job.run(round);
          enter({ name: 'completed', videoId: result.videoId });
          return result;
        } catch (error) {
          if (end.signal.aborted) throw end.signal.reason;
          if (!closing.aborted) throw error;
        } finally {
          giveBack?.();
        }
      }
    } catch (thrown) {
      const error = thrown instanceof UploadError ? thrown : new UploadError({ code: 'failed', cause: thrown });
      if (error.code === 'canceled') await job.abort();
      enter(error.code === 'canceled' ? { name: 'canceled' } : { name: 'failed', error });
      throw error;
    } finally {
      clearInterval(ticker);
      options.signal?.removeEventListener('abort', stop);
      job.close();
    }
  };
  const finished = run();
  // A page that only listens to states shall not see an unhandled rejection.
  finished.catch(() => {});
  return {
    finished,
    state: () => state,
    progress: meter.current,
    videoId: job.videoId,
    pause: () => {
      if (['completed', 'failed', 'canceled', 'paused'].includes(state.name) || end.signal.aborted) return;
      pauseController.close();
      enter({ name: 'paused' });
    },
    resume: pauseController.open,
    cancel: () => end.abort(new UploadError({ code: 'canceled' })),
    cancelOnLeave: () => {
      job.abortOnLeave();
      end.abort(new UploadError({ code: 'canceled' }));
    },
  };
}
