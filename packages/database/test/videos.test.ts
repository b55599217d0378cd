/** The `videos` table through the worker's own door: which ending may follow which. */
import { randomUUID } from 'node:crypto';
import { openStackVideos } from '@supabase-media/test-support/stack';
import { describe, expect, it } from 'vitest';

const videos = openStackVideos();

async function startVideo(): Promise<string> {
  const id = randomUUID();
  const video = { id, project: 'default', sourceBucket: 'project-videos', sourcePath: `videos/${id}.mp4` };
  await videos.markProcessing(video, `video-${id}`);
  return id;
}

const FAILED = { status: 'failed', errorCode: 'queue_failed', errorMessage: 'The queue did not answer.' } as const;

describe('a video', () => {
  it('stays ready when the queue could not be told of it and fails its job', async () => {
    const id = await startVideo();
    expect(await videos.recordFinalStatus(id, { status: 'ready', outcome: 'remuxed' })).toBe(true);
    expect(await videos.recordFinalStatus(id, FAILED)).toBe(false);
    expect(await videos.find(id)).toMatchObject({ status: 'ready', error_code: null });
  });

  it('is queued with its turn and what was proved of its source, and keeps both when it is queued again', async () => {
    const id = randomUUID();
    const video = { id, project: 'default', sourceBucket: 'project-videos', sourcePath: `videos/${id}.mp4` };
    const sourceProof = { size: 7, etag: 'abc' };
    const turn = await videos.markQueued({ ...video, sourceProof }, `video-${id}`);
    expect(await videos.markQueued(video, `video-${id}`)).toBe(turn);
    expect(await videos.place(video, `video-${id}`)).toBe(turn);
    const row = await videos.find(id);
    expect(row).toMatchObject({ status: 'queued', queue_priority: turn, source_proof: sourceProof });
    await videos.recordFinalStatus(id, FAILED);
    expect(await videos.find(id)).toMatchObject({ status: 'failed', queue_priority: null, source_proof: sourceProof });
  });

  it('stays canceled, whatever its run still says', async () => {
    const id = await startVideo();
    expect(await videos.cancel(id)).toBe(true);
    expect(await videos.recordFinalStatus(id, { status: 'ready', outcome: 'remuxed' })).toBe(false);
    expect(await videos.recordFinalStatus(id, FAILED)).toBe(false);
    expect(await videos.find(id)).toMatchObject({ status: 'canceled' });
  });

  it('can be canceled in the moment after it became ready, and fails with a reason', async () => {
    const [late, failed] = [await startVideo(), await startVideo()];
    await videos.recordFinalStatus(late, { status: 'ready', outcome: 'remuxed' });
    expect(await videos.recordFinalStatus(late, { status: 'canceled', outputs: [] })).toBe(true);
    expect(await videos.recordFinalStatus(failed, FAILED)).toBe(true);
    const statuses = await videos.findStatuses([late, failed, randomUUID()]);
    expect(Object.fromEntries(statuses)).toEqual({ [late]: 'canceled', [failed]: 'failed' });
  });
});
