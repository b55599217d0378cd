/** A stack, a queue and a video for workers that encode it in parts. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findRedisVersion, startRedisServer } from '@supabase-media/local-stack/redis/redis-server';
import type { Closers } from '@supabase-media/local-stack/stack/closers';
import { startStackProcess } from '@supabase-media/local-stack/stack/start-stack-process';
import { locateTools } from '@supabase-media/media/locate-tools';
import { openStorage, type StorageConnection } from '@supabase-media/storage/connection';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { loadConfig } from '@supabase-media/worker/load-config';

const SOURCE_BUCKET = 'project-videos';

export interface SplitStage {
  readonly folder: string;
  readonly backend: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly address: { readonly redisUrl?: string; readonly databaseUrl?: string };
  readonly storage: StorageConnection;
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  /** Puts a file into the bucket of sources, under a name of its own. */
  readonly send: (file: string, name: string) => Promise<{ readonly bucket: string; readonly path: string }>;
}

/** Starts it: on Redis where there is one, else on PostgreSQL. */
export async function openSplitStage(closers: Closers): Promise<SplitStage> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-split-'));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const stack = await startStackProcess(folder);
  closers.add(stack.stop);
  const queue = await openQueue(folder, stack.environment.DATABASE_URL ?? '', closers);
  const config = loadConfig({ environment: { PATH: process.env.PATH, ...stack.environment } });
  const { ffmpeg, ffprobe } = await locateTools(config.ffmpeg);
  const { SUPABASE_URL: url = '', SUPABASE_SERVICE_ROLE_KEY: serviceRoleKey = '' } = stack.environment;
  const storage = openStorage({ url, serviceRoleKey });
  closers.add(storage.close);
  const resumeStore = openResumeStore(join(folder, 'state'));
  return {
    ...queue,
    folder,
    environment: { ...stack.environment, ...queue.environment, FFMPEG_PATH: ffmpeg.path, FFPROBE_PATH: ffprobe.path },
    storage,
    ffmpegPath: ffmpeg.path,
    ffprobePath: ffprobe.path,
    send: async (file, name) => {
      const source = { bucket: SOURCE_BUCKET, path: `split/${name}` };
      const policy = config.upload;
      await uploadFile({ connection: storage, policy, resumeStore, file, contentType: 'video/mp4', ...source });
      return source;
    },
  };
}

async function openQueue(
  folder: string,
  databaseUrl: string,
  closers: Closers,
): Promise<Pick<SplitStage, 'backend' | 'address' | 'environment'>> {
  const version = findRedisVersion();
  if (version === undefined) return { backend: 'PostgreSQL', address: { databaseUrl }, environment: {} };
  const redisFolder = join(folder, 'redis');
  await mkdir(redisFolder);
  const redis = await startRedisServer({ folder: redisFolder });
  closers.add(redis.stop);
  return { backend: `Redis ${redis.version}`, address: { redisUrl: redis.url }, environment: { REDIS_URL: redis.url } };
}

/** A small picture of 25 frames a second with a key frame each second, which browsers do not play. */
export async function makeSmallVideo(ffmpegPath: string, file: string, seconds: number): Promise<void> {
  const picture = ['-f', 'lavfi', '-i', `testsrc2=size=160x90:rate=25:duration=${seconds}`];
  const sound = ['-f', 'lavfi', '-i', `sine=duration=${seconds}`, '-c:a', 'aac'];
  const options = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv422p', '-g', '25', '-bf', '2'];
  await promisify(execFile)(ffmpegPath, ['-nostdin', '-v', 'error', '-y', ...picture, ...sound, ...options, file]);
}
