import type { Video } from '@supabase-media/uploader/contract';
import { titleOf } from '@supabase-media/uploader/format';
import { describe, expect, it } from 'vitest';
import { describeVideo, isPlayable } from './describe-video.ts';

const video = (changes: Partial<Video>): Video => ({
  id: '6b1f9d6e-9a53-4b0c-9a58-0d1f2f5a7f10',
  project: 'default',
  status: 'queued',
  step: null,
  progress: 0,
  waitingBefore: null,
  outcome: null,
  errorCode: null,
  errorMessage: null,
  title: null,
  fileName: 'trip.mov',
  sourceBucket: 'project-videos',
  sourcePath: 'user/1.mov',
  sourceSize: 1000,
  sourceSha256: null,
  sourceVerified: null,
  facts: {},
  outputs: [],
  urlExpiresAt: null,
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  startedAt: null,
  finishedAt: null,
  ...changes,
});
const mp4 = { kind: 'video', bucket: 'b', path: 'p', contentType: 'video/mp4', bytes: 1, url: null };

describe('describeVideo', () => {
  it('shows step, percentage and remaining time during processing', () => {
    const view = describeVideo(video({ status: 'processing', step: 'encode', progress: 42 }), 90);
    expect(view).toMatchObject({
      status: 'Converting, 42 %',
      timeLeft: '2 min left',
      detail: 'Making the video',
      percent: 42,
    });
    expect(view.actions).toEqual(['rename', 'cancel', 'delete']);
  });

  it.each([
    [null, 'Waiting'],
    [0, 'Waiting, next in line'],
    [3, 'Waiting, 3 before it'],
  ])('says of %s videos before it: %s', (waitingBefore, status) => {
    expect(describeVideo(video({ waitingBefore }), undefined).status).toBe(status);
  });

  it('says of a finished video that it is ready, and nothing of how it was made', () => {
    const facts = { input: { videoCodec: 'hevc' }, reasons: [{ code: 'video_codec', detail: 'HEVC' }], warnings: [] };
    const ready = video({ status: 'ready', outcome: 'processed', outputs: [mp4], facts });
    const view = describeVideo(ready, undefined);
    expect(view).toMatchObject({ tone: 'done', status: 'Ready', detail: undefined, percent: undefined });
    expect(view.actions).toEqual(['rename', 'copy_link', 'download', 'delete']);
    const warnings = [{ code: 'hls_unavailable', detail: 'There is none.' }];
    expect(describeVideo({ ...ready, facts: { warnings } }, undefined).actions).toContain('retry');
  });

  it('can be watched as soon as its MP4 is published', () => {
    const view = describeVideo(video({ status: 'processing', outputs: [mp4] }), undefined);
    expect(view.detail).toBe('You can watch it already');
    expect(view.actions).toContain('download');
    expect(isPlayable(video({ status: 'failed', outputs: [mp4] }))).toBe(false);
  });

  it.each([
    ['rejected', 'container_not_allowed', 'upload_again'],
    ['failed', 'ffmpeg_killed', 'retry'],
    ['failed', 'object_missing', 'upload_again'],
    ['failed', 'source_changed', 'upload_again'],
    ['canceled', null, 'retry'],
  ] as const)('offers after %s (%s) to %s', (status, errorCode, action) => {
    const view = describeVideo(video({ status, errorCode, errorMessage: 'Why.' }), undefined);
    expect(view.next).toBe(action);
    expect(view.actions).toContain(action);
  });

  it('shows the reason of a rejection as the worker wrote it', () => {
    const errorMessage = 'This is a PNG image, not a video.';
    expect(describeVideo(video({ status: 'rejected', errorMessage }), undefined).detail).toBe(errorMessage);
  });

  it('falls back to the file name, and to the path if there is none', () => {
    expect(titleOf(video({ title: 'The trip' }))).toBe('The trip');
    expect(titleOf(video({}))).toBe('trip.mov');
    expect(titleOf(video({ fileName: null }))).toBe('1.mov');
  });
});
