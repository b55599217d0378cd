/** The files that are turned away before any frame is decoded, in the order in which the reasons are looked at. */
import type { MediaInfo, ProbeResult, VideoInfo } from './media-info.ts';
import type { MediaPolicy } from './policy.ts';
import { type Rejection, rejection } from './rejections.ts';

type Rule = (info: MediaInfo, policy: MediaPolicy) => Rejection | undefined;

/** The first reason to turn the file away, or `undefined` when it can be tried. */
export function findRejection(probe: ProbeResult, policy: MediaPolicy): Rejection | undefined {
  if (!probe.readable) {
    const { code, lookedLike, isVideo, detail } = probe;
    return rejection(code, { lookedLike, isVideo, detail });
  }
  for (const rule of RULES) {
    const found = rule(probe, policy);
    if (found !== undefined) return found;
  }
  return undefined;
}

const encrypted: Rule = (info) => (info.encrypted ? rejection('encrypted') : undefined);

const noVideo: Rule = (info) => {
  if (info.video !== undefined || info.unknownVideoTags.length > 0) return undefined;
  return rejection('no_video_stream', info.audioTracks > 0 ? { lookedLike: 'an audio file' } : {});
};

const unsupportedCodec: Rule = (info) => {
  if (info.video !== undefined) return undefined;
  return rejection('unsupported_codec', { detail: `codec tag ${info.unknownVideoTags.join(', ')}` });
};

const tooManyPixels: Rule = ({ video }, policy) => {
  if (video === undefined || video.codedWidth * video.codedHeight <= policy.maxInputPixels) return undefined;
  return rejection('too_many_pixels', { detail: `${video.codedWidth}x${video.codedHeight}` });
};

/** Of 525/60, the smaller of both systems at 25 Mb/s (IEC 61834-2); ffmpeg makes a frame of whatever part there is. */
const DV_FRAME_BYTES = 120_000;

const undecodable: Rule = ({ video, bareStream, format, sizeBytes }) => {
  const isPart = format === 'dv' && sizeBytes < DV_FRAME_BYTES;
  const detail = isPart ? 'not one whole frame in the file' : video && whyUndecodable(video);
  if (detail === undefined) return undefined;
  return rejection('undecodable_video', { lookedLike: bareStream, isVideo: bareStream !== undefined, detail });
};

function whyUndecodable({ pixelFormat, codedWidth, codedHeight, stats }: VideoInfo): string | undefined {
  if (pixelFormat === undefined) return 'no pixel format';
  if (codedWidth < 1 || codedHeight < 1) return 'no picture size';
  return stats.packets === 0 ? 'no frame in the file' : undefined;
}

const tooLong: Rule = (info, policy) => {
  if (info.durationSeconds <= policy.maxDurationSeconds) return undefined;
  return rejection('too_long', {
    lengths: { is: info.durationSeconds, atMost: policy.maxDurationSeconds },
    detail: `${info.durationSeconds.toFixed(0)} s, ${policy.maxDurationSeconds} s are allowed`,
  });
};

const RULES: readonly Rule[] = [noVideo, encrypted, unsupportedCodec, tooManyPixels, undecodable, tooLong];
