/**
 * Makes the clips that the tests need, with the ffmpeg under test. Tiny and short: what counts is the kind, not the
 * picture.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const X264 = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p';
const PICTURE = '-f lavfi -i testsrc2=size=320x180:rate=25:duration=2';
const TONE = '-f lavfi -i sine=frequency=440:sample_rate=48000:duration=2';
const HEVC10 = '-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -tag:v hvc1 -x265-params log-level=none';
/** Red, green, blue and white quarters, so that a corner tells which way up a picture is. */
const CORNERS =
  '-f lavfi -i color=red:size=160x90:rate=25:duration=1 -f lavfi -i color=lime:size=160x90:rate=25:duration=1 ' +
  '-f lavfi -i color=blue:size=160x90:rate=25:duration=1 -f lavfi -i color=white:size=160x90:rate=25:duration=1 ' +
  '-filter_complex [0][1]hstack[t];[2][3]hstack[b];[t][b]vstack';

/** Two seconds of red, of green, of blue. */
const SECONDS =
  '-f lavfi -i color=red:size=320x180:rate=25:duration=2 -f lavfi -i color=lime:size=320x180:rate=25:duration=2 ' +
  '-f lavfi -i color=blue:size=320x180:rate=25:duration=2 -filter_complex [0][1][2]concat=n=3';

/** Ten seconds each of red, green, blue and white. */
const QUARTERS = `${['red', 'lime', 'blue', 'white']
  .map((color) => `-f lavfi -i color=${color}:size=320x180:rate=25:duration=10`)
  .join(' ')} -filter_complex [0][1][2][3]concat=n=4`;

/** A white square of 40 pixels in the middle of a colour, for a second with two key frames. */
const square = (color: string, size: string) =>
  `-f lavfi -i color=${color}:size=${size}:rate=10:duration=1 -vf drawbox=(iw-40)/2:(ih-40)/2:40:40:white:fill -g 5`;

/** A screen on which nothing happens from 5 s to 14 s. */
const STANDSTILL =
  '-f lavfi -i testsrc2=size=320x180:rate=30:duration=19 -f lavfi -i sine=duration=19 ' +
  '-vf select=lt(t\\,5)+gt(t\\,14) -fps_mode vfr';

const WORDS = '{"node":"words"}'.repeat(7_000);

/** What ffmpeg is given for each clip. */
const RECIPES = {
  'web-ready.mp4': `${PICTURE} ${TONE} ${X264} -c:a aac -movflags +faststart`,
  'moov-last.mp4': `${PICTURE} ${TONE} ${X264} -c:a aac`,
  // As image generators keep their whole workflow; one argument holds at most 128 KiB (Linux, MAX_ARG_STRLEN).
  'wordy.mp4': `${PICTURE} ${TONE} ${X264} -c:a aac -movflags +faststart -metadata comment=${WORDS} -metadata description=${WORDS}`,
  'wordy.mkv': `${PICTURE} ${TONE} -c:v mpeg4 -c:a flac -metadata comment=${WORDS} -metadata:s:v title=${WORDS}`,
  'no-audio.mp4': `${PICTURE} ${X264} -movflags +faststart`,
  'fragmented.mp4': `${PICTURE} ${TONE} ${X264} -c:a aac -movflags frag_keyframe+empty_moov`,
  'surround.mp4': `${PICTURE} ${TONE} ${X264} -c:a aac -ac 6`,
  'pcm.mov': `${PICTURE} ${TONE} ${X264} -c:a pcm_s16le`,
  'stream.ts': `${PICTURE} ${TONE} ${X264} -c:a aac -f mpegts -metadata service_name=Störsender`,
  'stream-later.ts': `${PICTURE} ${TONE} ${X264} -c:a aac -f mpegts -output_ts_offset 500`,
  'odd.mkv': '-f lavfi -i testsrc=size=321x181:rate=25:duration=1 -c:v ffv1 -pix_fmt yuv444p',
  'rgb.mkv': '-f lavfi -i testsrc2=size=320x180:rate=25:duration=1 -c:v ffv1 -pix_fmt bgra',
  'interlaced.mpg': `${PICTURE} ${TONE} -c:v mpeg2video -flags +ilme+ildct -top 1 -c:a mp2 -f mpeg`,
  'anamorphic.mp4': `${PICTURE} ${X264} -vf setsar=4/3`,
  'no-duration.webm': `${PICTURE} ${TONE} -c:v libvpx -deadline realtime -cpu-used 8 -c:a libvorbis -live 1 -f webm`,
  'variable-rate.mkv': `${PICTURE} -c:v mpeg4 -vf select=not(eq(mod(n\\,5)\\,2)) -fps_mode vfr`,
  // Copied, for its key frame in each second that has frames; encoded.
  'stands-still.mp4': `${STANDSTILL} ${X264} -g 30 -c:a aac`,
  'stands-still.mkv': `${STANDSTILL} -c:v mpeg4 -c:a flac`,
  'slow-motion.mp4': `-f lavfi -i testsrc2=size=320x180:rate=240:duration=0.5 ${X264}`,
  'long-gop.mp4': `-f lavfi -i testsrc2=size=160x90:rate=10:duration=14 ${X264} -g 1000 -keyint_min 1000`,
  'late-audio.mkv': `${PICTURE} -itsoffset 0.7 ${TONE} -map 0 -map 1 -c:v mpeg4 -c:a flac`,
  'still-with-sound.mkv':
    '-f lavfi -i color=size=160x90:rate=1/8:duration=8 -f lavfi -i sine=duration=8 -c:v mpeg4 -c:a flac',
  'audio-only.m4a': `${TONE} -c:a aac -f mp4`,
  'two-tracks.mp4': `${PICTURE} ${TONE} ${TONE} -map 0 -map 1 -map 2 ${X264} -c:a aac`,
  'cover.mp3': `${TONE} -f lavfi -i color=size=64x64:duration=0.04 -map 0 -map 1 -c:a libmp3lame -c:v png -frames:v 1 -disposition:v attached_pic`,
  'one-frame.mp4': `-f lavfi -i testsrc2=size=320x180:rate=25 -frames:v 1 ${X264} -bf 0`,
  'picture.png': '-f lavfi -i color=size=64x64 -frames:v 1 -c:v png -f image2pipe',
  'bomb.avi': '-f lavfi -i color=size=9000x5000:rate=1:duration=1 -c:v mjpeg -pix_fmt yuvj420p',
  'pq.mp4': `-f lavfi -i smptebars=size=320x180:rate=25:duration=1 ${HEVC10}:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc`,
  'hlg.mp4': `-f lavfi -i smptebars=size=320x180:rate=25:duration=1 ${HEVC10}:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc`,
  'corners.mp4': `${CORNERS} ${X264} -movflags +faststart`,
  // Small to make, and as much to encode as a film of a phone.
  'wide-mjpeg.avi': `-f lavfi -i testsrc2=size=1280x720:rate=30:duration=8 -f lavfi -i sine=duration=8 -c:v mjpeg -q:v 8 -pix_fmt yuvj420p -c:a pcm_s16le`,
  'wide.mp4': `-f lavfi -i testsrc2=size=1280x720:rate=30000/1001:duration=5 ${TONE} ${X264} -g 60 -c:a aac -movflags +faststart`,
  'portrait.mp4': `-f lavfi -i testsrc2=size=720x1280:rate=25:duration=1 ${X264} -movflags +faststart`,
  'seconds.mp4': `${SECONDS} ${X264} -force_key_frames expr:gte(t,n_forced*2)`,
  'seconds-one-key.mp4': `${SECONDS} ${X264} -g 1000 -keyint_min 1000 -sc_threshold 0`,
  'reserved-matrix.mp4': `${PICTURE} -c:v libx264 -preset ultrafast -pix_fmt yuv422p -bsf:v h264_metadata=matrix_coefficients=3`,
  'reserved-matrix-hevc.mp4': `${PICTURE} ${HEVC10} -bsf:v hevc_metadata=colour_primaries=3:transfer_characteristics=3:matrix_coefficients=3`,
  'ladder.mp4': `-f lavfi -i testsrc2=size=1280x720:rate=30:duration=20 ${X264} -g 60`,
  // Two frames in a hundredth of a second, as QuickTime records what happens.
  'jumpy.mov':
    '-f lavfi -i testsrc2=size=160x90:rate=10:duration=4 -vf settb=1/600,setpts=(N-0.9*eq(mod(N\\,4)\\,1))*60 ' +
    `-fps_mode passthrough -enc_time_base 1/600 ${X264} -bf 0 -g 10`,
  'keyless.mp4': `${PICTURE} ${X264} -g 25 -bsf:v noise=drop=key`,
  'calendar.mkv': `${PICTURE} ${X264} -g 25 -output_ts_offset 1764000000`,
  'landscape.ts': `${square('red', '160x90')} ${X264} -f mpegts`,
  'bare.h264': `-f lavfi -i testsrc2=size=160x90:rate=25:duration=1 ${X264} -f h264`,
  'bare.hevc': `-f lavfi -i testsrc2=size=160x90:rate=30:duration=1 -c:v libx265 -preset ultrafast -x265-params log-level=none -f hevc`,
  'bare.m2v': `-f lavfi -i testsrc2=size=160x90:rate=30:duration=1 -c:v mpeg2video -f mpeg2video`,
  'bare.m4v': `-f lavfi -i testsrc2=size=160x90:rate=30:duration=1 -c:v mpeg4 -f m4v`,
  'bare.dv':
    '-f lavfi -i testsrc2=size=720x576:rate=25:duration=0.4 -f lavfi -i sine=sample_rate=48000:duration=0.4 -target pal-dv',
  'bare.nut': `-f lavfi -i testsrc2=size=160x90:rate=30:duration=1 -c:v mpeg4 -f nut`,
  'landscape.mp4': `${square('red', '160x90')} ${X264}`,
  // To follow the first: in another size; in the same size with other parameters.
  'turned.ts': `${square('blue', '90x160')} ${X264} -f mpegts -output_ts_offset 1`,
  'turned.mp4': `${square('blue', '90x160')} ${X264}`,
  'landscape-later.ts': `${square('blue', '160x90')} ${X264} -profile:v high -preset medium -f mpegts -output_ts_offset 1`,
  'landscape-mpeg2.ts': `${square('red', '160x96')} -c:v mpeg2video -q:v 2 -f mpegts`,
  'turned-mpeg2.ts': `${square('blue', '96x160')} -c:v mpeg2video -q:v 2 -f mpegts -output_ts_offset 1`,
  'landscape.webm': `${square('red', '160x90')} -c:v libvpx-vp9 -deadline realtime -cpu-used 8`,
  'turned.webm': `${square('blue', '90x160')} -c:v libvpx-vp9 -deadline realtime -cpu-used 8`,
  // Copied.
  'long-quiet.mp4': `-f lavfi -i testsrc2=size=640x360:rate=30:duration=40 ${X264} -g 60 -movflags +faststart`,
  'quarters.mp4': `${QUARTERS} ${X264} -g 50 -movflags +faststart`,
  'second.mp4': `-f lavfi -i testsrc2=size=320x180:rate=25:duration=1 ${TONE} -shortest ${X264} -c:a aac -movflags +faststart`,
  'long.mp4': `-f lavfi -i testsrc2=size=640x360:rate=30:duration=90 -c:v mpeg4 -q:v 31`,
} as const;

export type ClipName = keyof typeof RECIPES;

/** The ffmpeg that makes them. */
export interface Encoder {
  readonly ffmpeg: { readonly path: string };
}

/** Clips made once per ffmpeg and test file. */
export interface ClipShop {
  /** The path of a clip, made on first demand. */
  clip(name: ClipName): Promise<string>;
  /** A file of the given content. */
  file(name: string, content: Uint8Array | string): Promise<string>;
  close(): Promise<void>;
}

export async function openClipShop(tools: Encoder): Promise<ClipShop> {
  const folder = await mkdtemp(join(tmpdir(), 'media-clips-'));
  const made = new Map<ClipName, Promise<string>>();
  return {
    clip(name) {
      const known = made.get(name) ?? make(tools, name, join(folder, name));
      made.set(name, known);
      return known;
    },
    async file(name, content) {
      const path = join(folder, name);
      await writeFile(path, content);
      return path;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function make(tools: Encoder, name: ClipName, path: string): Promise<string> {
  const recipe = RECIPES[name].split(' ');
  const args = ['-hide_banner', '-nostdin', '-y', '-v', 'error', ...recipe, path];
  await promisify(execFile)(tools.ffmpeg.path, args);
  return path;
}

/**
 * A copy of an MP4 with another display matrix in the track header of its first track: a turn or a mirror as phones
 * write it (ISO/IEC 14496-12, tkhd version 0, matrix at offset 48 of the box).
 */
export async function withMatrix(path: string, matrix: readonly [number, number, number, number]): Promise<Buffer> {
  const file = await readFile(path);
  const header = file.indexOf('tkhd') - 4;
  const [a, b, c, d] = matrix;
  for (const [index, value] of [a, b, 0, c, d].entries()) file.writeInt32BE(value * 65_536, header + 48 + index * 4);
  return file;
}
