/** The worker's handlers in the test's own process, so that a test may end a run between two steps. */
import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import { locateTools } from '@supabase-media/media/locate-tools';
import { createMetrics } from '@supabase-media/service/metrics';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { openStackVideos, uniquePath } from '@supabase-media/test-support/stack';
import { POLICY, SOURCES } from '@supabase-media/test-support/uploads';
import { pino } from 'pino';
import type { Config } from '../../src/config.ts';
import type { Checkpoint } from '../../src/jobs/video-process/checkpoint.ts';
import type { VideoHandlers } from '../../src/jobs/video-process/contract.ts';
import { createVideoHandlers } from '../../src/jobs/video-process/process.ts';
import { type AdmissionOptions, createAdmission } from '../../src/work-disk/admission.ts';
import { createSlots } from '../../src/work-disk/slots.ts';

const silent = pino({ level: 'silent' });

/** Handlers as a worker of that configuration has them, except for what is said of its admission. */
export async function openHandlers(
  config: Config,
  storage: StorageConnection,
  admission: Partial<AdmissionOptions> = {},
  log = silent,
): Promise<VideoHandlers> {
  const { workDir, jobsDir } = config.worker;
  await mkdir(jobsDir, { recursive: true });
  return createVideoHandlers({
    config,
    storage,
    log,
    tools: await locateTools(config.ffmpeg),
    videos: openStackVideos(),
    metrics: createMetrics(),
    admission: createAdmission({ workDir, reserveBytes: 0, log, ...admission }),
    slots: { encodes: createSlots(1), transfers: createSlots(1) },
  });
}

/** A run that ends when it has kept a checkpoint that is wanted, or just before; its job is put off. */
export const dyingAt = (
  { process }: VideoHandlers,
  isWanted: (checkpoint: Checkpoint) => boolean,
  moment: 'before' | 'after' = 'after',
): VideoHandlers['process'] => {
  return (payload, context) =>
    process(payload, {
      ...context,
      saveCheckpoint: async (checkpoint) => {
        const isLast = isWanted(checkpoint as Checkpoint);
        if (!isLast || moment === 'after') await context.saveCheckpoint(checkpoint);
        if (isLast) throw new MediaError({ code: 'storage_unreachable', message: 'The worker dies here.' });
      },
    });
};

/** A second of noise: some megabytes that are to be encoded. @returns its address and its size in bytes. */
export async function sendNoise(storage: StorageConnection, folder: string) {
  const { ffmpeg } = await locateTools();
  const file = join(folder, 'noise.avi');
  const picture = 'testsrc2=size=320x240:rate=25:duration=1,noise=alls=100:allf=t';
  const args = ['-f', 'lavfi', '-i', picture, '-c:v', 'mjpeg', '-q:v', '1', file];
  const made = spawnSync(ffmpeg.path, ['-nostdin', '-v', 'error', '-y', ...args]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  const source = { bucket: SOURCES, path: uniquePath('noise.avi') };
  const resumeStore = openResumeStore(join(folder, 'state'));
  const options = { connection: storage, policy: POLICY, resumeStore, file, contentType: 'video/mp4', ...source };
  return { source, size: (await uploadFile(options)).size };
}
