/** The videos of a run: short, different, and of kinds that the worker processes differently. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The clips that ffmpeg makes; `copied` is web-ready, so the worker copies it. */
const RECIPES = [
  { name: 'mpeg4.avi', size: '640x360', rate: 25, seconds: 20, codec: '-c:v mpeg4 -q:v 5 -c:a mp3' },
  {
    name: 'copied.mp4',
    size: '640x360',
    rate: 25,
    seconds: 12,
    codec: '-c:v libx264 -preset ultrafast -g 50 -pix_fmt yuv420p -c:a aac -movflags +faststart',
  },
  {
    name: 'vp8.webm',
    size: '480x270',
    rate: 30,
    seconds: 15,
    codec: '-c:v libvpx -deadline realtime -cpu-used 8 -b:v 1M -c:a libvorbis',
  },
  {
    // Copied as it is, far above UPLOAD_DIRECT_MAX_MB of the run: a resumable upload of several chunks.
    name: 'large.mp4',
    size: '1920x1080',
    rate: 30,
    seconds: 8,
    codec:
      '-c:v libx264 -preset ultrafast -b:v 8M -minrate 8M -maxrate 8M -bufsize 8M -x264-params nal-hrd=cbr -g 60 -pix_fmt yuv420p -c:a aac -movflags +faststart',
  },
  { name: 'prores.mov', size: '640x360', rate: 25, seconds: 8, codec: '-c:v prores_ks -profile:v 0 -c:a pcm_s16le' },
] as const;

export interface Clip {
  readonly file: string;
  /** Unique, with the extension. */
  readonly name: string;
}

/** Makes `count` clips, each with its own color and tone, so that a mix-up of two changes the checksums. */
export async function makeClips(ffmpeg: string, folder: string, count: number): Promise<readonly Clip[]> {
  const clips: Clip[] = [];
  for (let index = 0; index < count; index++) {
    const recipe = RECIPES[index % RECIPES.length] ?? RECIPES[0];
    const name = `${index}-${recipe.name}`;
    const file = join(folder, name);
    const picture = `testsrc2=size=${recipe.size}:rate=${recipe.rate}:duration=${recipe.seconds},hue=h=${index * 17}`;
    const sound = `sine=frequency=${300 + index * 20}:sample_rate=48000:duration=${recipe.seconds}`;
    const input = ['-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound];
    await promisify(execFile)(
      ffmpeg,
      ['-nostdin', '-v', 'error', '-y', ...input, ...recipe.codec.split(' '), '-shortest', file],
      { timeout: 300_000 },
    );
    clips.push({ file, name });
  }
  return clips;
}
