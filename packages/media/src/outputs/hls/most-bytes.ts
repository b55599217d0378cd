/** The most that an HLS stream may have, whether its largest size is copied or encoded. Pure. */
import { type BoundedVideo, mostFrames, mostPictureBytes, mostSoundBytes } from '../../plan/output-bounds.ts';
import type { MediaPolicy } from '../../plan/policy.ts';
import { planLadder } from './ladder.ts';

/** Of a segment beside its frames, with its line in the playlist; of the captions of a day. */
const BYTES_PER_SEGMENT = 2000;
const CAPTIONS_BYTES = 10_000_000;

export function mostHlsBytes({ info, bytes }: BoundedVideo, policy: MediaPolicy): number {
  const { rungs, segmentSeconds } = planLadder(info, policy);
  const { durationSeconds: seconds } = info;
  const frames = mostFrames(info, policy.maxFps);
  const pictures = rungs.map(({ maxRate }, index) => {
    const encoded = mostPictureBytes({ seconds, maxRate, frames });
    return index === 0 ? Math.max(bytes, encoded) : encoded;
  });
  const sound = info.audio === undefined ? 0 : Math.max(info.audio.stats.bytes, mostSoundBytes(seconds, policy.audio));
  const segments = (rungs.length + 1) * (Math.ceil(seconds / segmentSeconds) + 2) * BYTES_PER_SEGMENT;
  return pictures.reduce((sum, most) => sum + most, 0) + sound * 1.5 + segments + CAPTIONS_BYTES;
}
