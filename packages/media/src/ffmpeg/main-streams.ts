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

/**
 * The tracks with sound that belong to the video, the best first: those whose format is known before those that must
 * show it while they are decoded, the default one before others. In a transport stream with several programmes the
 * sound of another programme is not this video's.
 */
function findSound({ streams, programs }: FfprobeOutput, stats: StatsByStream, video: FfprobeStream | undefined) {
  const inProgram = (index: number) => programs.filter((program) => program.streams.some((one) => one.index === index));
  const ofVideo = inProgram(video?.index ?? -1);
  const belongs = (index: number) => {
    const own = inProgram(index);
    return own.length === 0 || ofVideo.length === 0 || own.some((program) => ofVideo.includes(program));
  };
  return streams
    .filter((stream) => isAudio(stream) && packets(stream, stats) > 0 && belongs(stream.index))
    .sort(
      (a, b) => Number(hasParameters(b)) - Number(hasParameters(a)) || isDefault(b) - isDefault(a) || a.index - b.index,
    );
}

const isAudio = (stream: FfprobeStream): boolean => stream.codec_type === 'audio';

const hasParameters = ({ channels = 0, sample_rate = 0 }: FfprobeStream): boolean => channels > 0 && sample_rate > 0;

/** By ffprobe's names of codecs; `undefined` when they are not known, and every named codec is worth a try. */
export type DecodableCodecs = ReadonlySet<string> | undefined;

const isDecodable = ({ codec_name }: FfprobeStream, decodable: DecodableCodecs): boolean =>
  codec_name !== undefined && codec_name !== 'unknown' && codec_name !== 'none' && (decodable?.has(codec_name) ?? true);

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

/** As many as are tried, or named; a file may declare thousands. */
const MOST_TRACKS = 3;

/** The facts of a file that its streams and packets tell. */
export function describeStreams(output: FfprobeOutput, stats: StatsByStream, decodable: DecodableCodecs) {
  const { streams } = output;
  const pictures = streams.filter(isMovingPicture);
  const videoStream = chooseVideo(streams, stats);
  const video = videoStream && toVideoInfo(videoStream, stats);
  const sound = findSound(output, stats, videoStream);
  const audible = sound.filter((stream) => isDecodable(stream, decodable));
  const [audio, ...otherAudio] = audible.slice(0, MOST_TRACKS).map((stream) => toAudioInfo(stream, stats));
  return {
    readable: true,
    headerDurationSeconds: headerDuration(output, stats, [video?.stats, audio?.stats]),
    durationSeconds: spanOf([video?.stats, audio?.stats]),
    video,
    unknownVideoTags: pictures.filter((stream) => stream.codec_name === undefined).map(tagOf),
    audio,
    otherAudio,
    undecodableAudio: sound
      .filter((stream) => !isDecodable(stream, decodable))
      .slice(0, MOST_TRACKS)
      .map(nameOf),
    audioTracks: streams.filter(isAudio).length,
    subtitles: streams
      .filter((stream) => stream.codec_type === 'subtitle')
      .slice(0, 100)
      .map(toSubtitleInfo),
    encrypted: [...pictures, ...audible.slice(0, 1)].some(isEncrypted),
  } satisfies Partial<MediaInfo>;
}

/**
 * A duration that the file leaves open is none, whatever ffprobe makes of it: of a transport stream, it takes the
 * difference of the last and first times, 502 s for 5 s of video when the clock jumped.
 */
export function withoutDurations({ streams, programs, format }: FfprobeOutput): FfprobeOutput {
  return {
    programs,
    streams: streams.map((stream) => ({ ...stream, duration: undefined })),
    format: format && { ...format, duration: undefined },
  };
}

/** An end that agrees with a header is the one that it tells. Seconds. */
const SAME_END = 1;

/** What the container says of its length. Where that is how long subtitles last, it says nothing of the video. */
function headerDuration(
  { streams, format }: FfprobeOutput,
  stats: StatsByStream,
  ofVideo: readonly (PacketStats | undefined)[],
): number | undefined {
  const header = format?.duration;
  if (header === undefined) return undefined;
  const ends = streams
    .filter(({ codec_type }) => codec_type === 'subtitle')
    .flatMap(({ index }) => stats.get(index) ?? [])
    .map(({ firstSeconds, durationSeconds }) => firstSeconds + durationSeconds);
  const start = Math.min(...present(ofVideo).map(({ firstSeconds }) => firstSeconds));
  const isTheirs = ends.some((end) => [end, end - start].some((time) => Math.abs(time - header) <= SAME_END));
  return isTheirs && header > spanOf(ofVideo) + SAME_END ? undefined : header;
}

const present = (all: readonly (PacketStats | undefined)[]): PacketStats[] =>
  all.flatMap((stats) => (stats !== undefined && stats.packets > 0 ? [stats] : []));

/** From the first packet to the end of the last one, of picture and sound together. */
function spanOf(all: readonly (PacketStats | undefined)[]): number {
  const counted = present(all);
  if (counted.length === 0) return 0;
  const start = Math.min(...counted.map((stats) => stats.firstSeconds));
  return Math.max(...counted.map((stats) => stats.firstSeconds + stats.durationSeconds)) - start;
}

/** A recording that starts long before a key frame shows its picture size only further on, as does sound that comes late. */
export function needsDeepAnalysis({ streams, programs }: FfprobeOutput, decodable: DecodableCodecs): boolean {
  const pictures = streams.filter((stream) => isMovingPicture(stream) && stream.codec_name !== undefined);
  if (pictures.length > 0 && pictures.every((stream) => stream.pix_fmt === undefined)) return true;
  const sound = streams.filter((stream) => isAudio(stream) && isDecodable(stream, decodable));
  const programmes = programs.map((program) =>
    sound.filter(({ index }) => program.streams.some((one) => one.index === index)),
  );
  return [sound, ...programmes].some((tracks) => tracks.length > 0 && !tracks.some(hasParameters));
}

const nameOf = (stream: FfprobeStream): string =>
  stream.codec_name === undefined || stream.codec_name === 'unknown' ? tagOf(stream) : stream.codec_name;

function tagOf(stream: FfprobeStream): string {
  return stream.codec_tag_string ?? 'none';
}
