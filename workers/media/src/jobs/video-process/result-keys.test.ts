import { OUTPUT_KINDS } from '@supabase-media/media/outputs';
import { chooseSettings, type MediaDefaults } from '@supabase-media/media/settings';
import { describe, expect, it } from 'vitest';
import { resultPrefix } from './result-keys.ts';

const defaults: MediaDefaults = {
  outputs: OUTPUT_KINDS,
  profile: 'fast',
  maxShortSide: 1080,
  maxFps: 60,
  maxDurationSeconds: 43_200,
};

describe('the key of results', () => {
  const key = (settings = chooseSettings(defaults)) =>
    resultPrefix({ project: 'p', videoId: 'v', sourceSha256: 'a'.repeat(64), settings });

  it('is the same for the same source and settings, whatever outputs are asked for', () => {
    expect(key()).toMatch(/^p\/v\/a{12}-p2-fast-[0-9a-f]{6}$/);
    expect(key(chooseSettings(defaults, { outputs: ['video'] }))).toBe(key());
  });

  it('is the same without a target for the loudness as before there was one', () => {
    const { policy } = chooseSettings({ ...defaults, loudnessLufs: undefined });
    expect(Object.keys(policy)).not.toContain('loudnessLufs');
    expect(key(chooseSettings({ ...defaults, loudnessLufs: undefined }))).toBe(key());
  });

  it('is another for another profile or limit', () => {
    const keys = [
      key(),
      key(chooseSettings(defaults, { profile: 'quality' })),
      key(chooseSettings({ ...defaults, maxShortSide: 720 })),
      key(chooseSettings({ ...defaults, maxFps: 30 })),
      key(chooseSettings({ ...defaults, loudnessLufs: -14 })),
      key(chooseSettings({ ...defaults, loudnessLufs: -23 })),
    ];
    expect(new Set(keys).size).toBe(6);
  });
});
