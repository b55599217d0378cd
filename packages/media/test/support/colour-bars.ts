/**
 * A picture of eight flat colours whose luma and chroma are computed here, not by ffmpeg, and read back the same way.
 * No colour is far from grey in blue: Chromium's own conversion of BT.709 is up to 12 of 255 wrong there.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { MediaTools } from '../../src/ffmpeg/tools.ts';

export type Rgb = readonly [red: number, green: number, blue: number];

/** Four above, four below. */
const BARS: readonly Rgb[] = [
  [255, 255, 255],
  [0, 0, 0],
  [128, 128, 128],
  [170, 80, 90],
  [70, 150, 90],
  [150, 80, 140],
  [200, 150, 120],
  [90, 120, 140],
];

/** The part of red and of blue in luma, by matrix (ITU-T H.273, table 4). */
const MATRICES = { bt709: [0.2126, 0.0722], bt601: [0.299, 0.114] } as const;

export interface Variant {
  readonly matrix: keyof typeof MATRICES;
  readonly range: 'tv' | 'pc';
  readonly width: number;
  readonly height: number;
  /** Numbers of H.273; what is absent is not tagged. */
  readonly tags: { readonly primaries?: number; readonly transfer?: number; readonly space?: number };
}

/** Half a second of the bars: H.264 that is copied, or FFV1, which is encoded. */
export async function makeBars(folder: string, variant: Variant, kind: 'copy' | 'encode', tools: MediaTools) {
  const { width, height, range, tags } = variant;
  const path = join(folder, kind === 'copy' ? 'bars.mp4' : 'bars.mkv');
  await writeFile(join(folder, 'bars.yuv'), toYuv(variant));
  const inStream = [
    `video_full_range_flag=${range === 'pc' ? 1 : 0}`,
    `colour_primaries=${tags.primaries ?? 2}`,
    `transfer_characteristics=${tags.transfer ?? 2}`,
    `matrix_coefficients=${tags.space ?? 2}`,
  ].join(':');
  const options = {
    copy: ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '4', '-bsf:v', `h264_metadata=${inStream}`],
    encode: [
      ...[
        '-vf',
        `setparams=range=${range}:${['color_primaries', 'color_trc', 'colorspace'].map((name, at) => `${name}=${[tags.primaries, tags.transfer, tags.space][at] ?? 2}`).join(':')}`,
      ],
      ...['-c:v', 'ffv1'],
    ],
  }[kind];
  const input = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`, '-r', '25', '-stream_loop', '11'];
  await promisify(execFile)(tools.ffmpeg.path, [
    ...['-nostdin', '-y', '-v', 'error', ...input, '-i', join(folder, 'bars.yuv')],
    ...['-pix_fmt', 'yuv420p', ...options, path],
  ]);
  return path;
}

function toYuv({ matrix, range, width, height }: Variant): Buffer {
  const planes = [0, 1, 2].map((plane) => {
    const [columns, rows] = plane === 0 ? [width, height] : [width / 2, height / 2];
    const lines = [0, 1].map((half) => {
      const colors = BARS.slice(half * 4, half * 4 + 4).map((color) => encode(color, matrix, range)[plane] ?? 0);
      return Buffer.concat(colors.map((value) => Buffer.alloc(columns / 4, value)));
    });
    return Buffer.concat(lines.flatMap((line) => Array.from({ length: rows / 2 }, () => line)));
  });
  return Buffer.concat(planes);
}

function encode([red, green, blue]: Rgb, matrix: Variant['matrix'], range: Variant['range']): number[] {
  const [kr, kb] = MATRICES[matrix];
  const luma = kr * red + (1 - kr - kb) * green + kb * blue;
  const [black, lumaScale, chromaScale] = range === 'pc' ? [0, 1, 1] : [16, 219 / 255, 224 / 255];
  return [
    black + luma * lumaScale,
    128 + ((blue - luma) / (2 * (1 - kb))) * chromaScale,
    128 + ((red - luma) / (2 * (1 - kr))) * chromaScale,
  ].map((value) => Math.max(0, Math.min(255, Math.round(value))));
}

/** The bars of a 4:2:0 picture's first frame, if its matrix and range are these. */
export async function readBars(path: string, { matrix, range }: Pick<Variant, 'matrix' | 'range'>, tools: MediaTools) {
  const { ffmpeg, ffprobe } = tools;
  const size = ['-v', 'error', '-show_entries', 'stream=width,height', '-of', 'csv=p=0', path];
  const { stdout } = await promisify(execFile)(ffprobe.path, size);
  const [width = 0, height = 0] = stdout.split(',').map(Number);
  const raw = `${path}.yuv`;
  const first = ['-nostdin', '-y', '-v', 'error', '-i', path, '-frames:v', '1', '-f', 'rawvideo', raw];
  await promisify(execFile)(ffmpeg.path, first);
  const bytes = await readFile(raw);
  return BARS.map((_, at) => {
    const [x, y] = [Math.floor(((at % 4) + 0.5) * (width / 4)), Math.floor(((at < 4 ? 0 : 1) + 0.5) * (height / 2))];
    const half = Math.ceil(width / 2);
    const chroma = width * height + (y >> 1) * half + (x >> 1);
    const next = half * Math.ceil(height / 2);
    return decode(
      [y * width + x, chroma, chroma + next].map((place) => bytes[place] ?? 0),
      matrix,
      range,
    );
  });
}

function decode([luma = 0, cb = 0, cr = 0]: number[], matrix: Variant['matrix'], range: Variant['range']): Rgb {
  const [kr, kb] = MATRICES[matrix];
  const [black, lumaScale, chromaScale] = range === 'pc' ? [0, 1, 1] : [16, 219 / 255, 224 / 255];
  const y = (luma - black) / lumaScale;
  const red = y + (2 * (1 - kr) * (cr - 128)) / chromaScale;
  const blue = y + (2 * (1 - kb) * (cb - 128)) / chromaScale;
  const shown = (value: number) => Math.max(0, Math.min(255, Math.round(value)));
  return [shown(red), shown((y - kr * red - kb * blue) / (1 - kr - kb)), shown(blue)];
}

/** The furthest that a value of 0 to 255 is off. */
export function furthest(shown: readonly Rgb[]): number {
  return Math.max(
    ...shown.flatMap((rgb, at) => rgb.map((value, channel) => Math.abs(value - (BARS[at]?.[channel] ?? 0)))),
  );
}
