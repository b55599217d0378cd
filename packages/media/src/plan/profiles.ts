/** The two qualities that people choose between. Pure. */
import { DEFAULT_POLICY, type MediaPolicy } from './policy.ts';

/**
 * Goes up when the same source and settings are turned into different results than before, so that old and new never
 * mix under one key. A new output changes nothing of the others and leaves it as it is.
 */
export const PROFILE_VERSION = 3;

export const PROFILES = ['fast', 'quality'] as const;

export type ProfileName = (typeof PROFILES)[number];

type Qualities = Pick<MediaPolicy, 'video' | 'audio' | 'hls' | 'poster'>;

/**
 * `quality` takes about three times the processor of `fast`. Of a 1080p60 clip, medium with crf 23 gave VMAF 95.6 where
 * veryfast with crf 23 gave 90.7 for as many bytes (measured with ffmpeg 5.1.9); two steps of crf more go to dark and
 * grainy scenes.
 */
export const PROFILE_QUALITIES: Readonly<Record<ProfileName, Qualities>> = {
  fast: {
    video: DEFAULT_POLICY.video,
    audio: DEFAULT_POLICY.audio,
    hls: DEFAULT_POLICY.hls,
    poster: DEFAULT_POLICY.poster,
  },
  quality: {
    video: { ...DEFAULT_POLICY.video, preset: 'medium', crf: 21, maxRate: 9_000_000 },
    audio: { ...DEFAULT_POLICY.audio, bitRate: 192_000 },
    hls: {
      ...DEFAULT_POLICY.hls,
      rungs: [
        { shortSide: 1080, maxRate: 9_000_000 },
        { shortSide: 720, maxRate: 4_500_000 },
        { shortSide: 480, maxRate: 2_000_000 },
      ],
    },
    poster: { ...DEFAULT_POLICY.poster, quality: 2 },
  },
};
