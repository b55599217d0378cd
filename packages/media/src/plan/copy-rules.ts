/**
 * When a stream may be copied into the published MP4 as it is. Each rule is one small predicate that answers with what
 * is wrong, in words; all of them are asked, so that a person sees every reason for an encode.
 */
import { isSquare } from './frame-size.ts';
import { measureAgainstHeader } from './header-duration.ts';
import type { AudioInfo, MediaInfo, VideoInfo } from './media-info.ts';
import type { MediaPolicy } from './policy.ts';

interface Facts {
  readonly info: MediaInfo;
  readonly video: VideoInfo;
  readonly policy: MediaPolicy;
}

/** Answers with what is wrong, or `undefined` when the rule holds. */
type Rule = (facts: Facts) => string | undefined;

/** What browsers play everywhere: 8-bit 4:2:0 H.264. Extended, High 10, High 4:2:2 and High 4:4:4 they do not. */
const PROFILES = new Set(['Baseline', 'Constrained Baseline', 'Main', 'High', 'Constrained High', 'Progressive High']);
const PIXEL_FORMATS = new Set(['yuv420p', 'yuvj420p']);
const AAC_PROFILES = new Set(['LC', 'HE-AAC', 'HE-AACv2']);

/** An edit list that hides more picture than this hides something that was cut out: a frame at 20 fps. Seconds. */
const MAX_HIDDEN_PICTURE_SECONDS = 0.05;
/** Sound that an edit list hides so that a decoder can warm up: 2112 samples of HE-AAC at 16 kHz are 0.13 s. */
const MAX_HIDDEN_SOUND_SECONDS = 0.2;

/** Muxers move a frame that is decoded after it is shown; by less than this nobody sees it. Seconds. */
const MAX_DECODED_LATE_SECONDS = 0.01;

/** Below this part of its header's duration, a stream is taken to be cut off. */
const HEADER_TOLERANCE = 0.9;

export const VIDEO_COPY_RULES = {
  video_codec: ({ video }) => (video.codec === 'h264' ? undefined : `the video is ${video.codec}, not H.264`),
  profile: ({ video }) => {
    if (video.codec !== 'h264' || (video.profile !== undefined && PROFILES.has(video.profile))) return undefined;
    return `browsers do not play the ${video.profile ?? 'unnamed'} profile`;
  },
  level: ({ video, policy }) => {
    if (video.codec !== 'h264' || (video.level ?? 0) <= policy.maxCopyLevel) return undefined;
    return `level ${levelName(video.level)} is above ${levelName(policy.maxCopyLevel)}`;
  },
  pixel_format: ({ video }) =>
    PIXEL_FORMATS.has(video.pixelFormat ?? '') ? undefined : `pixels are ${video.pixelFormat}, not 8-bit 4:2:0`,
  hdr: ({ video }) => (video.hdr === undefined ? undefined : `high dynamic range (${video.color.transfer})`),
  interlaced: ({ video }) => (video.interlaced ? 'the picture is interlaced' : undefined),
  pixel_shape: ({ video }) => {
    if (isSquare(video.sampleAspectRatio)) return undefined;
    return `pixels are not square (${video.sampleAspectRatio.toFixed(3)}:1)`;
  },
  too_large: ({ video, policy }) => {
    const short = Math.min(video.displayWidth, video.displayHeight);
    if (short <= policy.maxShortSide && longSideFits(video, policy)) return undefined;
    return `${video.displayWidth}x${video.displayHeight} is above the limit of ${policy.maxShortSide}p`;
  },
  odd_size: ({ video }) => {
    if (video.codedWidth % 2 === 0 && video.codedHeight % 2 === 0) return undefined;
    return `${video.codedWidth}x${video.codedHeight} has an odd side`;
  },
  shape_changes: ({ video: { shapes } }) => {
    if (shapes.length < 2) return undefined;
    const sizes = shapes.slice(0, 3).map(({ width, height }) => `${width}x${height}`);
    return `the picture changes its size (${sizes.join(', ')}${shapes.length > 3 ? ' and more' : ''})`;
  },
  clean_aperture: ({ video: { aperture, codedWidth, codedHeight } }) => {
    if (aperture === undefined) return undefined;
    return `of ${codedWidth}x${codedHeight} only ${aperture.width}x${aperture.height} are to be shown`;
  },
  frame_rate: ({ video, policy }) => {
    const fps = effectiveFps(video);
    return fps === undefined || fps <= policy.maxFps + 1 ? undefined : `${fps.toFixed(1)} frames per second`;
  },
  bit_rate: ({ video, policy }) => {
    if (video.stats.durationSeconds <= policy.minSecondsForBitRate) return undefined;
    const rate = (video.stats.bytes * 8) / video.stats.durationSeconds;
    return rate <= policy.maxCopyBitRate ? undefined : `${(rate / 1e6).toFixed(1)} Mb/s`;
  },
  rotation: ({ video }) => (video.rotation % 90 === 0 ? undefined : `turned by ${video.rotation} degrees`),
  mirrored: ({ video }) => (video.mirrored ? 'the picture is mirrored by its header' : undefined),
  bare_stream: ({ info }) => (info.bareStream === undefined ? undefined : `it is ${info.bareStream}`),
  avi_timestamps: ({ info }) => (info.format === 'avi' ? 'AVI has no reliable timestamps' : undefined),
  first_frame_not_key: ({ video }) =>
    video.stats.firstPacketIsKey ? undefined : 'the video does not start with a key frame',
  clock_jumps: ({ video }) =>
    video.stats.clockJumps === 0 ? undefined : `the clock of the recording jumps (${video.stats.clockJumps} times)`,
  hidden_media: ({ video: { stats } }) => {
    if (stats.hiddenSeconds <= MAX_HIDDEN_PICTURE_SECONDS) return undefined;
    return `an edit list hides ${stats.hiddenSeconds.toFixed(1)} s of it`;
  },
  decoded_late: ({ video: { stats } }) => {
    if (stats.decodedLateSeconds <= MAX_DECODED_LATE_SECONDS) return undefined;
    return `a frame would have to be decoded ${stats.decodedLateSeconds.toFixed(2)} s after it is shown`;
  },
  keyframe_gap: ({ video, policy }) => {
    const gap = video.stats.largestKeyGapSeconds;
    return gap <= policy.maxKeyGapSeconds ? undefined : `${gap.toFixed(1)} s without a key frame`;
  },
  duration_unknown: ({ info }) =>
    info.mp4?.durationUnknown ? 'the header does not say how long the video is' : undefined,
  shorter_than_header: ({ info, video }) => {
    const { real, header } = measureAgainstHeader(info, video);
    if (header === undefined || real >= header * HEADER_TOLERANCE) return undefined;
    return `${real.toFixed(1)} s of the ${header.toFixed(1)} s that the header promises`;
  },
} as const satisfies Record<string, Rule>;

export type VideoCopyRule = keyof typeof VIDEO_COPY_RULES;

/** Why the audio cannot be copied, or `undefined`. */
export function whyNotCopyAudio(audio: AudioInfo, policy: MediaPolicy): string | undefined {
  if (audio.codec !== 'aac') return `the audio is ${audio.codec}, not AAC`;
  if (!AAC_PROFILES.has(audio.profile ?? '')) return `the audio is AAC ${audio.profile ?? 'of an unnamed profile'}`;
  if (audio.stats.hiddenSeconds > MAX_HIDDEN_SOUND_SECONDS)
    return `an edit list hides ${audio.stats.hiddenSeconds.toFixed(1)} s of the audio`;
  if (audio.channels === 0 || audio.sampleRate === 0) return 'the audio does not say how many channels it has';
  if (audio.channels > policy.audio.channels) return `the audio has ${audio.channels} channels`;
  return undefined;
}

/**
 * The frame rate as it is seen. FLV and Matroska often claim an average of 1000 and a true real rate, phones a true
 * average and a real rate of 57600: the smaller of both is the credible one.
 */
export function effectiveFps(video: VideoInfo): number | undefined {
  if (video.averageFps === undefined || video.realFps === undefined) return video.averageFps ?? video.realFps;
  return Math.min(video.averageFps, video.realFps);
}

/** A wide picture of 1080 lines (21:9) is copied; one beyond what level 5.2 can hold is not. */
function longSideFits(video: VideoInfo, policy: MediaPolicy): boolean {
  return Math.max(video.displayWidth, video.displayHeight) <= policy.maxLongSide * 2;
}

function levelName(level: number | undefined): string {
  return level === undefined ? 'unknown' : (level / 10).toFixed(1);
}
