import { describe, expect, it } from 'vitest';
import { videoIdOf, videoProcessPayload } from './contract.ts';

describe('the id of a video without one', () => {
  it('is the same for the same source and another for another', () => {
    const id = videoIdOf({ bucket: 'b', path: 'a.mp4' });
    expect(videoIdOf({ bucket: 'b', path: 'a.mp4' })).toBe(id);
    expect(videoIdOf({ bucket: 'b', path: 'b.mp4' })).not.toBe(id);
  });

  it('is a UUID that the contract accepts', () => {
    const source = { bucket: 'b', path: 'a.mp4' };
    const payload = { version: 1, videoId: videoIdOf(source), project: 'default', source };
    expect(videoProcessPayload.parse(payload)).toEqual(payload);
  });
});
