/** `media captions add ID FILE --lang en`: captions for a finished video, beside its other results. */
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { MediaError } from '@supabase-media/core/errors';
import { openDatabase } from '@supabase-media/database/database';
import { openVideos } from '@supabase-media/database/videos';
import { addCaptions, MAX_CAPTIONS_BYTES, mergeCaptions } from '@supabase-media/media/captions';
import { resolveUserPath } from '@supabase-media/service/user-path';
import { openStorage } from '@supabase-media/storage/connection';
import { readText, writeText } from '@supabase-media/storage/text-objects';
import { supabaseOf } from '../config.ts';
import type { CommandContext } from './run-command.ts';

export interface AddCaptionsCommandOptions {
  readonly videoId: string;
  readonly file: string;
  readonly lang: string;
}

export async function addCaptionsCommand(context: CommandContext, options: AddCaptionsCommandOptions): Promise<void> {
  const { config, signal, output } = context;
  const { videoId } = options;
  const file = resolveUserPath(options.file);
  // No more than tells that it is too large.
  const content = await buffer(createReadStream(file, { end: MAX_CAPTIONS_BYTES })).catch((cause: unknown) => {
    throw new MediaError({ code: 'file_missing', message: `${file} cannot be read.`, cause });
  });
  const videos = openVideos(openDatabase(supabaseOf(config)));
  const video = await videos.find(videoId);
  if (video === undefined) throw new MediaError({ code: 'video_missing', message: `There is no video ${videoId}.` });
  const notReady = (status: string) =>
    new MediaError({
      code: 'invalid_argument',
      message: `Video ${videoId} is ${status}: captions are added when it is ready.`,
    });
  if (video.status !== 'ready') throw notReady(video.status);
  const connection = openStorage({ ...supabaseOf(config), connectMs: config.upload.connectMs });
  try {
    const bucket = config.resultBucket;
    const added = await addCaptions({
      outputs: video.outputs.filter((result) => result.bucket === bucket),
      language: options.lang,
      content,
      files: {
        read: (path) => readText(connection, { bucket, path }),
        write: (file) => writeText(connection, { bucket, ...file, signal }),
      },
    });
    if (!(await videos.changeOutputs(videoId, (outputs) => mergeCaptions(outputs, added))))
      throw notReady('not ready any more');
    output.result({ videoId, captions: added }, [`${added.label}: ${bucket}/${added.path}`]);
  } finally {
    await connection.close();
  }
}
