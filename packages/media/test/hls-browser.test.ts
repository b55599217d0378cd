/** What viewers see of an HLS stream: it plays to its end in step with the clock, its sound as far from its picture as in the MP4. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findChromium } from '@supabase-media/test-support/browser';
import {
  beepAndCount,
  openPlayer,
  type Player,
  playThrough,
  type WatchedVideo,
  watchBeepAndCount,
} from '@supabase-media/test-support/playback';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateTools } from '../src/ffmpeg/locate.ts';
import { DEFAULT_POLICY } from '../src/plan/policy.ts';
import { processFile } from '../src/process-file.ts';

/** Copied, and encoded. B-frames are what shifts times. */
const H264 = '-c:v libx264 -preset veryfast -g 60 -c:a aac -f mp4';
const VP8 = '-c:v libvpx -deadline realtime -cpu-used 8 -b:v 200k -c:a libopus -f matroska';
/** Nothing happens on the screen for so long, and no frame is recorded. */
const gap = (from: number, to: number) => `-vf select=lt(t\\,${from})+gte(t\\,${to}) -fps_mode vfr`;

interface Clip {
  readonly fps: number;
  readonly seconds?: number;
  readonly pictureLate?: number;
  readonly soundLate?: number;
  readonly codec: string;
}

const CLIPS: Readonly<Record<string, Clip>> = {
  '30 fps, copied': { fps: 30, codec: H264 },
  '30 fps, encoded': { fps: 30, codec: VP8 },
  '25 fps, encoded': { fps: 25, codec: VP8 },
  '15 fps, copied': { fps: 15, codec: H264 },
  '5 fps, encoded': { fps: 5, codec: VP8 },
  '1 fps, copied': { fps: 1, codec: H264.replace('-g 60', '-g 2') },
  '1 fps, encoded': { fps: 1, codec: VP8 },
  'sound 3 s later, copied': { fps: 30, soundLate: 3, codec: H264 },
  'sound 3 s later, encoded': { fps: 25, soundLate: 3, codec: VP8 },
  'picture 3 s later, copied': { fps: 30, pictureLate: 3, codec: H264 },
  'picture 3 s later, encoded': { fps: 25, pictureLate: 3, codec: VP8 },
  '5 s without a frame, encoded': { fps: 20, seconds: 8, codec: `${gap(1, 6)} ${VP8}` },
};

/** So little picture, or sound, that a player which waits for more never begins. */
const SHORT_CLIPS: Readonly<Record<string, Clip>> = {
  'one frame, copied': { fps: 25, seconds: 0.04, codec: H264 },
  'one frame, encoded': { fps: 25, seconds: 0.04, codec: VP8 },
  'two frames in two seconds': { fps: 1, seconds: 2, codec: H264 },
  'a tenth of a second of sound': { fps: 25, seconds: 0.5, codec: `-af atrim=end=0.1 ${H264}` },
};

/** At the same time. Most of it is waiting; but with four, beside other tests, two cores were late for a frame in time. */
const PARALLEL = 2;

interface Watched {
  readonly hls: WatchedVideo;
  readonly mp4: WatchedVideo;
}

const executablePath = findChromium();
const title = executablePath ? 'HLS in Chromium' : 'HLS: skipped, there is no Chromium (apt-get install chromium)';

describe.skipIf(executablePath === undefined)(title, () => {
  const watched = new Map<string, Promise<Watched>>();
  let folder: string;
  let player: Player;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'media-hls-'));
    player = await openPlayer(executablePath ?? '');
    const lanes: Promise<unknown>[] = Array.from({ length: PARALLEL }, () => Promise.resolve());
    for (const [at, [name, clip]] of Object.entries(CLIPS).entries()) {
      const turn = lanes[at % PARALLEL] ?? Promise.resolve();
      const watching = turn.then(() => watch(clip, join(folder, String(at))));
      lanes[at % PARALLEL] = watching.catch(() => undefined);
      watched.set(name, watching);
      watching.catch(() => undefined);
    }
  });
  afterAll(async () => {
    await Promise.allSettled(watched.values());
    await player?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function watch(clip: Clip, outDir: string): Promise<Watched> {
    await make(clip, outDir);
    const look = (name: string) => player.watch(outDir, name, (page) => watchBeepAndCount(page, clip.fps));
    const [hls, mp4] = await Promise.all([look('hls/master.m3u8'), look('video.mp4')]);
    return { hls, mp4 };
  }

  async function make({ codec, seconds = 6, ...clip }: Clip, outDir: string): Promise<void> {
    const tools = await locateTools();
    const file = `${outDir}.source`;
    await mkdir(outDir);
    const inputs = beepAndCount({ ...clip, seconds });
    await promisify(execFile)(tools.ffmpeg.path, ['-nostdin', '-v', 'error', ...inputs, ...codec.split(' '), file]);
    const settings = { outputs: ['video', 'hls'] as const, policy: DEFAULT_POLICY, profile: 'fast' as const };
    await processFile({ file, outDir, settings, tools, log: pino({ level: 'silent' }) });
  }

  it.each(Object.entries(CLIPS))(
    '%s',
    async (name, { pictureLate = 0, soundLate = 0 }) => {
      const { hls, mp4 } = (await watched.get(name)) as Watched;
      expect(hls.played).toMatchObject({ hasEnded: true, stalls: [], jumps: [] });
      expect(Math.abs(hls.played.pace - 1)).toBeLessThan(0.1);
      expect(Math.abs(hls.played.duration - mp4.played.duration)).toBeLessThan(0.1);
      expect(Math.min(hls.beeps, mp4.beeps)).toBeGreaterThan(3);
      const apart = (video: WatchedVideo) => video.pictureLate - video.soundLate;
      expect(Math.abs(apart(mp4) - (pictureLate - soundLate))).toBeLessThan(0.04);
      expect(Math.abs(apart(hls) - apart(mp4))).toBeLessThan(0.04);
    },
    120_000,
  );

  it.each(Object.entries(SHORT_CLIPS))(
    '%s plays to its end',
    async (name, clip) => {
      const outDir = join(folder, name.replaceAll(' ', '-'));
      await make(clip, outDir);
      const played = await player.watch(outDir, 'hls/master.m3u8', (page) => playThrough(page));
      expect(played).toMatchObject({ hasEnded: true, stalls: [], jumps: [] });
      expect(Math.abs(played.duration - Math.max(0.25, clip.seconds ?? 0))).toBeLessThan(0.1);
    },
    120_000,
  );
});
