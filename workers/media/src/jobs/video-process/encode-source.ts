/** The downloaded source, made into the MP4 and its poster, with proof that they are what was verified. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EncodedVideo, VIDEO_NAME } from '@supabase-media/media/steps/encode';
import { type MadeVideo, makeVideo } from '@supabase-media/media/steps/make-video';
import type { Checkpoint } from './checkpoint.ts';
import { checksumFiles } from './file-checksums.ts';
import { INPUT_NAME } from './restore.ts';
import type { VideoRun } from './video-run.ts';

type VerifiedVideo = NonNullable<Checkpoint['encoded']>;

/** @throws {MediaError} as `makeVideo` does. */
export async function encodeSource(run: VideoRun): Promise<VerifiedVideo | Extract<MadeVideo, { rejection: unknown }>> {
  const { settings, runStep, onPlan } = run;
  const { directory } = run.place;
  const { tools, slots, metrics } = run.services;
  const { signal } = run.context;
  const inputPath = join(directory, INPUT_NAME);
  const made = await makeVideo({
    inputPath,
    outDir: directory,
    settings,
    tools,
    signal,
    runStep,
    onPlan,
    waitForTurn: (encode) => slots.encodes.run(signal, encode),
    onSpeed: metrics.encoded,
  });
  if ('rejection' in made) return made;
  const files = await checksumFiles(directory, namesOf(made.encoded), signal);
  return { probe: made.probe, value: made.encoded, files };
}

/** Makes room for what comes: nothing else is made of the source. Before the encode is kept, a killed run needs it. */
export const removeSource = (run: VideoRun): Promise<void> =>
  rm(join(run.place.directory, INPUT_NAME), { force: true });

/** The MP4 itself may not be among the outputs that were asked for; all else is made of it. */
const namesOf = (encoded: EncodedVideo): string[] => [
  ...new Set([VIDEO_NAME, ...encoded.outputs.map(({ name }) => name)]),
];
