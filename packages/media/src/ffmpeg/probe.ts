/** Looks at a file: first bytes, streams, packets, boxes. The result holds facts; what follows from them is for the plan. */

import { rm } from 'node:fs/promises';
import type { PacketStats, ProbeResult, UnreadableCode, UnreadableMedia } from '../plan/media-info.ts';
import { DEFAULT_POLICY } from '../plan/policy.ts';
import { carriesClosedCaptions } from '../sniff/closed-captions.ts';
import { sniffFile } from '../sniff/sniff.ts';
import type { Content } from '../sniff/sniff-content.ts';
import { type FfprobeOutput, readFfprobeOutput, STREAM_ENTRIES } from './ffprobe-output.ts';
import { copyWithHidden, HIDDEN_TAG, unopenedStream } from './hide-track.ts';
import { inputSize } from './input-file.ts';
import { describeStreams, needsDeepAnalysis, withoutDurations } from './main-streams.ts';
import { readLayoutOfFile } from './mp4-layout-file.ts';
import { createPacketSummary, PACKET_ENTRIES } from './packet-stats.ts';
import { classifyProbeFailure, tellingLine } from './probe-failure.ts';
import { type ProcessResult, runProcess } from './run-process.ts';
import { assertInputGuarded, childResources, fileUrl, inputGuards } from './sandbox.ts';
import type { MediaTools } from './tools.ts';
import type { ProcessLimits } from './watchdog.ts';

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

  const pass = { ...options, maxPixels: options.maxPixels ?? DEFAULT_POLICY.maxInputPixels };
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
  const stats = await scanPackets({ ...pass, deepAnalysis, format });
  const mp4 = format.includes('mp4') ? await readLayoutOfFile(options.inputPath, sizeBytes) : undefined;
  const closedCaptions = await carriesClosedCaptions(options.inputPath);
  const streams = mp4?.durationUnknown || clockMayJump(format) ? withoutDurations(output) : output;
  const described = describeStreams(streams, stats, decodableCodecs);
  return { ...described, sizeBytes, format, mp4, deepAnalysis, closedCaptions };
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

/** What ffprobe makes nothing of, while its first bytes say what it is, is simply not a video. */
function sharpen(code: UnreadableCode, content: Content): UnreadableCode {
  return code === 'invalid_data' && content.kind === 'other' ? 'container_not_allowed' : code;
}

function unreadable(sizeBytes: number, code: UnreadableCode, detail: string, content?: Content): UnreadableMedia {
  return { readable: false, sizeBytes, code, lookedLike: content?.name, detail };
}

interface ProbePass {
  readonly inputPath: string;
  readonly tools: MediaTools;
  readonly maxPixels: number;
  readonly deepAnalysis?: boolean | undefined;
  readonly logLevel?: 'error' | 'warning';
  readonly signal?: AbortSignal | undefined;
}

/** Streams are told within seconds, or the file is made to keep us busy. */
const STREAMS_LIMITS = { totalMs: 60_000 };
/** A 2 GB file on a slow disk takes a minute; what stops for a minute will not resume. */
const PACKETS_LIMITS = { totalMs: 15 * 60_000, stallMs: 60_000 };
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

/** Containers whose clock may start anew in the middle (AVFMT_TS_DISCONT in libavformat). */
const JUMPING_CLOCKS = new Set(['mpegts', 'mpeg']);

/** Transport and program streams: they have no header that says how long they are. */
function clockMayJump(format: string): boolean {
  return JUMPING_CLOCKS.has(format);
}

/** The second reading: all packets. ffprobe's exit code is not looked at: of a damaged file, the packets up to the damage count. */
async function scanPackets(pass: ProbePass & { format: string }): Promise<ReadonlyMap<number, PacketStats>> {
  const summary = createPacketSummary({ clockMayJump: clockMayJump(pass.format) });
  await runFfprobe({
    ...pass,
    show: ['-show_entries', PACKET_ENTRIES, '-of', 'compact=p=0'],
    onLine: summary.add,
    limits: PACKETS_LIMITS,
  });
  return summary.stats();
}

export interface RunFfprobeOptions extends ProbePass {
  /** What to print, e.g. `-show_streams`. */
  readonly show: readonly string[];
  readonly onLine: (line: string) => void;
  /** What is beyond is cut off a line; 8192 by default. */
  readonly maxLineCharacters?: number | undefined;
  readonly limits: ProcessLimits;
}

/** Runs ffprobe on one file, inside the sandbox. How ffprobe itself ended is in the result. */
export async function runFfprobe(options: RunFfprobeOptions): Promise<ProcessResult> {
  const guards = inputGuards({ maxPixels: options.maxPixels, deepAnalysis: options.deepAnalysis ?? false });
  const before = ['-hide_banner', '-v', options.logLevel ?? 'error', ...guards, ...options.show];
  const input = fileUrl(options.inputPath);
  assertInputGuarded(before, input);
  return runProcess({
    program: options.tools.ffprobe.path,
    resources: childResources(options.tools.limits, options.limits.totalMs),
    args: [...before, input],
    onLine: options.onLine,
    maxLineCharacters: options.maxLineCharacters,
    limits: options.limits,
    signal: options.signal,
  });
}
