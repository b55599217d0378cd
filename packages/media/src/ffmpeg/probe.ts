/** Looks at a file: first bytes, streams, packets, boxes. The result holds facts; what follows from them is for the plan. */

import type { MediaInfo, PacketStats, ProbeResult, UnreadableCode, UnreadableMedia } from '../plan/media-info.ts';
import { DEFAULT_POLICY } from '../plan/policy.ts';
import { sniffFile } from '../sniff/sniff.ts';
import type { Content } from '../sniff/sniff-content.ts';
import type { FfprobeOutput, FfprobeStream } from './ffprobe-output.ts';
import { inputSize } from './input-file.ts';
import { chooseAudio, chooseVideo, isEncrypted, isMovingPicture, toAudioInfo, toVideoInfo } from './main-streams.ts';
import { readLayoutOfFile } from './mp4-layout-file.ts';
import { classifyProbeFailure, tellingLine } from './probe-failure.ts';
import { clockMayJump, readStreams, scanPackets } from './probe-passes.ts';
import type { MediaTools } from './tools.ts';

export interface ProbeOptions {
  /** Give it no extension: with `.mp4`, ffprobe calls a text file an MP4 without an index. */
  readonly inputPath: string;
  readonly tools: MediaTools;
  /** Pictures with more pixels are refused; 8192x4352 by default. */
  readonly maxPixels?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Probes one file without decoding it: about 0.1 s and one reading of the file.
 *
 * @throws MediaError file_missing when there is no such file; ffmpeg_missing, ffmpeg_killed, ffmpeg_failed,
 * ffmpeg_stalled or ffmpeg_timeout when ffprobe could not do its work; aborted
 */
export async function probeMedia(options: ProbeOptions): Promise<ProbeResult> {
  const sizeBytes = await inputSize(options.inputPath);
  if (sizeBytes === 0) return unreadable(sizeBytes, 'empty_file', 'the file has no bytes');

  const content = await sniffFile(options.inputPath);
  if (content.kind === 'other' && content.certain) {
    return unreadable(sizeBytes, 'container_not_allowed', 'told by its first bytes', content);
  }

  const pass = { ...options, maxPixels: options.maxPixels ?? DEFAULT_POLICY.maxInputPixels };
  let { output, stderrTail } = await readStreams(pass);
  const deepAnalysis = needsDeepAnalysis(output);
  if (deepAnalysis) ({ output, stderrTail } = await readStreams({ ...pass, deepAnalysis }));

  const failure = classifyProbeFailure(stderrTail);
  const pictureRefused =
    failure === 'too_many_pixels' && !output.streams.some((stream) => stream.pix_fmt !== undefined);
  if (output.format === undefined || output.streams.length === 0 || pictureRefused) {
    return unreadable(sizeBytes, sharpen(failure, content), tellingLine(stderrTail), content);
  }
  const format = output.format.format_name;
  const stats = await scanPackets({ ...pass, deepAnalysis, format });
  const mp4 = format.includes('mp4') ? await readLayoutOfFile(options.inputPath, sizeBytes) : undefined;
  const streams = mp4?.durationUnknown || clockMayJump(format) ? withoutDurations(output) : output;
  return { ...describe(streams, stats), sizeBytes, format, mp4, deepAnalysis };
}

function describe(output: FfprobeOutput, stats: ReadonlyMap<number, PacketStats>) {
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
    encrypted: [...pictures, ...(audioStream === undefined ? [] : [audioStream])].some(isEncrypted),
  } satisfies Partial<MediaInfo>;
}

/**
 * A duration that the file leaves open is none, whatever ffprobe makes of it: of a transport stream, it takes the
 * difference of the last and first times, 502 s for 5 s of video when the clock jumped.
 */
function withoutDurations({ streams, format }: FfprobeOutput): FfprobeOutput {
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
function needsDeepAnalysis({ streams }: FfprobeOutput): boolean {
  const pictures = streams.filter((stream) => isMovingPicture(stream) && stream.codec_name !== undefined);
  return pictures.length > 0 && pictures.every((stream) => stream.pix_fmt === undefined);
}

/** What ffprobe makes nothing of, while its first bytes say what it is, is simply not a video. */
function sharpen(code: UnreadableCode, content: Content): UnreadableCode {
  return code === 'invalid_data' && content.kind === 'other' ? 'container_not_allowed' : code;
}

function unreadable(sizeBytes: number, code: UnreadableCode, detail: string, content?: Content): UnreadableMedia {
  return { readable: false, sizeBytes, code, lookedLike: content?.name, detail };
}

function tagOf(stream: FfprobeStream): string {
  return stream.codec_tag_string ?? 'none';
}
