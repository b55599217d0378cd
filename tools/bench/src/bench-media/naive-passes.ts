/**
 * How it is done without thinking of the whole: each output by a pass of its own over the source, with the same encoder
 * settings and sizes as the worker's, so that only the plan differs.
 */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const MP4 = '-vf scale=1920:1080,format=yuv420p -c:v libx264 -preset veryfast -crf 23 -maxrate 6M -bufsize 12M';
const HLS = '-hls_time 4 -hls_playlist_type vod -hls_segment_type fmp4 -hls_flags independent_segments';
const GOP = '-profile:v high -force_key_frames expr:gte(t,n_forced*2) -sc_threshold 0';
const AUDIO = '-c:a aac -b:a 128k -ac 2 -ar 48000';

const rung = (height: number, rate: string, buffer: string) =>
  `-vf scale=-2:${height},format=yuv420p -c:v libx264 -preset veryfast -crf 23 -maxrate ${rate} -bufsize ${buffer}`;

/** What is asked of ffmpeg for each output. */
export const NAIVE_PASSES: readonly { readonly name: string; readonly args: string }[] = [
  { name: 'mp4', args: `${MP4} ${GOP} ${AUDIO} -movflags +faststart -f mp4 video.mp4` },
  { name: 'poster', args: '-vf thumbnail=50,scale=1280:-2 -frames:v 1 -q:v 3 poster.jpg' },
  { name: 'storyboard', args: '-an -vf fps=1/2,scale=160:-2,tile=10x3 -frames:v 1 -q:v 5 storyboard.jpg' },
  { name: 'hls 1080', args: `${rung(1080, '6M', '12M')} ${GOP} ${AUDIO} ${HLS} 1080/index.m3u8` },
  { name: 'hls 720', args: `${rung(720, '3M', '6M')} ${GOP} ${AUDIO} ${HLS} 720/index.m3u8` },
  { name: 'hls 480', args: `${rung(480, '1400k', '2800k')} ${GOP} ${AUDIO} ${HLS} 480/index.m3u8` },
];

/** Runs one pass with two threads, as the worker does. Throws what ffmpeg said when it fails. */
export async function runNaivePass(ffmpeg: string, source: string, folder: string, args: string): Promise<void> {
  for (const name of ['1080', '720', '480']) await mkdir(join(folder, name), { recursive: true });
  const input = ['-nostdin', '-y', '-v', 'error', '-threads', '2', '-i', source];
  await run(ffmpeg, [...input, '-threads', '2', ...args.split(' ')], { cwd: folder, maxBuffer: 1e6 });
}
