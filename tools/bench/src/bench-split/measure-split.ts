/** How long some workers take for one long video. */
import { join } from 'node:path';
import { openQueueClient } from '@supabase-media/client';
import { Closers } from '@supabase-media/local-stack/stack/closers';
import { makeSource } from '../make-source.ts';
import { writeSleepingFfmpeg } from './sleeping-ffmpeg.ts';
import { makeSmallVideo, openSplitStage, type SplitStage } from './split-stage.ts';
import { type SplitWorkersOptions, startSplitWorker } from './split-workers.ts';

export interface SplitSeries {
  readonly backend: string;
  readonly workers: number;
  readonly seconds: number;
  /** 0: in one piece. */
  readonly parts: number;
}

export interface MeasureSplitOptions {
  /** Numbers of workers. */
  readonly workers: readonly number[];
  /** `simulated`: a small video whose encode sleeps. `real`: 1080p of so many minutes, each worker pinned to a core. */
  readonly video:
    | { readonly kind: 'simulated'; readonly encodeSeconds: number }
    | { readonly kind: 'real'; readonly minutes: number };
  readonly say: (line: string) => void;
}

/** Of the simulated video: sixteen parts, two for each of eight workers. */
const SIMULATED = { seconds: 64, partSeconds: { least: 3, most: 5 } };
const FRAMES = SIMULATED.seconds * 25;
const REAL_PARTS = { least: 60, most: 120 };

/** Measures once with each number of workers. */
export async function measureSplit({ workers, video, say }: MeasureSplitOptions): Promise<readonly SplitSeries[]> {
  const closers = new Closers();
  try {
    const stage = await openSplitStage(closers);
    const { folder, ffmpegPath } = stage;
    const file = join(folder, 'long.mp4');
    say('Making the video');
    if (video.kind === 'real') await makeSource(ffmpegPath, file, { kind: 'encode', seconds: video.minutes * 60 });
    else await makeSmallVideo(ffmpegPath, file, SIMULATED.seconds);
    const environment =
      video.kind === 'real'
        ? { ...stage.environment, MEDIA_THREADS: '1' }
        : {
            ...stage.environment,
            FFMPEG_PATH: await writeSleepingFfmpeg({
              folder,
              ffmpegPath,
              frameMs: (video.encodeSeconds * 1000) / FRAMES,
            }),
            // Node reserves more addresses than ffmpeg is to have.
            MEDIA_MEMORY_LIMIT_MB: '0',
          };
    const series: SplitSeries[] = [];
    for (const count of workers) {
      say(`One long video, ${count} ${count === 1 ? 'worker' : 'workers'}`);
      const options = {
        folder: join(folder, `with-${count}`),
        environment,
        partSeconds: video.kind === 'real' ? REAL_PARTS : SIMULATED.partSeconds,
        isPinned: video.kind === 'real',
      };
      series.push(await measureOne(stage, { file, count, options }));
    }
    return series;
  } finally {
    await closers.closeAll();
  }
}

async function measureOne(
  { address, backend, send }: SplitStage,
  { file, count, options }: { readonly file: string; readonly count: number; readonly options: SplitWorkersOptions },
): Promise<SplitSeries> {
  let parts = 0;
  const onLine: SplitWorkersOptions['onLine'] = ({ event }) => {
    if (event === 'part.started') parts += 1;
  };
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const workers = await Promise.all(numbers.map((number) => startSplitWorker(number, { ...options, onLine })));
  const queue = openQueueClient({ ...address, rows: 'elsewhere' });
  try {
    const source = await send(file, `with-${count}.mp4`);
    const started = performance.now();
    const { jobId } = await queue.enqueueVideo({ source, ownerId: null, outputs: ['video', 'poster'] });
    const { outcome } = await queue.waitForVideo(jobId);
    if (outcome !== 'processed') throw new Error(`The video was ${outcome}.`);
    return { backend, workers: count, seconds: (performance.now() - started) / 1000, parts };
  } finally {
    await queue.close();
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}
