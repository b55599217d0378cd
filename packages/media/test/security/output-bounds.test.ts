/** Nothing that is made of a video becomes larger than was planned, and what tries to is ended. */
import { execFileSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MediaError, toMediaError } from '@supabase-media/core/errors';
import { createStepRunner } from '@supabase-media/core/step-runner';
import { makeRepeatedNoise, NOISE } from '@supabase-media/test-support/repeated-noise';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runFfmpeg } from '../../src/ffmpeg/run-process.ts';
import { inputGuards } from '../../src/ffmpeg/sandbox.ts';
import { limitWrites, type MediaTools } from '../../src/ffmpeg/tools.ts';
import { sizeOfFiles } from '../../src/ffmpeg/write-limit.ts';
import { fileSteps } from '../../src/file-steps.ts';
import { boundVideo, mostDerivedBytes, peakBytes } from '../../src/outputs/bounds.ts';
import { outputsOf } from '../../src/outputs/catalog.ts';
import { deriveOutputs, type MakeVideoOptions, makeVideo } from '../../src/pipeline.ts';
import type { ConvertPlan } from '../../src/plan/plan.ts';
import { chooseSettings, type MediaSettings } from '../../src/plan/settings.ts';
import { findAllTools, temporaryFolder } from '../support/tools.ts';

/** Noise of the worst kind with sound of the worst kind, as a file that must be encoded. */
async function makeNoise(tools: MediaTools, size: string, fps: number, seconds: number): Promise<string> {
  const path = join(await temporaryFolder(), 'noise.avi');
  const picture = `testsrc2=size=${size}:rate=${fps}:duration=${seconds},${NOISE}`;
  const sound = `anoisesrc=sample_rate=48000:duration=${seconds}`;
  const args = [
    '-f',
    'lavfi',
    '-i',
    picture,
    '-f',
    'lavfi',
    '-i',
    sound,
    '-c:v',
    'mjpeg',
    '-q:v',
    '2',
    '-c:a',
    'pcm_s16le',
  ];
  execFileSync(tools.ffmpeg.path, ['-nostdin', '-v', 'error', ...args, path]);
  return path;
}

const settingsOf = (changes: Partial<MediaSettings> = {}): MediaSettings => ({
  ...chooseSettings({
    outputs: ['video', 'poster', 'storyboard', 'hls', 'preview', 'info'],
    profile: 'fast',
    maxShortSide: 1080,
    maxFps: 60,
    maxDurationSeconds: 86_400,
  }),
  ...changes,
});

interface Made {
  readonly outDir: string;
  readonly plan: ConvertPlan | undefined;
  readonly made: Awaited<ReturnType<typeof makeVideo>>;
  readonly options: MakeVideoOptions;
}

async function make(inputPath: string, tools: MediaTools, changes: Partial<MakeVideoOptions> = {}): Promise<Made> {
  const outDir = await temporaryFolder();
  const settings = settingsOf();
  let plan: ConvertPlan | undefined;
  const log = pino({ level: 'silent' });
  const runStep = createStepRunner({ steps: fileSteps({ outputs: settings.outputs, plan: () => plan }), log });
  const options = {
    inputPath,
    outDir,
    settings,
    tools,
    runStep,
    onPlan: (made: ConvertPlan) => {
      plan = made;
    },
    ...changes,
  };
  return { outDir, made: await makeVideo(options), plan, options };
}

const failureOf = (work: Promise<unknown>): Promise<MediaError> =>
  work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => toMediaError(error),
  );

describe.each(await findAllTools())('%s', (_, tools) => {
  it.each([
    ['960x540', 25, 2],
    ['426x240', 60, 4],
    ['320x180', 5, 9],
  ])('every output of noise of %s at %d frames for %d s has at most what was planned', async (size, fps, seconds) => {
    const { made, plan, outDir, options } = await make(await makeNoise(tools, size, fps, seconds), tools);
    if ('rejection' in made || plan === undefined) throw new Error('it was turned away');
    const { outputs, policy } = options.settings;
    const bound = boundVideo(plan);
    const derived = await deriveOutputs({ ...options, ...made });
    expect(derived.warnings).toEqual([]);
    const mp4 = { info: made.encoded.info, bytes: await sizeOfFiles(outDir, (name) => name === 'video.mp4') };
    expect(mp4.bytes).toBeLessThanOrEqual(bound.bytes);
    for (const output of [...outputsOf(outputs, 'encode'), ...outputsOf(outputs, 'derive')]) {
      const names = output.files.map(({ name }) => name.split('/')[0]);
      const bytes = await sizeOfFiles(outDir, (name) => names.includes(name));
      expect(bytes).toBeGreaterThan(0);
      expect({ kind: output.kind, isWithin: bytes <= output.mostBytes(mp4, policy) }).toMatchObject({ isWithin: true });
      // What was planned before the MP4 was made is no less.
      expect(output.mostBytes(bound, policy)).toBeGreaterThanOrEqual(bytes);
    }
    expect(await sizeOfFiles(outDir, () => true)).toBeLessThanOrEqual(peakBytes(plan, outputs, bound));
    expect(mostDerivedBytes(outputs, mp4, policy)).toBeLessThanOrEqual(mostDerivedBytes(outputs, bound, policy));
  });

  it('ends what grows beyond what there is room for, and says so for good', async () => {
    const source = join(await temporaryFolder(), 'input');
    await writeFile(source, await makeRepeatedNoise(tools, 1800, 4000));
    const asked: number[] = [];
    const room = 20_000_000;
    const space = {
      maxFileBytes: 2_000_000_000,
      reserve: async (bytes: number) => {
        asked.push(bytes);
        return room;
      },
    };
    const outDir = await temporaryFolder();
    const error = await failureOf(make(source, tools, { space, outDir }));
    expect(error).toMatchObject({ code: 'output_too_large', retry: 'never' });
    expect(error.message).toMatch(/room for here .* Upload a shorter part/);
    expect(asked[0]).toBeGreaterThan(2_000_000_000);
    expect(await readdir(outDir)).toEqual([]);
  });

  it('ends an MP4 that grows beyond the largest file that Storage takes, and says how long one may be', async () => {
    const source = await makeNoise(tools, '640x360', 25, 6);
    const error = await failureOf(make(source, tools, { space: { maxFileBytes: 1_500_000 } }));
    expect(error).toMatchObject({ code: 'output_too_large', retry: 'never' });
    expect(error.message).toMatch(/beyond 1\.50 MB, the largest file that may be stored here\. Cut it into parts/);
  });

  it.each([
    ['by the system', { bytes: 1e9, fileBytes: 300_000 }, process.env.PATH],
    ['by a watch, where the system has no prlimit', { bytes: 300_000, fileBytes: 300_000 }, '/nonexistent'],
  ])('ends ffmpeg %s', async (_how, limits, searchPath) => {
    const folder = await temporaryFolder();
    const source = await makeNoise(tools, '320x240', 25, 4);
    const writes = { ...limits, folder, names: ['noise'], why: 'the most', advice: 'Less.' };
    // At its own pace, 3 MB a second: what ends it must not wait for the end.
    const input = [...inputGuards({ maxPixels: 1e7 }), '-re', '-i', `file:${source}`];
    const args = ['-hide_banner', '-nostdin', '-y', '-v', 'error', '-progress', 'pipe:1', ...input];
    const began = performance.now();
    vi.stubEnv('PATH', searchPath);
    onTestFinished(() => void vi.unstubAllEnvs());
    const run = runFfmpeg({
      tools: limitWrites(tools, writes),
      args: [...args, '-an', '-c:v', 'rawvideo', '-f', 'matroska', join(folder, 'noise.mkv')],
    });
    expect(await failureOf(run)).toMatchObject({ code: 'output_too_large', retry: 'never' });
    expect((performance.now() - began) / 1000).toBeLessThan(3);
    const written = await sizeOfFiles(folder, () => true);
    expect(written).toBeLessThanOrEqual(searchPath === '/nonexistent' ? 4_000_000 : 300_000);
  });
});
