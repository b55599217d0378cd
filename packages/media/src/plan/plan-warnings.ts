/** What a person should know about a file that is published all the same. */
import { measureAgainstHeader } from './header-duration.ts';
import type { MediaInfo, VideoInfo } from './media-info.ts';
import { isTextCodec, MAX_TRACKS } from './subtitles.ts';

export type WarningCode =
  | 'alpha_dropped'
  | 'audio_lost'
  | 'captions_left_out'
  | 'captions_not_text'
  | 'decode_errors'
  | 'dolby_vision_5'
  | 'extra_audio_dropped'
  | 'frame_rate_assumed'
  | 'hdr_not_converted'
  | 'header_duration_wrong'
  | 'loudness_limited'
  | 'output_shorter'
  | 'undecodable_start'
  /** An output that the video can do without, e.g. `preview_unavailable`. */
  | `${string}_unavailable`;

export interface MediaWarning {
  readonly code: WarningCode;
  readonly message: string;
}

/** The header may differ by this much from what the packets hold before it is worth a word. */
const DURATION_TOLERANCE = 0.1;

/** Warnings that are known before anything is encoded. */
export function findWarnings(info: MediaInfo, video: VideoInfo): MediaWarning[] {
  return [
    headerDuration(info, video),
    dolbyVision(video),
    alpha(video),
    extraAudio(info),
    undecodableAudio(info),
    captionsNotText(info),
    captionsLeftOut(info),
    undecodableStart(video),
    frameRateAssumed(info, video),
  ].filter((warning) => warning !== undefined);
}

function headerDuration(info: MediaInfo, video: VideoInfo): MediaWarning | undefined {
  const { real, header } = measureAgainstHeader(info, video);
  if (header === undefined || real >= header * (1 - DURATION_TOLERANCE)) return undefined;
  return {
    code: 'header_duration_wrong',
    message: `The header promises ${header.toFixed(1)} s of video, the file holds ${real.toFixed(1)} s: it may have been cut off.`,
  };
}

/** Profile 5 has no base layer that an ordinary decoder shows in the right colours (Dolby Vision streams in ISO BMFF). */
function dolbyVision(video: VideoInfo): MediaWarning | undefined {
  if (video.dolbyVisionProfile !== 5) return undefined;
  return {
    code: 'dolby_vision_5',
    message: 'Dolby Vision profile 5 cannot be converted faithfully: colours may be wrong.',
  };
}

/** Pixel formats with an alpha plane, as ffmpeg names them: yuva…, rgba, bgra, argb, abgr, gbrap…, ya8. */
const ALPHA = /^(yuva|rgba|bgra|argb|abgr|gbrap|ya\d)/;

function alpha(video: VideoInfo): MediaWarning | undefined {
  if (!ALPHA.test(video.pixelFormat ?? '')) return undefined;
  return { code: 'alpha_dropped', message: 'Transparency was dropped: MP4 video has none.' };
}

function undecodableAudio({ audio, undecodableAudio }: MediaInfo): MediaWarning | undefined {
  if (audio !== undefined || undecodableAudio.length === 0) return undefined;
  return {
    code: 'audio_lost',
    message: `This ffmpeg cannot decode the sound (${undecodableAudio.join(', ')}): the result has none.`,
  };
}

function extraAudio(info: MediaInfo): MediaWarning | undefined {
  if (info.audioTracks < 2 || info.audio === undefined) return undefined;
  return { code: 'extra_audio_dropped', message: `One of ${info.audioTracks} audio tracks was kept.` };
}

function captionsNotText({ subtitles }: MediaInfo): MediaWarning | undefined {
  const pictures = subtitles.filter(({ codec }) => !isTextCodec(codec));
  if (pictures.length === 0) return undefined;
  const names = pictures
    .slice(0, 5)
    .map(({ codec = 'of an unknown kind', language }) => `${codec}${language ? ` in ${language}` : ''}`);
  const more = pictures.length > names.length ? ` and ${pictures.length - names.length} more` : '';
  return {
    code: 'captions_not_text',
    message: `Subtitles that are no text were dropped (${names.join(', ')}${more}): add them as a SubRip or WebVTT file.`,
  };
}

function captionsLeftOut({ subtitles }: MediaInfo): MediaWarning | undefined {
  const { length } = subtitles.filter(({ codec }) => isTextCodec(codec));
  if (length <= MAX_TRACKS) return undefined;
  return { code: 'captions_left_out', message: `${MAX_TRACKS} of ${length} subtitle tracks were kept.` };
}

/** What ffmpeg takes where a stream says nothing. */
const ASSUMED_FPS = 25;

/** A bare stream of H.264 or HEVC may leave its frame rate open; one that says 25 looks the same. */
function frameRateAssumed({ bareStream }: MediaInfo, { codec, averageFps }: VideoInfo): MediaWarning | undefined {
  if (bareStream === undefined || (codec !== 'h264' && codec !== 'hevc') || averageFps !== ASSUMED_FPS)
    return undefined;
  return {
    code: 'frame_rate_assumed',
    message: `The video has no container that says how fast it plays: ${ASSUMED_FPS} frames per second were assumed.`,
  };
}

function undecodableStart(video: VideoInfo): MediaWarning | undefined {
  const lost = (video.stats.firstKeySeconds ?? video.stats.firstSeconds) - video.stats.firstSeconds;
  if (video.stats.firstPacketIsKey || lost < 0.5) return undefined;
  return {
    code: 'undecodable_start',
    message: `The first ${lost.toFixed(1)} s have no picture: the recording starts inside a scene.`,
  };
}
