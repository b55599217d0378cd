/**
 * Everything that keeps ffmpeg and ffprobe from doing harm. User files are hostile input: a playlist named
 * video.mp4 makes a stock ffmpeg open other people's files on the same disk and transcode them (HLS, ffconcat and DASH
 * did so in measurements with ffmpeg 5.1.9; `-protocol_whitelist` alone did not stop it, `-format_whitelist` did).
 */
import { isAbsolute, resolve } from 'node:path';
import type { StreamFormat } from '../sniff/sniff-stream.ts';
import { assertOwnFilters } from './own-filters.ts';
import type { ToolLimits } from './tools.ts';

/**
 * The demuxers that open one file and nothing else. No hls, dash, concat, sdp, image or text formats. The audio formats
 * are there so that an audio file is called by its name rather than "not allowed".
 */
const ALLOWED_FORMATS: readonly string[] = [
  'mov',
  'matroska',
  'webm',
  'avi',
  'mpegts',
  'mpeg',
  'flv',
  'asf',
  'ogg',
  'mxf',
  'rm',
  'mp3',
  'wav',
  'aac',
  'flac',
];

/**
 * Video without a real container: each demuxer reads one file and follows no reference (libavformat: rawdec.c, dv.c,
 * ivfdec.c, dhav.c). They believe much, so that a file must also begin like its kind (`bare-stream.ts`).
 */
export const STREAM_FORMATS: readonly StreamFormat[] = ['dv', 'h264', 'hevc', 'm4v', 'mpegvideo', 'ivf', 'dhav'];

/** Lower priority than anything that answers people (setpriority(2): 19 is the lowest). */
export const CHILD_NICENESS = 10;

/** What may be asked of the flags in front of an input. */
export interface InputGuardOptions {
  /** Pictures with more pixels are refused before memory is taken for them. */
  readonly maxPixels: number;
  /** Look 60 s (at most 200 MB) into the file for the streams' parameters instead of ffmpeg's 5 s and 5 MB. */
  readonly deepAnalysis?: boolean;
  /**
   * Of a transport or program stream whose clock was seen never to start anew: ffmpeg is told to look for no restarts. It
   * takes 10 s without a packet for one, cuts them out, and drops the frames behind them that it then takes for late ones;
   * 5.1 also a frame that comes more than 0.1 s earlier than the rate lets it expect.
   */
  readonly steadyClock?: boolean | undefined;
  /** The demuxer of a file that we wrote ourselves, instead of those for files of strangers. */
  readonly ownFormat?: 'scc' | undefined;
}

/** The flags before every input of ffmpeg and before the file of every ffprobe. */
export function inputGuards(options: InputGuardOptions): string[] {
  return [
    '-protocol_whitelist',
    'file',
    '-format_whitelist',
    options.ownFormat ?? [...ALLOWED_FORMATS, ...STREAM_FORMATS].join(','),
    '-max_pixels',
    String(options.maxPixels),
    ...(options.deepAnalysis ? ['-analyzeduration', '60M', '-probesize', '200M'] : []),
    ...(options.steadyClock ? ['-copyts', '-start_at_zero'] : []),
  ];
}

/** Names a local file so that neither a leading dash nor a colon in it is taken for an option or a protocol. */
export function fileUrl(path: string): string {
  return `file:${resolve(path)}`;
}

/** A file that is still being written, of which it is known how large it will be. */
export interface ArrivingFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** The beginning of the name of an {@link ArrivingFile}. */
const ARRIVING = /^subfile,,start,0,end,\d+,,:/;

/** Lets ffmpeg open the names of {@link arrivingInput}, beside files. */
export const ARRIVING_PROTOCOLS = 'file,subfile';

/**
 * Has ffmpeg wait where the file ends so far, until it is as large as it will be (ffmpeg-protocols: `follow` of `file`;
 * `subfile`, which gives the end that a file that is followed lacks). With 5.1 and 7.0, what was encoded so is, byte for
 * byte, what is encoded of the whole file.
 */
export const arrivingInput = ({ path, sizeBytes }: ArrivingFile): string[] => [
  ...['-follow', '1'],
  ...['-i', `subfile,,start,0,end,${sizeBytes},,:${fileUrl(path)}`],
];

/** Keys and tokens stay with us: only what a program needs to be found and loaded is handed on. */
const PASSED_VARIABLES = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot'] as const;

/**
 * What every child gets. LC_ALL: messages in English, since some are read. GCONV_PATH: a static build that loads the
 * system's character set modules crashes on the service names of a transport stream (measured with the 2023 static
 * ffprobe from npm); no name is needed, so no module is found.
 */
const FIXED_VARIABLES = { LC_ALL: 'C', AV_LOG_FORCE_NOCOLOR: '1', GCONV_PATH: '/nonexistent' } as const;

/** The environment of a child process. */
export function childEnvironment(source: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const environment: Record<string, string> = { ...FIXED_VARIABLES };
  for (const name of PASSED_VARIABLES) {
    const value = source[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/** What the system should keep a child from taking. */
export interface ChildResources {
  readonly memoryBytes: number | undefined;
  readonly cpuSeconds: number | undefined;
  /** Of any one file that it writes. */
  readonly fileBytes?: number | undefined;
}

/**
 * The memory that was set, and of processor time what the threads can use within the time limit: a child that outlives
 * us, and our watchdog with us, still ends.
 */
export function childResources(limits: ToolLimits, totalMs: number | undefined): ChildResources {
  const cpuSeconds = totalMs === undefined ? undefined : Math.ceil((totalMs / 1000) * (limits.threads + 1)) + 60;
  return { memoryBytes: limits.memoryBytes, cpuSeconds, fileBytes: limits.writes?.fileBytes };
}

/**
 * Refuses a command line of ffmpeg in which an input is not guarded, or with filters and streams that are none of ours: a
 * builder that forgot the flags fails here, in tests, and not in the field.
 *
 * @throws TypeError naming what is missing
 */
export function assertGuarded(args: readonly string[]): void {
  if (!args.includes('-nostdin')) throw new TypeError('ffmpeg must run with -nostdin');
  assertOwnFilters(args);
  let from = 0;
  for (const [at, word] of args.entries()) {
    if (word !== '-i') continue;
    assertInputGuarded(args.slice(from, at), args[at + 1] ?? '');
    from = at + 2;
  }
}

/**
 * Refuses an input without the flags in front of it, or that is no absolute `file:` name, or one that arrives.
 *
 * @throws TypeError naming what is missing
 */
export function assertInputGuarded(before: readonly string[], input: string): void {
  for (const flag of ['-protocol_whitelist', '-format_whitelist', '-max_pixels']) {
    if (!before.includes(flag)) throw new TypeError(`${flag} is missing before ${input}`);
  }
  const file = input.replace(ARRIVING, '');
  if (!file.startsWith('file:') || !isAbsolute(file.slice('file:'.length))) {
    throw new TypeError(`an input must be an absolute file: name, not ${input}`);
  }
}
