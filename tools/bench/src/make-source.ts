/** Sources of the benchmarks, made with ffmpeg: the same for every contender. */
import { execFile } from 'node:child_process';
import { rename, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `encode`: above the bit rate that is copied. `web-ready`: as every browser plays it, of this many bytes. */
export type SourceKind =
  | { readonly kind: 'encode'; readonly seconds: number }
  | { readonly kind: 'web-ready'; readonly bytes: number };

/** Movement everywhere and some noise, above the bit rate that is copied: a source that has to be encoded. */
const HEAVY = '-c:v libx264 -preset ultrafast -b:v 14M -minrate 14M -maxrate 16M -bufsize 16M -g 30 -pix_fmt yuv420p';
/** Below it, with a key frame each second, as a web-ready file has them. */
const LIGHT = '-c:v libx264 -preset ultrafast -b:v 8M -minrate 8M -maxrate 8M -bufsize 8M -g 30 -pix_fmt yuv420p';
/** Repeated until the file is large enough. */
const LOOP_SECONDS = 60;

/** Writes the source to `file`. */
export async function makeSource(ffmpeg: string, file: string, source: SourceKind): Promise<void> {
  if (source.kind === 'encode') return encode(ffmpeg, file, source.seconds, HEAVY);
  const loop = `${file}.loop.mp4`;
  await encode(ffmpeg, loop, LOOP_SECONDS, LIGHT);
  const more = Math.max(0, Math.round(source.bytes / (await stat(loop)).size) - 1);
  const repeat = ['-nostdin', '-v', 'error', '-y', '-stream_loop', String(more), '-i', loop];
  await run(ffmpeg, [...repeat, '-c', 'copy', '-movflags', '+faststart', '-f', 'mp4', `${file}.partial`]);
  await rename(`${file}.partial`, file);
}

async function encode(ffmpeg: string, file: string, seconds: number, codec: string): Promise<void> {
  const picture = `testsrc2=size=1920x1080:rate=30:duration=${seconds},noise=alls=6:allf=t`;
  await run(ffmpeg, [
    ...['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', picture],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`],
    ...[...codec.split(' '), '-c:a', 'aac', '-shortest', '-movflags', '+faststart', file],
  ]);
}
