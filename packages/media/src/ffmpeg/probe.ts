/** Looks at a file: first bytes, streams, packets, boxes. The result holds facts; what follows from them is for the plan. */
import { runTogether } from '@supabase-media/core/run-limited';
import type { MediaInfo, PacketStats, ProbeResult, UnreadableMedia, VideoInfo } from '../plan/media-info.ts';
import { DEFAULT_POLICY } from '../plan/policy.ts';
import { carriesClosedCaptions } from '../sniff/closed-captions.ts';
import { sniffFile } from '../sniff/sniff.ts';
import { type Content, sniffContent } from '../sniff/sniff-content.ts';
import { isMistakenForStream, nameBareStream, withMeasuredRate } from './bare-stream.ts';
import { isContinuous } from './continuity-of-file.ts';
import { withEarlyPicture } from './early-picture.ts';
import { type FfprobeOutput, readFfprobeOutput, STREAM_ENTRIES } from './ffprobe-output.ts';
import { findShapes, parameterSetsDiffer } from './find-shapes.ts';
import { inputSize } from './input-file.ts';
import { describeStreams, needsDeepAnalysis, withoutDurations } from './main-streams.ts';
import { countDeclaredOfFile, readAperturesOfFile, readLayoutOfFile } from './mp4-layout-file.ts';
import { clockMayJump, createPacketSummary, PACKET_ENTRIES } from './packet-stats.ts';
import { classifyProbeFailure, sharpenByContent, tellingLine, unreadable } from './probe-failure.ts';
import { probeHiding } from './probe-hiding.ts';
import { boundReadings, mostPackets, whyIndexTooLarge } from './probe-limits.ts';
import { type ProbePass, runFfprobe } from './run-process.ts';
import { withShownPicture } from './shown-picture.ts';
import type { MediaTools } from './tools.ts';

export interface ProbeOptions {
  /** Give it no extension: with `.mp4`, ffprobe calls a text file an MP4 without an index. */
  readonly inputPath: string;
  readonly tools: MediaTools;
  /** Pictures with more pixels are refused; 8192x4352 by default. */
  readonly maxPixels?: number | undefined;
  /** Made by us, so that neither changes of size nor an aperture are looked for. */
  readonly isOurs?: boolean | undefined;
  /**
   * Only its beginning is here, and the rest reads as zeros: what an index tells is known, and what only pictures tell is
   * taken to be ordinary.
   */
  readonly isArriving?: boolean | undefined;
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
  // Of a copy of what is not here, nothing would come.
  return probeOrHide(options, options.isArriving ? 0 : MOST_HIDDEN);
}

/** Tracks of one file that are hidden from ffprobe: each takes another copy. */
const MOST_HIDDEN = 2;

async function probeOrHide(options: ProbeOptions, mayHide: number): Promise<ProbeResult> {
  const sizeBytes = await inputSize(options.inputPath);
  if (sizeBytes === 0) return unreadable({ sizeBytes, code: 'empty_file', detail: 'the file has no bytes' });

  const content = await sniffFile(options.inputPath);
  const turnedAway = { sizeBytes, code: 'container_not_allowed', content } as const;
  if (isCertainlyNone(content)) return toldByFirstBytes(sizeBytes, content);

  const declared = await countDeclaredOfFile(options.inputPath, sizeBytes);
  const tooLarge = whyIndexTooLarge(declared, sizeBytes);
  if (tooLarge !== undefined) return unreadable({ ...turnedAway, code: 'index_too_large', detail: tooLarge });

  const bounds = boundReadings({ declared, sizeBytes, memoryBytes: options.tools.limits.memoryBytes });
  const pass = { ...options, bounds, maxPixels: options.maxPixels ?? DEFAULT_POLICY.maxInputPixels };
  let { output, stderrTail } = await readStreams(pass);
  if (output.streams.length === 0 && classifyProbeFailure(stderrTail) === 'invalid_data' && mayHide > 0) {
    // That a decoder refused is a warning to ffprobe, though it ends for it.
    const { stderrTail: warnings } = await readStreams({ ...pass, logLevel: 'warning' });
    const again = (inputPath: string) => probeOrHide({ ...options, inputPath }, mayHide - 1);
    const hidden = await probeHiding(options.inputPath, warnings, again);
    if (hidden !== undefined) return hidden;
  }
  const deepAnalysis = needsDeepAnalysis(output, options.tools.ffmpeg.decodableCodecs);
  if (deepAnalysis) ({ output, stderrTail } = await readStreams({ ...pass, deepAnalysis }));

  const failure = classifyProbeFailure(stderrTail);
  const pictureRefused =
    failure === 'too_many_pixels' && !output.streams.some((stream) => stream.pix_fmt !== undefined);
  const format = output.format?.format_name;
  if (format === undefined || output.streams.length === 0 || pictureRefused) {
    const code = sharpenByContent(failure, content);
    return unreadable({ sizeBytes, code, detail: tellingLine(stderrTail), content });
  }
  if (isMistakenForStream(format, content))
    return unreadable({ ...turnedAway, detail: `${format}, but it does not begin like it` });
  const bareStream = nameBareStream(format, content);
  return describeFile({ ...pass, deepAnalysis }, { output, sizeBytes, format, bareStream, deepAnalysis });
}

const isCertainlyNone = (content: Content): boolean => content.kind === 'other' && content.certain;

const toldByFirstBytes = (sizeBytes: number, content: Content): UnreadableMedia =>
  unreadable({ sizeBytes, code: 'container_not_allowed', content, detail: 'told by its first bytes' });

/**
 * What {@link probeMedia} would say of a file of which only the beginning is here.
 *
 * @param beginning {@link SNIFF_BYTES}, or the whole of a smaller file.
 * @param sizeBytes of the whole file.
 * @returns `undefined` where more must be read to know.
 */
export async function probeBeginning(beginning: Uint8Array, sizeBytes: number): Promise<UnreadableMedia | undefined> {
  const content = await sniffContent(beginning);
  return isCertainlyNone(content) ? toldByFirstBytes(sizeBytes, content) : undefined;
}

/** What is known of a file once its streams are. */
interface OpenedFile extends Pick<MediaInfo, 'sizeBytes' | 'format' | 'bareStream' | 'deepAnalysis'> {
  readonly output: FfprobeOutput;
}

async function describeFile(
  pass: ProbePass & Pick<ProbeOptions, 'isOurs' | 'isArriving'>,
  { output, sizeBytes, format, bareStream, deepAnalysis }: OpenedFile,
): Promise<ProbeResult> {
  const { inputPath, isOurs, isArriving, tools } = pass;
  const most = mostPackets(sizeBytes);
  const early = isOurs || isArriving ? undefined : findEarlyPicture(output, sizeBytes);
  const [stats, differ] = await runTogether(pass.signal, [
    (signal) => scanPackets({ ...pass, signal, format, most }),
    async (signal) => early && parameterSetsDiffer({ ...pass, signal }, early),
  ]);
  if (stats === undefined)
    return unreadable({ sizeBytes, code: 'index_too_large', detail: `more than ${most} packets` });
  const mp4 = format.includes('mp4') ? await readLayoutOfFile(inputPath, sizeBytes) : undefined;
  const closedCaptions = isOurs !== true && (await carriesClosedCaptions(inputPath));
  const streams = mp4?.durationUnknown || clockMayJump(format) ? withoutDurations(output) : output;
  const described = describeStreams(streams, stats, tools.ffmpeg.decodableCodecs);
  const shown =
    mp4 === undefined
      ? described.video
      : described.video && withEarlyPicture(described.video, output.format?.start_time);
  const video = bareStream === undefined ? shown : shown && withMeasuredRate(shown);
  const info = { ...described, video, sizeBytes, format, bareStream, mp4, deepAnalysis, closedCaptions };
  return video === undefined || isOurs
    ? info
    : {
        ...info,
        video: await lookAtPicture(pass, info, video, output, early?.index === video.index ? differ : undefined),
      };
}

/** From this size on, in bytes, both readings of a file take seconds: then they are made side by side. */
const SIDE_BY_SIDE_BYTES = 64 * 1024 * 1024;

/** The picture whose parameter sets will be compared; the first is nearly always the one that is chosen. */
function findEarlyPicture({ streams }: FfprobeOutput, sizeBytes: number): { readonly index: number } | undefined {
  const first = streams.find(({ codec_type }) => codec_type === 'video');
  return sizeBytes >= SIDE_BY_SIDE_BYTES && first?.codec_name === 'h264' ? first : undefined;
}

async function lookAtPicture(
  pass: ProbePass & Pick<ProbeOptions, 'isArriving'>,
  { mp4, sizeBytes }: Pick<MediaInfo, 'mp4' | 'sizeBytes'>,
  video: VideoInfo,
  { streams }: FfprobeOutput,
  differ: boolean | undefined,
): Promise<VideoInfo> {
  const track = streams.find(({ index }) => index === video.index)?.id;
  const apertures = mp4 === undefined ? undefined : await readAperturesOfFile(pass.inputPath, sizeBytes);
  const shapes = pass.isArriving ? [] : await findShapes(pass, video, differ);
  return withShownPicture(video, { shapes, aperture: apertures?.get(track ?? 0) });
}

/** Streams are told within seconds, or the file is made to keep us busy. */
const STREAMS_LIMITS = { totalMs: 60_000 };
/** What stops for a minute will not resume. How long it may take in all follows from the file's size. */
const PACKETS_LIMITS = { stallMs: 60_000 };
/** A file may declare thousands of streams; no honest one needs this much text. */
const MAX_JSON_CHARACTERS = 4_000_000;

/** The first reading: the streams. Throws what `runFfprobe` throws. */
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
 * a damaged file, the packets up to the damage count. Throws what `runFfprobe` throws.
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
  const neverRestarts =
    pass.format === 'mpegts' && summary.mayHavePaused && (await isContinuous(pass.inputPath, pass.signal));
  return summary.stats({ neverRestarts });
}
