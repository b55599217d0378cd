/** Generates a clip like a phone's: HEVC with sound. Generated, so that it is free of rights. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const SECONDS = 3;

/**
 * Makes the clip.
 *
 * @param ffmpeg the path of a program with libx265; without it the clip is MPEG-4, which browsers do not play either.
 * @param file ends in `.mov`.
 */
export async function makeClip(ffmpeg: string, file: string): Promise<void> {
  try {
    await encodeClip(ffmpeg, file, ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-tag:v', 'hvc1']);
  } catch {
    await encodeClip(ffmpeg, file, ['-c:v', 'mpeg4', '-q:v', '4']);
  }
}

async function encodeClip(ffmpeg: string, file: string, codec: readonly string[]): Promise<void> {
  await promisify(execFile)(
    ffmpeg,
    [
      ...['-nostdin', '-v', 'error', '-y'],
      ...['-f', 'lavfi', '-i', `testsrc2=size=1280x720:rate=30:duration=${SECONDS}`],
      ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${SECONDS}`],
      ...[...codec, '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-shortest', file],
    ],
    { timeout: 60_000 },
  );
}
