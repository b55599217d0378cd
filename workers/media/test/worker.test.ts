/** The worker as an operator runs it: a process of its own, jobs through the queue, results in Storage and in the row. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { locateTools } from '@supabase-media/media/locate-tools';
import type { MediaTools } from '@supabase-media/media/tools';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { downloadFile } from '@supabase-media/storage/download';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import { type RunningCommand, startCommand } from '@supabase-media/test-support/command';
import { listJobDirectories } from '@supabase-media/test-support/job-directories';
import { hasRedis, queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import {
  openStackStorage,
  openStackVideos,
  stackEnvironment,
  stackValue,
  uniquePath,
} from '@supabase-media/test-support/stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SOURCES = 'project-videos';
const policy = { timeoutMs: 60_000, stallMs: 30_000, answerMs: 30_000, directMaxBytes: 100_000_000, maxRetries: 0 };

let folder: string;
let storage: StorageConnection;
let tools: MediaTools;
let redis: TestRedis;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-worker-test-'));
  storage = openStackStorage();
  tools = await locateTools();
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
  await storage.close();
  await rm(folder, { recursive: true, force: true });
});

const makeClip = (name: string, ...args: string[]): string => {
  const file = join(folder, name);
  const lavfi = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=320x240:rate=25:duration=2',
    '-f',
    'lavfi',
    '-i',
    'sine=duration=2',
  ];
  const made = spawnSync(tools.ffmpeg.path, ['-nostdin', '-v', 'error', '-y', ...lavfi, ...args, '-shortest', file]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  return file;
};

const send = async (file: string): Promise<{ bucket: string; path: string }> => {
  const path = uniquePath('source');
  await uploadFile({
    connection: storage,
    policy,
    resumeStore: openResumeStore(join(folder, 'state')),
    file,
    bucket: SOURCES,
    path,
    contentType: 'video/mp4',
  });
  return { bucket: SOURCES, path };
};

/** Its size in bytes, by what came back. */
const fetchObject = async (path: string, file: string): Promise<number> => {
  const object = { connection: storage, bucket: 'project-processed-videos', path, file };
  return (await downloadFile({ ...object, timeouts: policy, maxRetries: 0 })).size;
};

describe.each(queueBackends())('a worker on %s', (kind) => {
  let worker: RunningCommand;
  let queue: QueueClient;
  let workDir: string;
  beforeAll(async () => {
    workDir = join(folder, `work-${kind}`);
    const variables: Record<string, string> = kind === 'redis' ? { REDIS_URL: redis.url } : {};
    worker = startCommand(['worker'], { ...stackEnvironment(), ...variables, WORK_DIR: workDir });
    await worker.sees('Taking jobs');
    const address = kind === 'redis' ? { redisUrl: redis.url } : { databaseUrl: stackValue('DATABASE_URL') };
    queue = openQueueClient({ ...address, rows: 'elsewhere' });
  });
  afterAll(async () => {
    await queue.close();
    worker.kill('SIGTERM');
    expect((await worker.ended).exitCode).toBe(0);
  });

  const processSource = async (source: { bucket: string; path: string }) => {
    const { jobId, videoId } = await queue.enqueueVideo({ ownerId: null, source, project: 'tests' });
    const result = await queue.waitForVideo(jobId);
    return { jobId, videoId, result, row: await openStackVideos().find(videoId) };
  };

  it('encodes what browsers do not play, and tells the row', async () => {
    const source = await send(makeClip('mpeg4.avi', '-c:v', 'mpeg4', '-c:a', 'mp3'));
    const { result, row, videoId } = await processSource(source);
    expect(result.outcome).toBe('processed');
    expect(row).toMatchObject({ status: 'ready', outcome: 'processed', progress: 100, step: null, error_code: null });
    expect(row?.facts).toMatchObject({ input: { videoCodec: 'mpeg4' }, output: { videoCodec: 'h264' } });
    expect(row?.outputs).toEqual(result.outputs);
    const kinds = ['video', 'poster', 'storyboard', 'storyboard_index', 'hls', 'preview', 'info'];
    expect(result.outputs.map((output) => output.kind)).toEqual(kinds);
    const [video] = result.outputs;
    expect(video?.path).toMatch(new RegExp(`^tests/${videoId}/[0-9a-f]{12}-p3-fast-[0-9a-f]{6}/video\\.mp4$`));

    const back = join(folder, 'back.mp4');
    expect(await fetchObject(video?.path ?? '', back)).toBe(video?.bytes);
    const played = spawnSync(tools.ffmpeg.path, ['-v', 'error', '-i', back, '-f', 'null', '-']);
    expect(String(played.stderr)).toBe('');
  });

  it('publishes a stream whose every file is there, and the video before the stream', async () => {
    const { result, row } = await processSource(await send(makeClip('stream.avi', '-c:v', 'mpeg4', '-c:a', 'mp3')));
    const hls = result.outputs.find((output) => output.kind === 'hls');
    const root = hls?.path.replace('master.m3u8', '') ?? '';
    const read = async (name: string) => {
      const file = join(folder, 'stream-part');
      return { bytes: await fetchObject(`${root}${name}`, file), text: await readFile(file, 'latin1') };
    };
    const master = await read('master.m3u8');
    const playlists = [...master.text.matchAll(/^(\S+index\.m3u8)$|URI="([^"]+)"/gm)].map(([, a, b]) => a ?? b ?? '');
    expect(playlists.sort()).toEqual(['240p/index.m3u8', 'audio/index.m3u8']);
    let bytes = master.bytes;
    let files = 1;
    for (const playlist of playlists) {
      const media = await read(playlist);
      const named = media.text.matchAll(/^(\S+\.mp4)$|URI="([^"]+)"/gm);
      const names = [...new Set([...named].map(([, a, b]) => a ?? b ?? ''))];
      const sizes = await Promise.all(
        names.map((name, index) =>
          fetchObject(`${root}${playlist.replace('index.m3u8', name)}`, join(folder, `p${index}`)),
        ),
      );
      bytes += media.bytes + sizes.reduce((sum, size) => sum + size, 0);
      files += 1 + names.length;
    }
    expect(hls).toMatchObject({ bytes, files });

    const lines = (await worker.sees('Uploaded info.json'))
      .split('\n')
      .filter((line) => line.includes(String(row?.id)));
    const at = (text: string) => lines.findIndex((line) => line.includes(text));
    const order = [
      'Uploaded video.mp4',
      'Step 7/8: Uploading',
      'Uploaded hls/240p/index',
      'Uploaded hls/master',
      'Step 8/8',
    ];
    expect(order.map(at)).toEqual([...order.map(at)].sort((one, other) => one - other));
    expect(at('Uploaded video.mp4')).toBeGreaterThan(0);
  });

  it('makes what a job asks for, and no more', async () => {
    const source = await send(makeClip('few.avi', '-c:v', 'mpeg4', '-an'));
    const { jobId } = await queue.enqueueVideo({
      ownerId: null,
      source,
      outputs: ['video', 'poster'],
      profile: 'quality',
    });
    const { outputs } = await queue.waitForVideo(jobId);
    expect(outputs.map((output) => output.kind)).toEqual(['video', 'poster']);
    expect(outputs[0]?.path).toMatch(/-p3-quality-[0-9a-f]{6}\/video\.mp4$/);
    await worker.sees('Step 6/6 done');
    // Which outputs there are is the worker's to say.
    const unknown = await queue.enqueueVideo({ ownerId: null, source, outputs: ['film'] });
    await expect(queue.waitForVideo(unknown.jobId)).rejects.toThrow("The job's payload is not one of ours");
  });

  it('copies what is web-ready, and the same source gives the same objects again', async () => {
    const web = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '25', '-c:a', 'aac', '-movflags', '+faststart'];
    const source = await send(makeClip('web.mp4', ...web));
    const first = await processSource(source);
    expect(first.result.outcome).toBe('remuxed');
    const again = await processSource(source);
    expect(again.result.outputs).toEqual(first.result.outputs);
  });

  it('rejects what is no video, once, in words its uploader understands', async () => {
    const text = join(folder, 'text.mp4');
    await writeFile(text, 'This is a text that somebody renamed.\n'.repeat(100));
    const { result, row, jobId } = await processSource(await send(text));
    expect(result).toMatchObject({ outcome: 'rejected', outputs: [] });
    expect(row).toMatchObject({ status: 'rejected', error_code: result.code, error_message: result.reason });
    expect(result.reason).toMatch(/video/i);
    const lines = (await worker.sees(jobId)).split('\n').filter((line) => line.includes(jobId));
    expect(lines.some((line) => line.includes('attempt 2'))).toBe(false);
  });

  it('rejects a large file by its first bytes, without bringing the rest', async () => {
    const archive = join(folder, 'archive.mp4');
    await writeFile(archive, 'PK\u0003\u0004\u0014');
    await truncate(archive, 40 * 1024 * 1024);
    const { result, row, jobId } = await processSource(await send(archive));
    expect(result).toMatchObject({ outcome: 'rejected', code: 'container_not_allowed' });
    expect(row).toMatchObject({ status: 'rejected', error_code: result.code, error_message: result.reason });
    const lines = (await worker.sees(jobId)).split('\n').filter((line) => line.includes(jobId));
    expect(lines.some((line) => line.includes('Downloading'))).toBe(false);
  });

  it('fails a source that is not there, and says so in the row', async () => {
    const { jobId, videoId } = await queue.enqueueVideo({
      ownerId: null,
      source: { bucket: SOURCES, path: uniquePath('gone.mp4') },
    });
    await expect(queue.waitForVideo(jobId)).rejects.toMatchObject({ code: 'job_failed' });
    await worker.sees('Failed: Downloading');
    await expect
      .poll(async () => await openStackVideos().find(videoId), { timeout: 10_000 })
      .toMatchObject({ status: 'failed', error_code: 'object_missing' });
  });

  it('numbers its steps in the log and leaves nothing in its directory', async () => {
    const log = await worker.sees('Step 8/8 done');
    for (const step of ['Step 1/8: Downloading the source', 'Step 4/8: Encoding', 'Step 7/8: Uploading assets'])
      expect(log).toContain(step);
    expect(log).not.toContain(stackValue('SUPABASE_SERVICE_ROLE_KEY'));
    expect(await listJobDirectories(workDir)).toEqual([]);
  });
});

describe.skipIf(!hasRedis())('a worker that is stopped in mid-job', () => {
  it('gives the job back, and another worker goes on after the download, at the first attempt', async () => {
    const workDir = join(folder, 'work-stopped');
    const environment = { ...stackEnvironment(), REDIS_URL: redis.url, WORK_DIR: workDir, SHUTDOWN_GRACE_SECONDS: '0' };
    const long = ['-c:v', 'mpeg4', '-vf', 'scale=1280:720,loop=loop=20:size=50', '-t', '12', '-an'];
    const source = await send(makeClip('long.avi', ...long));
    const queue = openQueueClient({ redisUrl: redis.url, rows: 'elsewhere' });
    try {
      const first = startCommand(['worker'], environment);
      await first.sees('Taking jobs');
      const { jobId, videoId } = await queue.enqueueVideo({ ownerId: null, source, outputs: ['video', 'poster'] });
      await first.sees('Step 4/6: Encoding');
      first.kill('SIGTERM');
      expect((await first.ended).exitCode).toBe(0);
      expect(await openStackVideos().find(videoId)).toMatchObject({ status: 'queued' });

      const second = startCommand(['worker'], environment);
      expect((await queue.waitForVideo(jobId)).outcome).toBe('processed');
      const seen = await second.sees('Step 6/6 done');
      expect(seen).toContain('attempt 1 of');
      expect(seen).toContain('Resuming after an earlier run: the source is downloaded');
      expect(seen).not.toContain('Step 1/8');
      expect(await listJobDirectories(workDir)).toEqual([]);
      second.kill('SIGTERM');
      await second.ended;
    } finally {
      await queue.close();
    }
  });
});
