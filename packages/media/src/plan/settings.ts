/** What one job is to make and how: the operator's settings, with what the job itself asks for. Pure. */
import type { OutputKind } from '../outputs/catalog.ts';
import { DEFAULT_POLICY, type HlsLayout, type MediaPolicy } from './policy.ts';
import { PROFILE_QUALITIES, type ProfileName } from './profiles.ts';

/** The operator's settings. */
export interface MediaDefaults {
  readonly outputs: readonly OutputKind[];
  readonly profile: ProfileName;
  /** In pixels. */
  readonly maxShortSide: number;
  readonly maxFps: number;
  readonly maxDurationSeconds: number;
  /** In LUFS; `undefined` leaves the loudness as it is. */
  readonly loudnessLufs?: number | undefined;
  /** `undefined`: the policy's own. */
  readonly hlsLayout?: HlsLayout | undefined;
}

/** What a job may ask for. */
export interface MediaWishes {
  readonly outputs?: readonly OutputKind[] | undefined;
  readonly profile?: ProfileName | undefined;
}

export interface MediaSettings {
  readonly outputs: readonly OutputKind[];
  readonly profile: ProfileName;
  readonly policy: MediaPolicy;
}

/** The short side that the profiles' rates are meant for. */
const FULL_HD = DEFAULT_POLICY.maxShortSide;

/** A job's wishes over the operator's defaults. Limits are the operator's alone. */
export function chooseSettings(defaults: MediaDefaults, wishes: MediaWishes = {}): MediaSettings {
  const profile = wishes.profile ?? defaults.profile;
  const qualities = PROFILE_QUALITIES[profile];
  // A picture of four times the pixels needs more bits; a smaller one is bounded by its own rate factor.
  const area = Math.max(1, (defaults.maxShortSide / FULL_HD) ** 2);
  return {
    outputs: wishes.outputs ?? defaults.outputs,
    profile,
    policy: {
      ...DEFAULT_POLICY,
      ...qualities,
      maxShortSide: defaults.maxShortSide,
      maxLongSide: Math.round((defaults.maxShortSide * 16) / 9 / 2) * 2,
      maxFps: defaults.maxFps,
      maxDurationSeconds: defaults.maxDurationSeconds,
      maxCopyBitRate: Math.round(DEFAULT_POLICY.maxCopyBitRate * area),
      hls: { ...DEFAULT_POLICY.hls, layout: defaults.hlsLayout ?? DEFAULT_POLICY.hls.layout },
      video: { ...qualities.video, maxRate: Math.round(qualities.video.maxRate * area) },
      ...(defaults.loudnessLufs === undefined ? {} : { loudnessLufs: defaults.loudnessLufs }),
    },
  };
}
