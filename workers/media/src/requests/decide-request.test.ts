import type { VideoRequest } from '@supabase-media/database/video-requests';
import { describe, expect, it } from 'vitest';
import { decideOutcome, decideRequest, isLeftBehind } from './decide-request.ts';

const request: VideoRequest = {
  videoId: '2dff36ec-2983-8f8e-b3d8-dcc9aeff0572',
  requestId: '0b6f9e0e-4d1c-4b0e-8a55-6b7c0a1f2d3e',
  options: {},
  failures: 0,
  status: 'queued',
  ownerId: undefined,
  project: 'default',
  source: { bucket: 'project-videos', path: 'a.mp4' },
  proof: {},
  turn: undefined,
};

describe('what is done for a row', () => {
  it('is the job that its producer would add', () => {
    const options = { outputs: ['video'], profile: 'quality', priority: 'low' };
    const proof = { size: 5, etag: 'x', verified: 'md5' };
    expect(decideRequest({ ...request, options, proof })).toEqual({
      do: 'add',
      priority: 'low',
      payload: {
        version: 1,
        videoId: request.videoId,
        project: 'default',
        outputs: ['video'],
        profile: 'quality',
        source: { bucket: 'project-videos', path: 'a.mp4', size: 5, etag: 'x' },
      },
    });
  });

  it.each([
    ['queued', 'add'],
    ['processing', 'add'],
    ['canceled', 'cancel'],
    ['ready', 'nothing'],
    ['rejected', 'nothing'],
    ['failed', 'nothing'],
  ] as const)('of status %s: %s', (status, done) => {
    expect(decideRequest({ ...request, status }).do).toBe(done);
  });

  it.each([
    [{ options: { outputs: ['film'] } }],
    [{ options: { outputs: [] } }],
    [{ options: { priority: 'highest' } }],
    [{ project: '../x' }],
  ])('is refused where no worker could do it: %j', (change) => {
    expect(decideRequest({ ...request, ...change })).toMatchObject({ do: 'refuse' });
  });
});

describe('when a row is looked at again', () => {
  it.each([
    ['done', 0, undefined],
    ['created', 3, 300],
    ['existing', 0, 300],
    ['failed', 0, 5],
    ['failed', 3, 40],
    ['failed', 20, 300],
    ['ended', 0, 30],
  ] as const)('%s, failed %i times: after %s s', (end, failures, againSeconds) => {
    expect(decideOutcome({ ...request, failures }, end).againSeconds).toBe(againSeconds);
  });

  it('gives up on a job that ended twice as it looks, and never on another', () => {
    expect(isLeftBehind({ ...request, failures: 0 }, 'ended')).toBe(false);
    expect(isLeftBehind({ ...request, failures: 1 }, 'ended')).toBe(true);
    expect(isLeftBehind({ ...request, failures: 9 }, 'failed')).toBe(false);
  });
});
