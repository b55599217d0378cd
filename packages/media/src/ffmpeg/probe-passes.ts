/** The two readings of a file by ffprobe: its streams, and all its packets. */
import type { PacketStats } from '../plan/media-info.ts';
import { type FfprobeOutput, readFfprobeOutput, STREAM_ENTRIES } from './ffprobe-output.ts';
import { createPacketSummary, PACKET_ENTRIES } from './packet-stats.ts';
import { runFfprobe } from './run-ffprobe.ts';
import type { MediaTools } from './tools.ts';

export interface ProbePass {
  readonly inputPath: string;
  readonly tools: MediaTools;
  readonly maxPixels: number;
  readonly deepAnalysis?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Streams are told within seconds, or the file is made to keep us busy. */
const STREAMS_LIMITS = { totalMs: 60_000 };
/** A 2 GB file on a slow disk takes a minute; what stops for a minute does not go on. */
const PACKETS_LIMITS = { totalMs: 15 * 60_000, stallMs: 60_000 };
/** A file may declare thousands of streams; no honest one needs this much text. */
const MAX_JSON_CHARACTERS = 4_000_000;

export async function readStreams(pass: ProbePass): Promise<{ output: FfprobeOutput; stderrTail: string }> {
  const lines: string[] = [];
  let characters = 0;
  const { stderrTail } = await runFfprobe({
    ...pass,
    show: ['-print_format', 'json', '-show_entries', STREAM_ENTRIES],
    onLine(line) {
      characters += line.length;
      if (characters <= MAX_JSON_CHARACTERS) lines.push(line);
    },
    // A value stands on one line, however long it is: cut, the whole would be no JSON.
    maxLineCharacters: MAX_JSON_CHARACTERS,
    limits: STREAMS_LIMITS,
  });
  return { output: readFfprobeOutput(lines.join('\n')), stderrTail };
}

/** Containers whose clock may start anew in the middle (AVFMT_TS_DISCONT in libavformat). */
const JUMPING_CLOCKS = new Set(['mpegts', 'mpeg']);

/** Transport and program streams: they have no header that says how long they are. */
export function clockMayJump(format: string): boolean {
  return JUMPING_CLOCKS.has(format);
}

/** ffprobe's exit code is not looked at: of a damaged file, the packets up to the damage count. */
export async function scanPackets(pass: ProbePass & { format: string }): Promise<ReadonlyMap<number, PacketStats>> {
  const summary = createPacketSummary({ clockMayJump: clockMayJump(pass.format) });
  await runFfprobe({
    ...pass,
    show: ['-show_entries', PACKET_ENTRIES, '-of', 'compact=p=0'],
    onLine: summary.add,
    limits: PACKETS_LIMITS,
  });
  return summary.stats();
}
