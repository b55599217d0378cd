import { describe, expect, it } from 'vitest';
import { UploadError } from '../client/upload-error.ts';
import { announceUploads } from './announce-uploads.ts';
import { describeUpload } from './describe-upload.ts';
import type { UploadItem, UploadItemState } from './upload-list.ts';

const item = (state: UploadItemState, sent = 0, changes: Partial<UploadItem> = {}): UploadItem => ({
  id: 'upload-1',
  addedAt: 0,
  videoId: undefined,
  isSetAside: false,
  fileName: 'trip.mov',
  size: 300_000_000,
  state,
  progress:
    sent === 0
      ? undefined
      : {
          percentage: sent / 3_000_000,
          bytesUploaded: sent,
          bytesConfirmed: sent,
          bytesTotal: 300_000_000,
          speedBytesPerSecond: 12_300_000,
          etaSeconds: 17,
          chunksCompleted: 1,
          chunksTotal: 4,
        },
  ...changes,
});
const uploading = { name: 'uploading', resumedFrom: 0 } as const;

describe('describeUpload', () => {
  it('says bytes, speed and time left while bytes move', () => {
    const view = describeUpload(item(uploading, 42_100_000));
    expect(view).toMatchObject({
      status: 'Uploading, 14 %',
      numbers: '42.1 MB of 300 MB · 12.3 MB/s',
      timeLeft: '20 s left',
    });
    expect(view.actions).toEqual(['pause', 'cancel']);
  });

  it('says where it went on', () => {
    const view = describeUpload(item({ name: 'uploading', resumedFrom: 120_000_000 }, 121_000_000));
    expect(view.numbers).toBe('121 MB of 300 MB · went on from 120 MB · 12.3 MB/s');
  });

  it('calls nothing done that no worker has looked at', () => {
    const view = describeUpload(item({ name: 'completed', videoId: 'video-1' }, 300_000_000));
    expect(view).toMatchObject({ tone: 'plain', status: 'Sent, waiting to be converted', bar: undefined });
  });

  it('says that it finishes while the API is asked to complete, however long that takes', () => {
    const view = describeUpload(item({ name: 'completing' }, 300_000_000));
    expect(view).toMatchObject({ tone: 'moving', status: 'Finishing', bar: 'unknown', problem: undefined });
    expect(view.actions).toEqual(['cancel']);
  });

  it('keeps bytes and drops speed while it is paused', () => {
    const view = describeUpload(item({ name: 'paused' }, 42_100_000));
    expect(view.numbers).toBe('42.1 MB of 300 MB');
    expect(view.actions).toEqual(['resume', 'cancel']);
  });

  it.each([
    ['timed_out', ['retry', 'dismiss']],
    ['too_large', ['dismiss']],
  ] as const)('offers to try again after %s only where that can help', (code, actions) => {
    const view = describeUpload(item({ name: 'failed', error: new UploadError({ code }) }));
    expect(view.actions).toEqual(actions);
    expect(view.problem).toContain(new UploadError({ code }).action);
  });

  it('shows no bar for what was never begun', () => {
    const problem = { code: 'wrong_type', message: 'No video.', action: 'Choose one.' } as const;
    expect(describeUpload(item({ name: 'refused', problem })).bar).toBeUndefined();
  });
});

describe('announceUploads', () => {
  it('tells a new state once', () => {
    const before = [item(uploading, 1_000_000)];
    const after = [item({ name: 'paused' }, 1_000_000)];
    expect(announceUploads(before, after)).toEqual(['trip.mov: Paused.']);
    expect(announceUploads(after, after)).toEqual([]);
  });

  it('tells every quarter, and nothing between', () => {
    const at = (sent: number) => [item(uploading, sent)];
    expect(announceUploads(at(70_000_000), at(74_000_000))).toEqual([]);
    expect(announceUploads(at(74_000_000), at(76_000_000))).toEqual(['trip.mov: 25 percent.']);
    expect(announceUploads(at(290_000_000), at(300_000_000))).toEqual([]);
  });

  it('tells what was refused, with the reason', () => {
    const problem = { code: 'empty', message: 'The file is empty.', action: 'Choose another.' } as const;
    expect(announceUploads([], [item({ name: 'refused', problem })])).toEqual([
      'trip.mov: Not uploaded. The file is empty. Choose another.',
    ]);
  });

  it('tells nothing of what was set aside: the offer to take it back says so', () => {
    const aside = item({ name: 'paused' }, 1_000_000, { isSetAside: true });
    expect(announceUploads([item(uploading, 1_000_000)], [aside])).toEqual([]);
  });
});
