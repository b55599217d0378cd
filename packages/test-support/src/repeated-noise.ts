/** A small file that becomes a large video: one key frame of noise, shown again and again. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Encoder } from './clips.ts';
import { readFrame, repeatFrame } from './mp4-index.ts';

/** Noise that no encoder makes small. */
export const NOISE = 'noise=alls=100:allf=t+u';

const FRAME =
  `-f lavfi -i testsrc2=size=1280x720:rate=25,${NOISE},format=yuv420p -frames:v 1 ` +
  '-c:v libx264 -preset ultrafast -crf 20';

/** @returns an MP4 of some hundred kilobytes, `count` frames of so many ticks long. */
export async function makeRepeatedNoise(tools: Encoder, count: number, ticksEach: number): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'media-noise-'));
  const path = join(folder, 'frame.mp4');
  try {
    const args = ['-nostdin', '-v', 'error', ...FRAME.split(' '), path];
    await promisify(execFile)(tools.ffmpeg.path, args);
    return repeatFrame(readFrame(await readFile(path)), count, ticksEach);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
