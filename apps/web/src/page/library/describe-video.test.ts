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
  outcome: null,
  errorCode: null,
  errorMessage: null,
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
    expect(view).toMatchObject({ status: '42 %', detail: 'Encoding · 2 min left', percent: 42 });
    expect(view.actions[0]).toBe('cancel');
  });

  it('can be watched as soon as its MP4 is published', () => {
    expect(describeVideo(video({ status: 'processing', outputs: [mp4] }), undefined).actions[0]).toBe('watch');
    expect(isPlayable(video({ status: 'failed', outputs: [mp4] }))).toBe(false);
  });

  it.each([
    ['rejected', 'container_not_allowed', 'upload_again'],
    ['failed', 'ffmpeg_killed', 'retry'],
    ['failed', 'object_missing', 'upload_again'],
    ['failed', 'source_changed', 'upload_again'],
    ['canceled', null, 'retry'],
  ] as const)('offers after %s (%s) to %s', (status, errorCode, action) => {
    expect(describeVideo(video({ status, errorCode, errorMessage: 'Why.' }), undefined).actions[0]).toBe(action);
  });

  it('shows the reason of a rejection as the worker wrote it', () => {
    const errorMessage = 'This is a PNG image, not a video.';
    expect(describeVideo(video({ status: 'rejected', errorMessage }), undefined).detail).toBe(errorMessage);
  });

  it('falls back to the path if there is no file name', () => {
    expect(titleOf(video({ fileName: null }))).toBe('1.mov');
  });
});
