import type { VideoInfo, VideoMedia } from './media-info.ts';
import type { ConvertPlan } from './plan.ts';

/** The MP4 of a plan, about as a probe will find it: a frame more or less, or an odd side, may differ. */
export function predictOutput({ info, source, video, audio, target, policy }: ConvertPlan): VideoMedia {
  const encoded: Partial<VideoInfo> = {
    codedWidth: target.width,
    codedHeight: target.height,
    displayWidth: target.width,
    displayHeight: target.height,
    rotation: 0,
    mirrored: false,
    shapes: [],
    aperture: undefined,
    stats: { ...source.stats, firstPacketIsKey: true, largestKeyGapSeconds: policy.video.keyframeSeconds },
  };
  return {
    ...info,
    bareStream: undefined,
    video: { ...source, ...(video === 'encode' ? encoded : {}), index: 0 },
    audio: audio === 'none' || info.audio === undefined ? undefined : { ...info.audio, index: 1 },
  };
}
