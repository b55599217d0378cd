/**
 * Closed captions in the picture (CEA-608 in the user data of ATSC A/53): the units of the stream that hold them are copied
 * out by ffmpeg, listed by ffprobe, put in order here, and read by ffmpeg's own decoder, which takes them from a file in
 * Scenarist's format. Nothing of the picture is decoded. The second field is not read: beside captions in another
 * language it carries data of programmes.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { composeArguments } from '../../ffmpeg/commands/compose.ts';
import { runFfmpeg, runFfprobe } from '../../ffmpeg/run-process.ts';
import { lastLines } from '../../ffmpeg/stderr-lines.ts';
import type { MediaTools } from '../../ffmpeg/tools.ts';
import { invalidOutput } from '../../ffmpeg/write-whole.ts';
import type { ConvertPlan } from '../../plan/plan.ts';
import { CAPTION_MARK } from '../../sniff/closed-captions.ts';
import { type Cue, readAssEvents } from './cues.ts';

/** The units that hold user data: SEI messages of H.264 and H.265, user data of MPEG-2 (their own specifications). */
const USER_DATA_UNITS: Readonly<Record<string, number>> = { h264: 6, hevc: 39, mpeg2video: 178 };

/** The type of units that carry captions; `undefined` of a picture without any. */
export const captionUnits = ({ source, info }: Pick<ConvertPlan, 'source' | 'info'>): number | undefined =>
  info.closedCaptions ? USER_DATA_UNITS[source.codec] : undefined;

export interface ReadClosedCaptionsOptions {
  /** A Matroska file of nothing but units of user data. */
  readonly unitsPath: string;
  readonly tools: MediaTools;
  readonly plan: Pick<ConvertPlan, 'policy'>;
  readonly signal?: AbortSignal | undefined;
}

const LIMITS = { totalMs: 5 * 60_000 };
/** Thirty a second, in nine hours of video. */
const MAX_PAIRS = 1_000_000;
const MAX_LINE_CHARACTERS = 64_000;

/** @throws {MediaError} `output_invalid` when ffmpeg cannot read them; what `runProcess` throws. */
export async function readClosedCaptions({
  unitsPath,
  tools,
  plan,
  signal,
}: ReadClosedCaptionsOptions): Promise<readonly Cue[]> {
  const { maxInputPixels: maxPixels } = plan.policy;
  const pairs: CaptionPairs[] = [];
  let count = 0;
  await runFfprobe({
    inputPath: unitsPath,
    tools,
    maxPixels,
    signal,
    show: ['-show_data', '-show_entries', 'packet=pts_time,data', '-of', 'compact=p=0:nk=1'],
    onLine: (line) => {
      const found = readUnits(line);
      if (found === undefined || count >= MAX_PAIRS) return;
      count += found.pairs.length;
      pairs.push(found);
    },
    maxLineCharacters: MAX_LINE_CHARACTERS,
    limits: LIMITS,
  });
  if (pairs.length === 0) return [];
  const sccPath = `${unitsPath}.scc`;
  const scriptPath = `${unitsPath}.ass`;
  try {
    await writeFile(sccPath, renderScc(pairs));
    const args = composeArguments({
      inputPath: sccPath,
      outputPath: scriptPath,
      threads: 1,
      guards: { maxPixels, ownFormat: 'scc' },
      inputOptions: ['-f', 'scc'],
      outputOptions: ['-c:s', 'ass', '-f', 'ass'],
    });
    const { exitCode, stderrTail } = await runFfmpeg({ tools, args, limits: LIMITS, signal });
    if (exitCode !== 0)
      throw invalidOutput('The text of the closed captions', lastLines(stderrTail, 2).join('; '), stderrTail);
    return readAssEvents(await readFile(scriptPath, 'utf8'));
  } finally {
    await Promise.all([sccPath, scriptPath].map((path) => rm(path, { force: true })));
  }
}

/** What a frame carries of the first field: pairs of bytes in hexadecimal, as `9420`. */
export interface CaptionPairs {
  readonly seconds: number;
  readonly pairs: readonly string[];
}

/** Reads a line of ffprobe: the time of a packet and its bytes as a dump, `0.042|\n00000000: 0000 005a …  ..Z.\n…`. */
export function readUnits(line: string): CaptionPairs | undefined {
  const seconds = Number.parseFloat(line);
  if (!Number.isFinite(seconds)) return undefined;
  const hex = [...line.matchAll(/\\n[0-9a-f]{8}: ((?:[0-9a-f]{2,4} )+)/g)].map(([, row = '']) =>
    row.replaceAll(' ', ''),
  );
  const pairs = readCaptionData(withoutEmulation(Buffer.from(hex.join(''), 'hex')));
  return pairs.length === 0 ? undefined : { seconds, pairs };
}

/** Units may not hold 00 00 01, so that a 03 stands after any two zeros (H.264, section 7.4.1). */
function withoutEmulation(bytes: Buffer): Buffer {
  let zeros = 0;
  return Buffer.from(
    bytes.filter((byte) => {
      const isEmulation = zeros >= 2 && byte === 3;
      zeros = byte === 0 ? zeros + 1 : 0;
      return !isEmulation;
    }),
  );
}

/** The caption data of A/53 (part 4, table 6.7): a count, a reserved byte, then a header and two bytes each time. */
function readCaptionData(bytes: Buffer): string[] {
  const pairs: string[] = [];
  for (let at = bytes.indexOf(CAPTION_MARK); at >= 0; at = bytes.indexOf(CAPTION_MARK, at + 1)) {
    const start = at + CAPTION_MARK.length;
    const count = (bytes[start] ?? 0) & 0x1f;
    for (let index = 0; index < count; index++) {
      const [header = 0, first = 0, second = 0] = bytes.subarray(start + 2 + index * 3, start + 5 + index * 3);
      // Valid, and of the first field of CEA-608; two bytes without anything fill the time.
      if ((header & 0x07) !== 0x04 || ((first | second) & 0x7f) === 0) continue;
      pairs.push(Buffer.from([first, second]).toString('hex'));
    }
  }
  return pairs;
}

/** Scenarist's format, as ffmpeg reads it: hours, minutes, seconds, and frames of 33 ms. In the order of showing. */
export function renderScc(pairs: readonly CaptionPairs[]): string {
  const lines = [...pairs]
    .sort((a, b) => a.seconds - b.seconds)
    .filter(({ seconds }) => seconds >= 0)
    .map(({ seconds, pairs: words }) => {
      const ms = Math.round(seconds * 1000);
      const whole = Math.floor(ms / 1000);
      const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60, Math.floor((ms % 1000) / 33)];
      return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}\t${words.join(' ')}`;
    });
  return `${['Scenarist_SCC V1.0', ...lines].join('\n\n')}\n`;
}
