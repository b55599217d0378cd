/**
 * Decides what becomes of a file: turned away, copied, or encoded, and why. Pure; acting on it is `ffmpeg/encode.ts`.
 */
import { effectiveFps, VIDEO_COPY_RULES, type VideoCopyRule, whyNotCopyAudio } from './copy-rules.ts';
import { type FrameSize, fitFrame } from './frame-size.ts';
import { type LoudnessGain, MIN_LOUDNESS_SECONDS } from './loudness.ts';
import type { AudioInfo, MediaInfo, ProbeResult, VideoInfo } from './media-info.ts';
import { findWarnings, type MediaWarning } from './plan-warnings.ts';
import { DEFAULT_POLICY, type MediaPolicy } from './policy.ts';
import { findRejection } from './reject-rules.ts';
import type { Rejection } from './rejections.ts';

/** `remuxed`: every stream copied. `processed`: at least one stream encoded. */
export type Outcome = 'processed' | 'remuxed' | 'rejected';

export type ReasonCode =
  | VideoCopyRule
  | 'audio_codec'
  | 'already_faststart'
  | 'moov_at_end'
  | 'fragmented'
  | 'container'
  | 'copy_failed'
  | 'loudness';

/** Why a file is treated as it is: a stable code, and the same in words with the numbers. */
export interface Reason {
  readonly code: ReasonCode;
  readonly detail: string;
}

/** How the video is encoded. */
export interface VideoTarget extends FrameSize {
  /** A constant rate to bring the video to; `undefined` keeps the source's own timestamps. */
  readonly fps: number | undefined;
}

export interface RejectPlan {
  readonly action: 'reject';
  readonly outcome: 'rejected';
  readonly rejection: Rejection;
}

export interface ConvertPlan {
  readonly action: 'convert';
  readonly outcome: 'processed' | 'remuxed';
  readonly info: MediaInfo;
  /** The main video of `info`, known to be there. */
  readonly source: VideoInfo;
  readonly video: 'copy' | 'encode';
  readonly audio: 'copy' | 'encode' | 'none';
  /** Used when the video is encoded, also as the way out when a copy turns out to be unplayable. */
  readonly target: VideoTarget;
  readonly policy: MediaPolicy;
  /** Once it is measured, where the policy asks for it. */
  readonly loudness?: LoudnessGain | undefined;
  readonly reasons: readonly Reason[];
  readonly warnings: readonly MediaWarning[];
}

export type Plan = RejectPlan | ConvertPlan;

/**
 * Plans one file. The rule is strict on copying: a stream is copied only when every browser plays it as it is;
 * otherwise the whole file is encoded once. With the video fine and only the audio not, the video is still copied.
 */
export function planProcessing(probe: ProbeResult, policy: MediaPolicy = DEFAULT_POLICY): Plan {
  const rejected = findRejection(probe, policy);
  if (rejected !== undefined) return { action: 'reject', outcome: 'rejected', rejection: rejected };
  if (!probe.readable || probe.video === undefined) throw new TypeError('a file without a video must be rejected');

  const source = probe.video;
  const videoReasons = whyEncodeVideo(probe, source, policy);
  const audioReasons = whyEncodeAudio(probe, policy);
  const video = videoReasons.length > 0 ? 'encode' : 'copy';
  const audio = planAudio(probe, video, audioReasons);
  const remuxed = video === 'copy' && audio !== 'encode';
  return {
    action: 'convert',
    outcome: remuxed ? 'remuxed' : 'processed',
    info: probe,
    source,
    video,
    audio,
    target: {
      ...fitFrame({ width: source.displayWidth, height: source.displayHeight }, policy),
      fps: limitFps(source, policy),
    },
    policy,
    reasons: remuxed ? [whyRemux(probe)] : [...videoReasons, ...audioReasons],
    warnings: findWarnings(probe, source),
  };
}

/** The same plan with everything encoded: the way out when a copy failed its checks. */
export function encodeInstead(plan: ConvertPlan, why: string): ConvertPlan {
  return {
    ...plan,
    outcome: 'processed',
    video: 'encode',
    audio: plan.audio === 'none' ? 'none' : 'encode',
    reasons: [...plan.reasons, { code: 'copy_failed', detail: why }],
  };
}

/** Why a file was copied or encoded, in one sentence for a person. */
export function explainOutcome(outcome: ConvertPlan['outcome'], reasons: readonly Reason[]): string {
  const why = reasons.map((reason) => reason.detail).join('; ');
  return outcome === 'remuxed' ? `Copied without encoding: ${why}.` : `Encoded: ${why}.`;
}

/** For the log. */
export function describePlan(plan: Plan): string {
  if (plan.action === 'reject') return `reject, ${plan.rejection.code}`;
  return `video ${plan.video}, audio ${plan.audio}: ${plan.reasons.map((reason) => reason.detail).join('; ')}`;
}

function whyEncodeVideo(info: MediaInfo, video: VideoInfo, policy: MediaPolicy): Reason[] {
  const reasons: Reason[] = [];
  for (const [code, rule] of Object.entries(VIDEO_COPY_RULES) as [
    VideoCopyRule,
    (typeof VIDEO_COPY_RULES)[VideoCopyRule],
  ][]) {
    const detail = rule({ info, video, policy });
    if (detail !== undefined) reasons.push({ code, detail });
  }
  return reasons;
}

function whyEncodeAudio({ audio }: MediaInfo, policy: MediaPolicy): Reason[] {
  const detail = audio === undefined ? undefined : whyNotCopyAudio(audio, policy);
  const target = audio === undefined ? undefined : loudnessTarget(audio, policy);
  return [
    ...(detail === undefined ? [] : [{ code: 'audio_codec', detail } as const]),
    ...(target === undefined ? [] : [{ code: 'loudness', detail: `the sound is brought to ${target} LUFS` } as const]),
  ];
}

/** LUFS to bring a track to; `undefined` leaves it alone, as it does very short sounds. */
export const loudnessTarget = ({ stats }: AudioInfo, { loudnessLufs }: MediaPolicy): number | undefined =>
  stats.durationSeconds < MIN_LOUDNESS_SECONDS ? undefined : loudnessLufs;

/** The plan as it is without a target for the loudness: the sound may be copied after all. */
export function keepLoudness(plan: ConvertPlan): ConvertPlan {
  const { loudnessLufs: _, ...policy } = plan.policy;
  const reasons = plan.reasons.filter(({ code }) => code !== 'loudness');
  const { audio } = plan.info;
  const copies = plan.video === 'copy' && reasons.length === 0 && audio && whyNotCopyAudio(audio, policy) === undefined;
  if (!copies) return { ...plan, policy, reasons };
  return { ...plan, policy, audio: 'copy', outcome: 'remuxed', reasons: [whyRemux(plan.info)] };
}

/** An encode of the video encodes the audio with it: copied audio beside encoded video can drift apart. */
function planAudio(info: MediaInfo, video: 'copy' | 'encode', reasons: readonly Reason[]): ConvertPlan['audio'] {
  if (info.audio === undefined) return 'none';
  return video === 'encode' || reasons.length > 0 ? 'encode' : 'copy';
}

/** A copy is made even of a file that could be served as it is: it strips places, names and pictures from the metadata. */
export function whyRemux(info: MediaInfo): Reason {
  if (info.mp4 === undefined) return { code: 'container', detail: `the container is ${info.format}` };
  if (info.mp4.fragmented) return { code: 'fragmented', detail: 'the file is fragmented' };
  if (info.mp4.moovFirst) return { code: 'already_faststart', detail: 'the file is ready for the web' };
  return { code: 'moov_at_end', detail: 'the index stands at the end of the file' };
}

/**
 * The rate to bring a video to when its own is too high or absurd: the policy's maximum, or half of it where the video
 * really shows no more than that.
 */
function limitFps(video: VideoInfo, policy: MediaPolicy): number | undefined {
  const highest = Math.max(video.averageFps ?? 0, video.realFps ?? 0);
  if (highest <= policy.maxFps + 1) return undefined;
  return (effectiveFps(video) ?? 0) > policy.maxFps / 2 + 0.5 ? policy.maxFps : policy.maxFps / 2;
}
