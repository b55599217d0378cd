import { describe, expect, it } from 'vitest';
import { OUTPUT_KINDS } from '../outputs/catalog.ts';
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
