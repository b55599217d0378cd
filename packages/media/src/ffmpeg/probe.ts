/** Looks at a file: first bytes, streams, packets, boxes. The result holds facts; what follows from them is for the plan. */

import { rm } from 'node:fs/promises';
import type {
  PacketStats,
  ProbeResult,
  Shape,
  UnreadableCode,
  UnreadableMedia,
  VideoInfo,
} from '../plan/media-info.ts';
import { DEFAULT_POLICY } from '../plan/policy.ts';
import { chooseSteadyFrame } from '../plan/steady-frame.ts';
import { carriesClosedCaptions } from '../sniff/closed-captions.ts';
import { sniffFile } from '../sniff/sniff.ts';
import type { Content } from '../sniff/sniff-content.ts';
import { type CleanAperture, fitAperture } from './clean-aperture.ts';
import { displaySize } from './display-size.ts';
import { type FfprobeOutput, readFfprobeOutput, STREAM_ENTRIES } from './ffprobe-output.ts';
import { findShapes } from './find-shapes.ts';
import { copyWithHidden, HIDDEN_TAG, unopenedStream } from './hide-track.ts';
import { inputSize } from './input-file.ts';
import { describeStreams, needsDeepAnalysis, withoutDurations } from './main-streams.ts';
import { countDeclaredOfFile, readAperturesOfFile, readLayoutOfFile } from './mp4-layout-file.ts';
import { clockMayJump, createPacketSummary, PACKET_ENTRIES } from './packet-stats.ts';
import { classifyProbeFailure, tellingLine } from './probe-failure.ts';
import { boundReadings, mostPackets, whyIndexTooLarge } from './probe-limits.ts';
import { type ProbePass, runFfprobe } from './run-process.ts';
import { STREAM_FORMATS } from './sandbox.ts';
import type { MediaTools } from './tools.ts';

export interface ProbeOptions {
  /** Give it no extension: with `.mp4`, ffprobe calls a text file an MP4 without an index. */
  readonly inputPath: string;
  readonly tools: MediaTools;
  /** Pictures with more pixels are refused; 8192x4352 by default. */
  readonly maxPixels?: number | undefined;
  /** Made by us, so that neither changes of size nor an aperture are looked for. */
  readonly isOurs?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Probes one file: about 0.2 s and two readings of the file. Key frames are decoded only where the picture may change its
 * size (`find-shapes.ts`).
 *
 * @throws MediaError file_missing when there is no such file; ffmpeg_missing, ffmpeg_killed, ffmpeg_failed,
 * ffmpeg_stalled or ffmpeg_timeout when ffprobe could not do its work; aborted
 */
export async function probeMedia(options: ProbeOptions): Promise<ProbeResult> {
  return probeOrHide(options, MOST_HIDDEN);
}

/** Tracks of one file that are hidden from ffprobe: each takes another copy. */
const MOST_HIDDEN = 2;

async function probeOrHide(options: ProbeOptions, mayHide: number): Promise<ProbeResult> {
  const sizeBytes = await inputSize(options.inputPath);
  if (sizeBytes === 0) return unreadable(sizeBytes, 'empty_file', 'the file has no bytes');

  const content = await sniffFile(options.inputPath);
  if (content.kind === 'other' && content.certain) {
    return unreadable(sizeBytes, 'container_not_allowed', 'told by its first bytes', content);
  }

  const declared = await countDeclaredOfFile(options.inputPath, sizeBytes);
  const tooLarge = whyIndexTooLarge(declared, sizeBytes);
  if (tooLarge !== undefined) return unreadable(sizeBytes, 'index_too_large', tooLarge, content);

  const bounds = boundReadings({ declared, sizeBytes, memoryBytes: options.tools.limits.memoryBytes });
  const pass = { ...options, bounds, maxPixels: options.maxPixels ?? DEFAULT_POLICY.maxInputPixels };
  let { output, stderrTail } = await readStreams(pass);
  const mayBeHidden = output.streams.length === 0 && classifyProbeFailure(stderrTail) === 'invalid_data' && mayHide > 0;
  const hidden = mayBeHidden ? await probeHiding(pass, mayHide) : undefined;
  if (hidden !== undefined) return hidden;
  const { decodableCodecs } = options.tools.ffmpeg;
  const deepAnalysis = needsDeepAnalysis(output, decodableCodecs);
  if (deepAnalysis) ({ output, stderrTail } = await readStreams({ ...pass, deepAnalysis }));

  const failure = classifyProbeFailure(stderrTail);
  const pictureRefused =
    failure === 'too_many_pixels' && !output.streams.some((stream) => stream.pix_fmt !== undefined);
  if (output.format === undefined || output.streams.length === 0 || pictureRefused) {
    return unreadable(sizeBytes, sharpen(failure, content), tellingLine(stderrTail), content);
  }
  const format = output.format.format_name;
  if (STREAM_FORMATS.some((name) => name === format) && content.stream !== format) {
    return unreadable(sizeBytes, 'container_not_allowed', `${format}, but it does not begin like it`, content);
  }
  const most = mostPackets(sizeBytes);
  const stats = await scanPackets({ ...pass, deepAnalysis, format, most });
  if (stats === undefined) return unreadable(sizeBytes, 'index_too_large', `more than ${most} packets`, content);
  const mp4 = format.includes('mp4') ? await readLayoutOfFile(options.inputPath, sizeBytes) : undefined;
  const closedCaptions = options.isOurs !== true && (await carriesClosedCaptions(options.inputPath));
  const streams = mp4?.durationUnknown || clockMayJump(format) ? withoutDurations(output) : output;
  const described = describeStreams(streams, stats, decodableCodecs);
  const bareStream = UNTIMED_FORMATS.has(format) ? content.name : undefined;
  const video = bareStream ? described.video && withMeasuredRate(described.video) : described.video;
  const info = { ...described, video, sizeBytes, format, bareStream, mp4, deepAnalysis, closedCaptions };
  if (info.video === undefined || options.isOurs) return info;
  const track = output.streams.find(({ index }) => index === info.video?.index)?.id;
  const apertures = mp4 === undefined ? undefined : await readAperturesOfFile(options.inputPath, sizeBytes);
  const shapes = await findShapes({ ...pass, deepAnalysis }, info.video);
  return { ...info, video: withPicture(info.video, shapes, apertures?.get(track ?? 0)) };
}

/** Probes a copy in which the track that ffprobe could not open is hidden; `undefined` where there is none such. */
async function probeHiding(pass: ProbePass, mayHide: number): Promise<ProbeResult | undefined> {
  // That a decoder refused is a warning to ffprobe, though it ends for it.
  const { stderrTail } = await readStreams({ ...pass, logLevel: 'warning' });
  const track = unopenedStream(stderrTail);
  if (track === undefined) return undefined;
  const copyPath = `${pass.inputPath}.probed`;
  try {
    const tag = await copyWithHidden(pass.inputPath, copyPath, track);
    if (tag === undefined) return undefined;
    const found = await probeOrHide({ ...pass, inputPath: copyPath }, mayHide - 1);
    if (!found.readable) return found;
    return { ...found, undecodableAudio: found.undecodableAudio.map((name) => (name === HIDDEN_TAG ? tag : name)) };
  } finally {
    await rm(copyPath, { force: true });
  }
}

/** Of {@link STREAM_FORMATS}, those that have frames and no times. */
const UNTIMED_FORMATS = new Set(['dv', 'h264', 'hevc', 'm4v', 'mpegvideo']);

/** Of a stream without a container, newer versions of ffprobe guess an average: 25 of any, 60000 of DV. */
function withMeasuredRate(video: VideoInfo): VideoInfo {
  const { packets, durationSeconds } = video.stats;
  const fps = durationSeconds > 0 ? Math.round((packets / durationSeconds) * 1000) / 1000 : undefined;
  return { ...video, averageFps: fps, realFps: fps };
}

/** What a viewer sees of the picture; an aperture of a picture that changes its size means nothing. */
function withPicture(video: VideoInfo, shapes: readonly Shape[], given: CleanAperture | undefined): VideoInfo {
  const steady = chooseSteadyFrame(shapes);
  const aperture = steady === undefined ? fitAperture(given, video) : undefined;
  const shown = steady ?? (aperture && displaySize({ ...video, ...aperture }));
  if (shown === undefined) return video;
  return { ...video, shapes, aperture, displayWidth: shown.width, displayHeight: shown.height };
}

/** What ffprobe makes nothing of, while its first bytes say what it is, is simply not a video. */
function sharpen(code: UnreadableCode, content: Content): UnreadableCode {
  return code === 'invalid_data' && content.kind === 'other' ? 'container_not_allowed' : code;
}

function unreadable(sizeBytes: number, code: UnreadableCode, detail: string, content?: Content): UnreadableMedia {
  return { readable: false, sizeBytes, code, lookedLike: content?.name, isVideo: content?.kind === 'media', detail };
}

/** Streams are told within seconds, or the file is made to keep us busy. */
const STREAMS_LIMITS = { totalMs: 60_000 };
/** What stops for a minute will not resume. How long it may take in all follows from the file's size. */
const PACKETS_LIMITS = { stallMs: 60_000 };
/** A file may declare thousands of streams; no honest one needs this much text. */
const MAX_JSON_CHARACTERS = 4_000_000;

/** The first reading: the streams. */
async function readStreams(pass: ProbePass): Promise<{ output: FfprobeOutput; stderrTail: string }> {
  const lines: string[] = [];
  let characters = 0;
  const { stderrTail } = await runFfprobe({
    ...pass,
    show: ['-print_format', 'json', '-show_entries', STREAM_ENTRIES],
    onLine(line) {
      characters += line.length;
      if (characters <= MAX_JSON_CHARACTERS) lines.push(line);
    },
    // A value is on one line, however long: truncated, the whole would not be JSON.
    maxLineCharacters: MAX_JSON_CHARACTERS,
    limits: STREAMS_LIMITS,
  });
  return { output: readFfprobeOutput(lines.join('\n')), stderrTail };
}

/**
 * The second reading: all packets; `undefined` where there are more than `most`. ffprobe's exit code is not looked at: of
 * a damaged file, the packets up to the damage count.
 */
async function scanPackets(
  pass: ProbePass & { readonly format: string; readonly most: number },
): Promise<ReadonlyMap<number, PacketStats> | undefined> {
  const summary = createPacketSummary({ clockMayJump: clockMayJump(pass.format) });
  const tooMany = new Error(`more than ${pass.most} packets`);
  let packets = 0;
  try {
    await runFfprobe({
      ...pass,
      show: ['-show_entries', PACKET_ENTRIES, '-of', 'compact=p=0'],
      onLine(line) {
        packets += 1;
        if (packets > pass.most) throw tooMany;
        summary.add(line);
      },
      limits: PACKETS_LIMITS,
    });
  } catch (error) {
    if (error !== tooMany) throw error;
    return undefined;
  }
  return summary.stats();
}
