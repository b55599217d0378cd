import { expect, it } from 'vitest';
import { type VideoPartPayload, videoPartContract, videoPartPayload } from './contract.ts';
import { keysOf } from './part-keys.ts';
import { assertPartProved, provePart } from './prove-part.ts';

const stats = {
  packets: 250,
  bytes: 2_000_000,
  firstSeconds: 0,
  lastSeconds: 9.96,
  durationSeconds: 10,
  firstPacketIsKey: true,
  keyPackets: 5,
  newParameters: false,
  largestKeyGapSeconds: 2,
  largestGapSeconds: 0.04,
  hiddenSeconds: 0,
  decodedLateSeconds: 0,
  clockJumps: 0,
};

const part = provePart(
  {
    version: 1,
    videoId: '5f0c2a8e-6f1b-4b5e-9d3a-0c1d2e3f4a5b',
    project: 'tests',
    jobId: 'video-5f0c2a8e-6f1b-4b5e-9d3a-0c1d2e3f4a5b',
    split: '0123456789ab',
    part: 2,
    parts: 3,
    bytes: 1000,
    sha256: 'a'.repeat(64),
    frames: 100,
    sinceSeconds: 60,
    encode: {
      source: {
        index: 0,
        codec: 'h264',
        codedWidth: 640,
        codedHeight: 360,
        displayWidth: 640,
        displayHeight: 360,
        sampleAspectRatio: 1,
        rotation: 0,
        mirrored: false,
        shapes: [],
        interlaced: false,
        color: {},
        earlySeconds: 0,
        stats,
      } as unknown as VideoPartPayload['encode']['source'],
      target: { width: 640, height: 360 },
      policy: {
        maxInputPixels: 35_651_584,
        video: { preset: 'veryfast', crf: 23, maxRate: 6_000_000, keyframeSeconds: 2 },
      },
    },
    percent: { from: 20, to: 30 },
  },
  'key',
);

it('takes a part that a worker added, also as a queue gives it back', () => {
  const read = videoPartPayload.parse(JSON.parse(JSON.stringify(part)));
  expect(() => assertPartProved(read, 'key')).not.toThrow();
  expect(videoPartContract.jobId(read)).toBe('video-5f0c2a8e-6f1b-4b5e-9d3a-0c1d2e3f4a5b-0123456789ab-2');
  expect(keysOf(read)).toEqual({
    cut: 'tests/5f0c2a8e-6f1b-4b5e-9d3a-0c1d2e3f4a5b/parts/0123456789ab/cut-00002.mp4',
    encoded: 'tests/5f0c2a8e-6f1b-4b5e-9d3a-0c1d2e3f4a5b/parts/0123456789ab/encoded-00002.mp4',
  });
});

it.each<[string, Partial<VideoPartPayload>]>([
  ['another video', { videoId: '00000000-6f1b-4b5e-9d3a-0c1d2e3f4a5b' }],
  ['another part', { part: 1 }],
  ['another encoder', { encode: { ...part.encode, target: { width: 7680, height: 4320 } } }],
  ['no proof', { proof: '' }],
])('refuses %s', (_, change) => {
  expect(() => assertPartProved({ ...part, ...change }, 'key')).toThrow(
    expect.objectContaining({ code: 'part_unproved' }),
  );
  expect(() => assertPartProved(part, 'other')).toThrow(expect.objectContaining({ code: 'part_unproved' }));
});

it.each<[string, object]>([
  ['a key of its own choosing', { path: 'other/video.mp4' }],
  ['a project that leads elsewhere', { project: '../other' }],
  [
    'a preset that is an option',
    {
      encode: {
        ...part.encode,
        policy: { ...part.encode.policy, video: { ...part.encode.policy.video, preset: '-y' } },
      },
    },
  ],
])('has no place for %s', (_, change) => {
  expect(videoPartPayload.safeParse({ ...part, ...change }).success).toBe(false);
});
