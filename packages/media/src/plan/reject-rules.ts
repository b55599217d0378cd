/** The files that are turned away before any frame is decoded, in the order in which the reasons are looked at. */
import type { MediaInfo, ProbeResult } from './media-info.ts';
import type { MediaPolicy } from './policy.ts';
import { type Rejection, rejection } from './rejections.ts';

type Rule = (info: MediaInfo, policy: MediaPolicy) => Rejection | undefined;

/** The first reason to turn the file away, or `undefined` when it can be tried. */
export function findRejection(probe: ProbeResult, policy: MediaPolicy): Rejection | undefined {
  if (!probe.readable) return rejection(probe.code, { lookedLike: probe.lookedLike, detail: probe.detail });
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

const undecodable: Rule = ({ video }) => {
  if (video === undefined) return undefined;
  if (video.pixelFormat === undefined) return rejection('undecodable_video', { detail: 'no pixel format' });
  if (video.codedWidth < 1 || video.codedHeight < 1)
    return rejection('undecodable_video', { detail: 'no picture size' });
  if (video.stats.packets === 0) return rejection('undecodable_video', { detail: 'no frame in the file' });
  return undefined;
};

const tooLong: Rule = (info, policy) => {
  if (info.durationSeconds <= policy.maxDurationSeconds) return undefined;
  return rejection('too_long', {
    detail: `${info.durationSeconds.toFixed(0)} s, ${policy.maxDurationSeconds} s are allowed`,
  });
};

const RULES: readonly Rule[] = [noVideo, encrypted, unsupportedCodec, tooManyPixels, undecodable, tooLong];
