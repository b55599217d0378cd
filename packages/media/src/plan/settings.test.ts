import { describe, expect, it } from 'vitest';
import { resultPrefix } from '../steps/result-keys.ts';
import { OUTPUT_KINDS, parseOutputs } from './outputs.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { chooseSettings, type MediaDefaults } from './settings.ts';

const defaults: MediaDefaults = {
  outputs: OUTPUT_KINDS,
  profile: 'fast',
  maxShortSide: 1080,
  maxFps: 60,
  maxDurationSeconds: 43_200,
};

describe('chooseSettings', () => {
  it('is the default policy by default', () => {
    expect(chooseSettings(defaults)).toEqual({ outputs: OUTPUT_KINDS, profile: 'fast', policy: DEFAULT_POLICY });
  });

  it('lets a job choose its outputs and profile, and the operator the limits', () => {
    const settings = chooseSettings(
      { ...defaults, maxShortSide: 720, maxFps: 30 },
      { outputs: ['video'], profile: 'quality' },
    );
    expect(settings).toMatchObject({ outputs: ['video'], profile: 'quality' });
    expect(settings.policy).toMatchObject({ maxShortSide: 720, maxLongSide: 1280, maxFps: 30 });
    expect(settings.policy.video.preset).not.toBe(DEFAULT_POLICY.video.preset);
  });

  it('gives larger pictures more bits', () => {
    const { policy } = chooseSettings({ ...defaults, maxShortSide: 2160 });
    expect(policy).toMatchObject({ maxLongSide: 3840, maxCopyBitRate: 48_000_000, video: { maxRate: 24_000_000 } });
  });
});

describe('parseOutputs', () => {
  it.each([
    ['video', ['video']],
    ['hls, video ,hls', ['video', 'hls']],
    ['', undefined],
    ['video,', undefined],
    ['video,film', undefined],
  ])('%j', (text, outputs) => {
    expect(parseOutputs(text)).toEqual(outputs);
  });
});

describe('the key of results', () => {
  const key = (settings = chooseSettings(defaults)) =>
    resultPrefix({ project: 'p', videoId: 'v', sourceSha256: 'a'.repeat(64), settings });

  it('is the same for the same source and settings, whatever outputs are asked for', () => {
    expect(key()).toMatch(/^p\/v\/a{12}-p2-fast-[0-9a-f]{6}$/);
    expect(key(chooseSettings(defaults, { outputs: ['video'] }))).toBe(key());
  });

  it('is another for another profile or limit', () => {
    const keys = [
      key(),
      key(chooseSettings(defaults, { profile: 'quality' })),
      key(chooseSettings({ ...defaults, maxShortSide: 720 })),
      key(chooseSettings({ ...defaults, maxFps: 30 })),
    ];
    expect(new Set(keys).size).toBe(4);
  });
});
