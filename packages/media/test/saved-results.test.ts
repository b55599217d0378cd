/** What is kept of real videos between two runs is read back whole; what is no such thing, not at all. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createStepRunner } from '@supabase-media/core/step-runner';
import { type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linkNeutralInput } from '../src/ffmpeg/input-file.ts';
import { locateTools } from '../src/ffmpeg/locate.ts';
import type { MediaTools } from '../src/ffmpeg/tools.ts';
import { fileSteps } from '../src/file-steps.ts';
import { OUTPUT_KINDS } from '../src/outputs/catalog.ts';
import { deriveOutputs, makeVideo } from '../src/pipeline.ts';
import { savedOutputs, savedProbe, savedVideo } from '../src/saved-results.ts';
import { QUICK_POLICY } from './support/pipeline.ts';
import { temporaryFolder } from './support/tools.ts';

let tools: MediaTools;
let shop: ClipShop;
beforeAll(async () => {
  tools = await locateTools();
  shop = await openClipShop(tools);
});
afterAll(() => shop.close());

const asStored = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

it.each(['web-ready.mp4', 'surround.mp4', 'pq.mp4'] as const)('reads back all of %s', async (name) => {
  const outDir = join(await temporaryFolder(), 'out');
  await mkdir(outDir);
  const settings = { outputs: OUTPUT_KINDS, profile: 'fast', policy: { ...QUICK_POLICY, loudnessLufs: -14 } } as const;
  const steps = fileSteps({ outputs: OUTPUT_KINDS, plan: () => undefined });
  const runStep = createStepRunner({ steps, log: pino({ level: 'silent' }) });
  const inputPath = await linkNeutralInput(await shop.clip(name), await temporaryFolder());
  const made = await makeVideo({ settings, outDir, tools, runStep, inputPath, onPlan: () => {} });
  if (!('encoded' in made)) throw new Error('rejected');
  const derived = await deriveOutputs({ settings, outDir, tools, runStep, ...made });
  // To the byte: the order of keys, too.
  const again = (value: unknown) => JSON.stringify(value);
  expect(again(savedProbe.parse(asStored(made.probe)))).toBe(again(made.probe));
  expect(again(savedVideo.parse(asStored(made.encoded)))).toBe(again(made.encoded));
  expect(again(savedOutputs.parse(asStored(derived)))).toBe(again(derived));

  const { info } = made.encoded;
  const forged = [
    { ...info, video: { ...info.video, index: '0]drawtext=textfile=/etc/passwd[x' } },
    { ...info, video: { ...info.video, index: -1 } },
    { ...info, video: { ...info.video, displayWidth: 1e9 } },
    { ...info, durationSeconds: '10' },
  ];
  for (const one of forged) expect(savedVideo.safeParse(asStored({ ...made.encoded, info: one })).success).toBe(false);
  const [output] = made.encoded.outputs;
  for (const path of ['../../etc/passwd', '/etc/passwd', 'a/../../b', '.hidden', ''])
    expect(savedOutputs.safeParse(asStored({ outputs: [{ ...output, name: path }] })).success).toBe(false);
});
