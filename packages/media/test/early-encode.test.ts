/** A source that is encoded while it arrives, against the same source encoded when all of it is there. */
import { execFile } from 'node:child_process';
import { appendFile, open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { planEarly } from '../src/early/plan-early.ts';
import type { BegunEncode } from '../src/ffmpeg/encode.ts';
import { probeMedia } from '../src/ffmpeg/probe.ts';
import type { MediaTools } from '../src/ffmpeg/tools.ts';
import { beginVideo, type MakeVideoOptions, makePlanned, makeVideo, planVideo } from '../src/pipeline.ts';
import { type ConvertPlan, planProcessing } from '../src/plan/plan.ts';
import { QUICK_POLICY } from './support/pipeline.ts';
import { findAllTools, selectCases, temporaryFolder } from './support/tools.ts';

const SECONDS = 5;
/** Half of it is more than has to be here before anything can be planned. */
const picture = (rate = '25', more = '') => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=480x272:rate=${rate}:duration=${SECONDS},noise=alls=20:allf=t${more}`],
  ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${SECONDS}`],
];
const ten = [
  '-c:v',
  'libx264',
  '-preset',
  'ultrafast',
  '-pix_fmt',
  'yuv420p10le',
  '-b:v',
  '5M',
  '-minrate',
  '5M',
  '-maxrate',
  '5M',
  '-bufsize',
  '1M',
  '-c:a',
  'aac',
];
const front = ['-movflags', '+faststart'];

/** How sources are made that browsers do not play; the first is their name. */
const KINDS: readonly (readonly [string, readonly string[]])[] = [
  ['B-frames at 29.97', [...picture('30000/1001'), ...ten, '-bf', '3', ...front]],
  ['a variable rate', [...picture('50', ",select='not(mod(n\\,3))'"), '-fps_mode', 'vfr', ...ten, ...front]],
  ['sound that begins late', [...picture(), '-af', 'adelay=700:all=1', ...ten, ...front]],
  ['interlaced pictures', [...picture(), ...ten, '-flags', '+ilme+ildct', '-x264-params', 'interlaced=1', ...front]],
  ['HDR', [...picture(), ...ten, '-color_trc', 'smpte2084', '-color_primaries', 'bt2020', ...front]],
];
const CORE = ['B-frames at 29.97'];

/** Held to a bit rate, x264 gives bits to frames by how far its threads are: of several, no two runs are the same. */
const oneThread = (tools: MediaTools): MediaTools => ({ ...tools, limits: { ...tools.limits, threads: 1 } });
const found = (await findAllTools()).map(([name, tools]) => [name, oneThread(tools)] as const);
const [, first] = found[0] ?? [];

const run = async (program: string, args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(program, args as string[], { maxBuffer: 1e8 })).stdout;

const contents = new Map<string, Promise<Buffer>>();

/** A file of 3 MB; the same for the same arguments. */
function make(args: readonly string[]): Promise<Buffer> {
  const key = args.join(' ');
  const made = contents.get(key) ?? encode(args);
  contents.set(key, made);
  return made;
}

async function encode(args: readonly string[]): Promise<Buffer> {
  const file = join(await temporaryFolder(), 'made.mp4');
  await run(first?.ffmpeg.path ?? '', ['-nostdin', '-y', '-v', 'error', ...args, file]);
  return readFile(file);
}

/** A source of which `bytes` have arrived, and what is to be done with it. */
async function arrive(content: Buffer, bytes: number, tools: MediaTools) {
  const outDir = await temporaryFolder();
  const inputPath = join(outDir, 'input');
  const path = `${inputPath}.partial`;
  await writeFile(path, content.subarray(0, bytes));
  const arriving = { path, sizeBytes: content.length };
  const settings = { outputs: ['video'], policy: QUICK_POLICY, profile: 'fast' } as const;
  const signal = new AbortController().signal;
  return {
    outDir,
    inputPath,
    partial: join(outDir, 'video.mp4.partial'),
    plan: () => planEarly({ arriving, frontPath: join(outDir, 'front'), settings, tools, signal }),
    begin: (plan: ConvertPlan) => beginVideo({ plan, inputPath, arriving, outDir, settings, tools, signal }),
    /** The rest arrives. */
    finish: async () => {
      await appendFile(path, content.subarray(bytes));
      await rename(path, inputPath);
    },
    options: (begun?: BegunEncode): MakeVideoOptions => ({
      ...{ settings, outDir, tools, inputPath, begun },
      onPlan: () => {},
      runStep: async (_name, work) => (await work(() => {})).value,
    }),
  };
}

async function makeAll(options: MakeVideoOptions) {
  const planned = await planVideo(options);
  if ('rejection' in planned) throw new Error(planned.rejection.reason);
  return makePlanned(options, planned);
}

const isWritten = (file: string) => vi.waitFor(async () => expect((await stat(file)).size).toBeGreaterThan(0), 30_000);

function planOf(plan: ConvertPlan | string): ConvertPlan {
  if (typeof plan === 'string') throw new Error(`there is no plan: ${plan}`);
  return plan;
}

describe.each(found)('while it arrives, with %s', (_version, tools) => {
  it.each(selectCases(KINDS, tools, { first, core: CORE }))(
    'makes the same file, byte for byte: %s',
    async (_name, args) => {
      const content = await make(args);
      const whole = await arrive(content, content.length, tools);
      await whole.finish();
      await makeVideo(whole.options());

      const half = await arrive(content, Math.ceil(content.length * 0.8), tools);
      const begun = await half.begin(planOf(await half.plan()));
      await isWritten(half.partial);
      await half.finish();
      const made = await makeAll(half.options(begun));

      expect(begun.leadSeconds()).toBeGreaterThan(0);
      expect(made).toHaveProperty('encoded.outcome', 'processed');
      const [here, there] = await Promise.all([half, whole].map(({ outDir }) => readFile(join(outDir, 'video.mp4'))));
      expect(here?.equals(there as Buffer)).toBe(true);
    },
    60_000,
  );

  it('ends an encoder that waits for what never comes, and leaves nothing', async () => {
    const content = await make([...picture(), ...ten, ...front]);
    const half = await arrive(content, Math.ceil(content.length * 0.8), tools);
    const begun = await half.begin(planOf(await half.plan()));
    await isWritten(half.partial);
    await begun.end();
    await expect(stat(half.partial)).rejects.toThrow('ENOENT');
    expect(await begun.take([], {})).toBeUndefined();
  }, 60_000);
});

const described = (made: object) =>
  JSON.parse(JSON.stringify(made, (key, value) => (/Path$|^path$/.test(key) ? '' : value)));

describe('what was begun in vain', () => {
  const tools = first as MediaTools;

  it('ends what was begun by another plan, and encodes again', async () => {
    const content = await make([...picture(), ...ten, ...front]);
    const half = await arrive(content, Math.ceil(content.length * 0.8), tools);
    const plan = planOf(await half.plan());
    const begun = await half.begin({ ...plan, target: { ...plan.target, width: 240, height: 136 } });
    await isWritten(half.partial);
    await half.finish();
    await makeAll(half.options(begun));
    expect(begun.leadSeconds()).toBe(0);
    const made = await probeMedia({ inputPath: join(half.outDir, 'video.mp4'), tools });
    expect(made).toMatchObject({ video: { codedWidth: 480, codedHeight: 272 } });
  }, 60_000);

  it('encodes again where the source was cut short behind its index', async () => {
    const content = await make([...picture(), ...ten, ...front]);
    const half = await arrive(content, Math.ceil(content.length * 0.8), tools);
    const begun = await half.begin(planOf(await half.plan()));
    await isWritten(half.partial);
    // As large as it should be, and zeros.
    const file = await open(join(half.outDir, 'input.partial'), 'r+');
    await file.truncate(content.length);
    await file.close();
    await rename(join(half.outDir, 'input.partial'), half.inputPath);
    const made = await makeAll(half.options(begun));
    const again = await arrive(await readFile(half.inputPath), content.length, tools);
    await again.finish();
    expect(await makeVideo(again.options()).then(described)).toEqual(described(made));
  }, 60_000);
});

describe('planEarly', () => {
  const tools = first as MediaTools;

  it('plans what will be planned of the whole', async () => {
    const content = await make([...picture(), ...ten, ...front]);
    const half = await arrive(content, Math.ceil(content.length * 0.8), tools);
    const early = planOf(await half.plan());
    await half.finish();
    const whole = planProcessing(await probeMedia({ inputPath: half.inputPath, tools }), QUICK_POLICY);
    expect(early).toEqual(whole);
    await expect(stat(join(half.outDir, 'front'))).rejects.toThrow('ENOENT');
  });

  it.each<[string, string, readonly string[], number]>([
    ['more', 'has too little of it', [...ten, ...front], 0.1],
    ['none', 'has its index last', ten, 0.9],
    ['none', 'has it in fragments', [...ten, '-movflags', '+frag_keyframe+empty_moov'], 0.9],
    [
      'none',
      'can copy it',
      ['-c:v', 'libx264', '-preset', 'ultrafast', '-b:v', '8M', '-pix_fmt', 'yuv420p', '-c:a', 'aac', ...front],
      1,
    ],
  ])('says %s where it %s', async (answer, _why, args, share) => {
    const content = await make([...picture(), ...args]);
    const some = await arrive(content, Math.ceil(content.length * share), tools);
    expect(await some.plan()).toBe(answer);
  });
});
