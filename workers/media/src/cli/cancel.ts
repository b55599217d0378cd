/** `media cancel ID`: stops a video wherever it waits or runs. */

import { type CancelVideoAnswer, openQueueClient } from '@supabase-media/client';
import { MediaError } from '@supabase-media/core/errors';
import { supabaseOf } from '../config.ts';
import type { CommandContext } from './run-command.ts';

const WORDS: Readonly<Record<Exclude<CancelVideoAnswer['state'], 'unknown'>, string>> = {
  canceled: 'canceled before it was begun',
  canceling: 'its worker stops within 2 s and removes what it made',
  finished: 'it had come to its end already; nothing was changed',
};

export async function cancelCommand({ config, output }: CommandContext, videoId: string): Promise<void> {
  const { url, serviceRoleKey } = supabaseOf(config);
  const queue = openQueueClient({ ...config.queue, supabaseUrl: url, serviceRoleKey });
  try {
    const answer = await queue.cancelVideo(videoId);
    if (answer.state === 'unknown')
      throw new MediaError({ code: 'video_missing', message: `There is no video ${videoId} to cancel.` });
    output.result({ ...answer }, [`video ${videoId}: ${WORDS[answer.state]}`]);
  } finally {
    await queue.close();
  }
}
