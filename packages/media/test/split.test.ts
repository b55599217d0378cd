/** A video in parts against one encode of it: every frame, every time, the sound, and the picture where parts meet. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeMp4 } from '../src/ffmpeg/encode.ts';
import { probeMedia } from '../src/ffmpeg/probe.ts';
import type { MediaTools } from '../src/ffmpeg/tools.ts';
import { type ConvertPlan, encodeInstead, planProcessing } from '../src/plan/plan.ts';
import { type CutSource, cutSource } from '../src/split/cut-source.ts';
import { encodePart, encodeSound } from '../src/split/encode-part.ts';
import { joinParts } from '../src/split/join-parts.ts';
import { planCuts } from '../src/split/plan-parts.ts';
import { whyWhole } from '../src/split/why-whole.ts';
import { QUICK_POLICY } from './support/pipeline.ts';
import { findAllTools, selectCases, temporaryFolder } from './support/tools.ts';

const SECONDS = 18;
const LIMITS = { leastSeconds: 4, mostSeconds: 8 };
const sound = ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${SECONDS}`];
const picture = (rate: string, more = '') => [
  '-f',
  'lavfi',
  '-i',
  `testsrc2=size=320x180:rate=${rate}:duration=${SECONDS}${more}`,
];
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast'];

/** File name and how it is made. */
const SAFE: Readonly<Record<string, readonly string[]>> = {
  'B-frames at 29.97 in MP4': [
    ...picture('30000/1001'),
    ...sound,
    ...h264,
    '-bf',
    '3',
    '-g',
    '40',
    '-c:a',
    'aac',
    'ntsc.mp4',
  ],
  'a variable rate in Matroska': [
    ...picture('60', ",select='not(mod(n\\,3))+lt(random(1)\\,0.3)'"),
    ...[...sound, '-fps_mode', 'vfr', ...h264, '-bf', '3', '-g', '45', '-c:a', 'libopus', 'vfr.mkv'],
  ],
  'closed groups of HEVC': [
    ...picture('25'),
    ...[
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'keyint=50:open-gop=0:log-level=error',
      'closed.mp4',
    ],
  ],
  'VP9 in WebM': [
    ...picture('24'),
    '-c:v',
    'libvpx-vp9',
    '-deadline',
    'realtime',
    '-cpu-used',
    '8',
    '-g',
    '48',
    'vp9.webm',
  ],
  'sound that begins before the picture': [
    ...[...picture('25'), '-itsoffset', '-0.4', ...sound, ...h264, '-g', '50', '-c:a', 'aac', 'late.mkv'],
  ],
};

/** File name, how it is made, and why it is not cut. */
const UNSAFE: readonly (readonly [why: RegExp, args: readonly string[]])[] = [
  [/open GOP/, [...picture('25'), ...h264, '-bf', '3', '-x264-params', 'open-gop=1:keyint=50', 'open.mp4']],
  [
    /open GOP/,
    [
      ...picture('25'),
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'keyint=50:bframes=3:log-level=error',
      'cra.mp4',
    ],
  ],
  [/no key frame/, [...picture('25'), ...h264, '-g', '1000', 'one-key.mp4']],
  [/interlaced/, [...picture('25'), ...h264, '-flags', '+ilme+ildct', '-x264-params', 'interlaced=1', 'fields.mp4']],
  [/container/, [...picture('25'), '-c:v', 'mpeg4', 'old.avi']],
];

const found = await findAllTools();
const [, first] = found[0] ?? [];
if (first === undefined) throw new Error('no ffmpeg');
let tools: MediaTools = first;
/** Enough to see that another version behaves alike. */
const CORE = ['B-frames at 29.97 in MP4', 'a variable rate in Matroska'];

const run = async (program: string, args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(program, args as string[], { maxBuffer: 1e8 })).stdout;

/** By the same encoder for every version that is to read it. */
async function make(args: readonly string[]): Promise<{ readonly path: string; readonly plan: ConvertPlan }> {
  const path = join(await temporaryFolder(), args.at(-1) ?? '');
  await run((first as MediaTools).ffmpeg.path, ['-nostdin', '-y', '-v', 'error', ...args.slice(0, -1), path]);
  const plan = planProcessing(await probeMedia({ inputPath: path, tools }), QUICK_POLICY);
  if (plan.action === 'reject') throw new Error(plan.rejection.reason);
  return { path, plan: plan.video === 'encode' ? plan : encodeInstead(plan, 'a test') };
}

async function cut({ path, plan }: { readonly path: string; readonly plan: ConvertPlan }): Promise<CutSource> {
  const whole = whyWhole(plan);
  if (whole !== undefined) return { whole };
  const into = `${path}-parts`;
  await mkdir(into);
  const cuts = planCuts(plan.source.stats.durationSeconds, 2, LIMITS);
  return cutSource({ plan, inputPath: path, folder: into, cuts, mostSeconds: LIMITS.mostSeconds, tools });
}

const packets = async (path: string, stream: 'v' | 'a', entries: string): Promise<string[]> =>
  (
    await run(tools.ffprobe.path, [
      '-v',
      'error',
      '-select_streams',
      stream,
      '-show_entries',
      `packet=${entries}`,
      '-of',
      'csv=p=0',
      path,
    ])
  )
    .trim()
    .split('\n');

const soundDigest = (path: string) =>
  run(tools.ffmpeg.path, ['-v', 'error', '-i', path, '-map', '0:a:0', '-c', 'copy', '-f', 'md5', '-']);

/** How alike each frame is to that of the source, 0 to 1. */
async function likeness(path: string, source: string): Promise<number[]> {
  const graph = '[0:v]setpts=N/TB[a];[1:v]setpts=N/TB[b];[a][b]ssim=f=-';
  const printed = await run(tools.ffmpeg.path, [
    '-v',
    'error',
    '-i',
    path,
    '-i',
    source,
    '-lavfi',
    graph,
    '-f',
    'null',
    '/dev/null',
  ]);
  return [...printed.matchAll(/All:([\d.]+)/g)].map(([, value]) => Number(value));
}

describe.each(found)('a video encoded in parts is the one that a single encode makes, by %s', (_, theirs) => {
  beforeAll(() => {
    tools = theirs;
  });
  afterAll(() => {
    tools = first;
  });
  it.each(selectCases(Object.entries(SAFE), theirs, { first, core: CORE }))('%s', async (_, args) => {
    const source = await make(args);
    const { plan, path } = source;
    const single = `${path}-single.mp4`;
    await encodeMp4({ plan, inputPath: path, outputPath: single, tools });
    const made = await cut(source);
    if ('whole' in made) throw new Error(made.whole);
    expect(made.parts.length).toBe(4);
    const parts = [];
    for (const part of made.parts) {
      const outputPath = `${part.path}.encoded`;
      const { frames } = await encodePart({ ...part, encode: plan, inputPath: part.path, outputPath, tools });
      expect(frames).toBe(part.frames);
      parts.push({ path: outputPath, frames });
    }
    const soundPath = plan.audio === 'none' ? undefined : `${path}-sound.mp4`;
    if (soundPath !== undefined) await encodeSound({ plan, inputPath: path, outputPath: soundPath, tools });
    const joined = `${path}-joined.mp4`;
    expect(await joinParts({ plan, parts, soundPath, outputPath: joined, tools })).toMatchObject({
      outcome: 'processed',
      warnings: [],
    });

    const shown = async (file: string) => (await packets(file, 'v', 'pts')).map(Number).sort((a, b) => a - b);
    const times = await shown(single);
    expect(await shown(joined)).toEqual(times);
    expect(times.length).toBe(plan.source.stats.packets);
    const heard = async (file: string) =>
      plan.audio === 'none' ? 'nothing' : [await packets(file, 'a', 'pts,dts,size'), await soundDigest(file)];
    expect(await heard(joined)).toEqual(await heard(single));
    const ends = async (file: string) => {
      const show = [
        '-v',
        'error',
        '-show_entries',
        'stream=codec_type,start_time,duration,r_frame_rate',
        '-of',
        'json',
      ];
      const { streams } = JSON.parse(await run(tools.ffprobe.path, [...show, file])) as {
        streams: Record<string, string>[];
      };
      // How long the very last frame lasts, encoder and muxer guess.
      return streams.map(({ duration, ...stream }) => ({ ...stream, frames: Math.round(Number(duration) * 25) }));
    };
    expect(await ends(joined)).toEqual(await ends(single));
    // Key frames where the single encode has them, and at the seams.
    const keys = async (file: string) =>
      (await packets(file, 'v', 'pts,flags'))
        .filter((line) => line.includes('K'))
        .map((line) => Number.parseInt(line, 10));
    expect(await keys(joined)).toEqual(expect.arrayContaining(await keys(single)));

    const least = Math.min(...(await likeness(single, path)));
    const alike = await likeness(joined, path);
    let at = 0;
    for (const { frames } of parts.slice(0, -1)) {
      at += frames;
      expect(Math.min(...alike.slice(at - 6, at + 6))).toBeGreaterThanOrEqual(least);
    }
  });
});

it.each(UNSAFE)('encodes whole, and says why: %s', async (why, args) => {
  expect(await cut(await make(args))).toEqual({ whole: expect.stringMatching(why) });
});

it('refuses parts that do not make up the video', async () => {
  const source = await make([...picture('25'), ...h264, '-g', '50', 'missing.mp4']);
  const { plan, path } = source;
  const made = await cut(source);
  if ('whole' in made) throw new Error(made.whole);
  const parts = [];
  for (const part of made.parts.slice(1)) {
    const outputPath = `${part.path}.encoded`;
    parts.push({
      path: outputPath,
      ...(await encodePart({ ...part, encode: plan, inputPath: part.path, outputPath, tools })),
    });
  }
  const joining = joinParts({ plan, parts, soundPath: undefined, outputPath: `${path}-joined.mp4`, tools });
  await expect(joining).rejects.toMatchObject({
    code: 'output_invalid',
    message: expect.stringMatching(/of 450 frames/),
  });
});
