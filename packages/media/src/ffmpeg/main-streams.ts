/** Chooses the streams that are the content, and says what they are. Pure. */
import type { MediaInfo, PacketStats, SubtitleInfo } from '../plan/media-info.ts';
import type { FfprobeOutput, FfprobeStream } from './ffprobe-output.ts';
import { type StatsByStream, toAudioInfo, toVideoInfo } from './stream-info.ts';

/**
 * The video with the most frames, then the default one, then the largest. ffmpeg's own choice, the largest, takes the
 * still of a motion photo; cover art is a video stream too, but marked.
 */
function chooseVideo(streams: readonly FfprobeStream[], stats: StatsByStream): FfprobeStream | undefined {
  return [...streams.filter((stream) => isMovingPicture(stream) && stream.codec_name !== undefined)].sort(
    (a, b) =>
      packets(b, stats) - packets(a, stats) ||
      isDefault(b) - isDefault(a) ||
      (b.width ?? 0) * (b.height ?? 0) - (a.width ?? 0) * (a.height ?? 0),
  )[0];
}

/** The default track that can be decoded and holds sound; else the first such. */
function chooseAudio(streams: readonly FfprobeStream[], stats: StatsByStream): FfprobeStream | undefined {
  const audible = streams.filter(
    (stream) =>
      stream.codec_type === 'audio' &&
      stream.codec_name !== undefined &&
      (stream.channels ?? 0) > 0 &&
      (stream.sample_rate ?? 0) > 0 &&
      packets(stream, stats) > 0,
  );
  return [...audible].sort((a, b) => isDefault(b) - isDefault(a) || a.index - b.index)[0];
}

/** A video stream that is no cover art and no strip of thumbnails. */
function isMovingPicture(stream: FfprobeStream): boolean {
  const { attached_pic: cover, timed_thumbnails: thumbnails } = stream.disposition;
  return stream.codec_type === 'video' && cover !== 1 && thumbnails !== 1;
}

/** Four-character codes of encrypted samples: Common Encryption (ISO/IEC 23001-7) and Apple's FairPlay. */
const ENCRYPTED_TAGS = new Set(['encv', 'enca', 'drmi', 'drms', 'p608']);

function isEncrypted(stream: FfprobeStream): boolean {
  return (
    ENCRYPTED_TAGS.has(stream.codec_tag_string ?? '') ||
    stream.tags.enc_key_id !== undefined ||
    stream.side_data_list.some((side) => side.side_data_type?.startsWith('Encryption') === true)
  );
}

function packets(stream: FfprobeStream, stats: StatsByStream): number {
  return stats.get(stream.index)?.packets ?? 0;
}

function isDefault(stream: FfprobeStream): number {
  return stream.disposition.default ?? 0;
}

function toSubtitleInfo({ index, codec_name: codec, tags, disposition }: FfprobeStream): SubtitleInfo {
  // Cut: it goes with the probe into a job of the queue.
  const language = tags.language?.slice(0, 20);
  return { index, codec, language, isDefault: disposition.default === 1, isForced: disposition.forced === 1 };
}

/** The facts of a file that its streams and packets tell. */
export function describeStreams(output: FfprobeOutput, stats: StatsByStream) {
  const { streams } = output;
  const pictures = streams.filter(isMovingPicture);
  const videoStream = chooseVideo(streams, stats);
  const audioStream = chooseAudio(streams, stats);
  const video = videoStream && toVideoInfo(videoStream, stats);
  const audio = audioStream && toAudioInfo(audioStream, stats);
  return {
    readable: true,
    headerDurationSeconds: output.format?.duration,
    durationSeconds: spanOf([video?.stats, audio?.stats]),
    video,
    unknownVideoTags: pictures.filter((stream) => stream.codec_name === undefined).map(tagOf),
    audio,
    audioTracks: streams.filter((stream) => stream.codec_type === 'audio').length,
    subtitles: streams
      .filter((stream) => stream.codec_type === 'subtitle')
      .slice(0, 100)
      .map(toSubtitleInfo),
    encrypted: [...pictures, ...(audioStream === undefined ? [] : [audioStream])].some(isEncrypted),
  } satisfies Partial<MediaInfo>;
}

/**
 * A duration that the file leaves open is none, whatever ffprobe makes of it: of a transport stream, it takes the
 * difference of the last and first times, 502 s for 5 s of video when the clock jumped.
 */
export function withoutDurations({ streams, format }: FfprobeOutput): FfprobeOutput {
  return {
    streams: streams.map((stream) => ({ ...stream, duration: undefined })),
    format: format && { ...format, duration: undefined },
  };
}

/** From the first packet to the end of the last one, of picture and sound together. */
function spanOf(all: readonly (PacketStats | undefined)[]): number {
  const present = all.filter((stats) => stats !== undefined && stats.packets > 0) as PacketStats[];
  if (present.length === 0) return 0;
  const start = Math.min(...present.map((stats) => stats.firstSeconds));
  return Math.max(...present.map((stats) => stats.firstSeconds + stats.durationSeconds)) - start;
}

/** A recording that starts long before a key frame shows its picture size only further on. */
export function needsDeepAnalysis({ streams }: FfprobeOutput): boolean {
  const pictures = streams.filter((stream) => isMovingPicture(stream) && stream.codec_name !== undefined);
  return pictures.length > 0 && pictures.every((stream) => stream.pix_fmt === undefined);
}

function tagOf(stream: FfprobeStream): string {
  return stream.codec_tag_string ?? 'none';
}
