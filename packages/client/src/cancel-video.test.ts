import { MediaError } from '@supabase-media/core/errors';
import { describe, expect, it } from 'vitest';
import { type CancelVideoAnswer, cancelVideo } from './cancel-video.ts';

const videoId = '2dff36ec-2983-8f8e-b3d8-dcc9aeff0572';
const OPEN = ['queued', 'processing'];

/** A row and a queue, and what was asked of them. */
function lab(status: string | undefined, job: CancelVideoAnswer['state'] | Error) {
  const asked: string[] = [];
  let row = status;
  return {
    asked,
    status: () => row,
    rows: {
      cancel: async () => {
        asked.push('row');
        if (row === undefined || !OPEN.includes(row)) return false;
        row = 'canceled';
        return true;
      },
      statusOf: async () => row,
    },
    queue: {
      cancelVideo: async () => {
        asked.push('queue');
        if (job instanceof Error) throw job;
        return { videoId, state: job };
      },
    },
  };
}

describe('canceling a video', () => {
  it.each([
    ['queued', 'canceled', 'canceled'],
    ['processing', 'canceling', 'canceling'],
    // It waited without a job, or its worker died between the end of the job and the row.
    ['queued', 'unknown', 'canceled'],
    ['processing', 'finished', 'canceled'],
    // Its job was left behind when it was canceled before.
    ['canceled', 'canceling', 'canceling'],
    ['canceled', 'unknown', 'finished'],
    // A producer need not write a row.
    [undefined, 'canceled', 'canceled'],
    [undefined, 'unknown', 'unknown'],
  ] as const)('row %s, job %s: %s', async (status, job, state) => {
    const { asked, ...parts } = lab(status, job);
    expect(await cancelVideo({ ...parts, videoId })).toEqual({ videoId, state });
    expect(asked).toEqual(['row', 'queue']);
  });

  it.each(['ready', 'rejected', 'failed'])('does not touch the job of one that is %s', async (status) => {
    const { asked, ...parts } = lab(status, 'canceling');
    expect(await cancelVideo({ ...parts, videoId })).toEqual({ videoId, state: 'finished' });
    expect(asked).toEqual(['row']);
  });

  it('leaves a canceled row when the queue is away, and can be repeated', async () => {
    const away = new MediaError({ code: 'queue_unreachable', message: 'The queue is away.' });
    const parts = lab('processing', away);
    await expect(cancelVideo({ ...parts, videoId })).rejects.toBe(away);
    expect(parts.status()).toBe('canceled');
    const again = lab(parts.status(), 'canceled');
    expect(await cancelVideo({ ...again, videoId })).toEqual({ videoId, state: 'canceled' });
  });
});
