/** Captions that somebody added to the finished video: a job that is run again takes them along. */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { PublishedOutput } from '@supabase-media/client/contract';
import { MediaError } from '@supabase-media/core/errors';
import { MAX_CAPTIONS_BYTES } from '@supabase-media/media/captions';
import type { LocalOutput } from '@supabase-media/media/output';
import { downloadFile } from '@supabase-media/storage/download';
import { isMadeOf } from './result-keys.ts';
import type { VideoRun } from './video-run.ts';

/** Of the outputs of a row, those that no run makes again. */
export const isAdded = ({ kind, origin }: PublishedOutput): boolean => kind === 'captions' && origin === 'added';

/**
 * Brings the added captions into the folder of the run, in the place of those of the source that they had replaced.
 * Captions of another source are left behind: nobody knows whether they fit.
 *
 * @param made what was made of the source.
 * @returns all outputs.
 * @throws {MediaError} what Storage answers; captions that are gone, or larger than any may be, are left behind.
 */
export async function takeAddedCaptions(
  run: VideoRun,
  made: readonly LocalOutput[],
  sourceSha256: string,
): Promise<LocalOutput[]> {
  const { services, payload, log } = run;
  const { project, videoId } = payload;
  const shown = (await services.videos.find(videoId))?.outputs ?? [];
  const taken: LocalOutput[] = [];
  for (const added of shown.filter(isAdded)) {
    const { bucket, path } = added;
    const isOurs = bucket === services.config.resultBucket && isMadeOf(path, { project, videoId, sourceSha256 });
    const output = isOurs ? await takeOne(run, added) : undefined;
    if (output !== undefined) taken.push(output);
    else log.warn({ event: 'captions.left_behind', bucket, path }, `Captions were left behind: ${bucket}/${path}`);
  }
  return [...made.filter(({ name }) => taken.every((output) => output.name !== name)), ...taken];
}

/** As captions are named (`nameTrack` of the package `media`). */
const FILE_NAME = /^[a-z0-9-]{1,40}\.vtt$/;

async function takeOne(
  { services, runDirectory, context }: VideoRun,
  { bucket, path, kind, contentType, language, label, disposition, origin }: PublishedOutput,
): Promise<LocalOutput | undefined> {
  if (!FILE_NAME.test(basename(path))) return undefined;
  const name = `captions/${basename(path)}`;
  const file = join(runDirectory.directory, name);
  await mkdir(dirname(file), { recursive: true });
  const { upload } = services.config;
  try {
    const { size } = await downloadFile({
      connection: services.storage,
      bucket,
      path,
      file,
      timeouts: upload,
      maxRetries: upload.maxRetries,
      signal: context.signal,
      onSize: (bytes) => {
        if (bytes > MAX_CAPTIONS_BYTES)
          throw new MediaError({ code: 'object_missing', message: `${path} has ${bytes} bytes: no captions of ours.` });
      },
    });
    return { path: file, name, kind, contentType, bytes: size, language, label, disposition, origin };
  } catch (error) {
    if (error instanceof MediaError && error.code === 'object_missing') return undefined;
    throw error;
  }
}
