/** Finds ffmpeg and ffprobe: where they were said to be, else on the PATH, else in the npm packages. */
import { delimiter, join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import { listDecodableCodecs } from './list-parts.ts';
import { findNpmBinary } from './npm-binaries.ts';
import { probeIsolation } from './probe-isolation.ts';
import { runProcess } from './run-process.ts';
import { lastLines } from './stderr-lines.ts';
import { DEFAULT_LIMITS, type MediaTools, type Tool, type ToolOrigin } from './tools.ts';
import { isReadableFile } from './utilities.ts';
import { readVersion, type VersionReport, whyUnusable } from './version.ts';

export interface LocateOptions {
  /** FFMPEG_PATH, where set: nothing else is tried then. */
  readonly ffmpegPath?: string | undefined;
  /** FFPROBE_PATH, where set: nothing else is tried then. */
  readonly ffprobePath?: string | undefined;
  /** The folders to search, as in PATH; those of the process by default. */
  readonly searchPath?: string | undefined;
  /** For every run of the programs; {@link DEFAULT_LIMITS} where not told. */
  readonly threads?: number | undefined;
  readonly memoryBytes?: number | undefined;
  /** Use the npm packages when nothing else is found. Default true. */
  readonly useNpmBinaries?: boolean | undefined;
}

type Program = 'ffmpeg' | 'ffprobe';

type DecodableCodecs = ReturnType<typeof listDecodableCodecs>;

interface Candidate {
  readonly path: string;
  readonly origin: ToolOrigin;
}

/**
 * Finds both programs, runs each with `-version`, asks ffmpeg for its decoders, and tries how children can be isolated.
 *
 * @throws MediaError ffmpeg_missing naming what was tried and the remedy
 */
export async function locateTools(options: LocateOptions = {}): Promise<MediaTools> {
  const [ffmpeg, ffprobe, isolation] = await Promise.all([
    locate('ffmpeg', options.ffmpegPath, options),
    locate('ffprobe', options.ffprobePath, options),
    probeIsolation(),
  ]);
  // A build that does not say how it was made is given the benefit of the doubt.
  const { configuration } = ffmpeg.report;
  const canConvertHdr = configuration.length === 0 || configuration.includes('--enable-libzimg');
  const limits = {
    threads: options.threads ?? DEFAULT_LIMITS.threads,
    memoryBytes: 'memoryBytes' in options ? options.memoryBytes : DEFAULT_LIMITS.memoryBytes,
  };
  const decodableCodecs = await ffmpeg.decodableCodecs;
  return { limits, isolation, ffmpeg: { ...ffmpeg.tool, canConvertHdr, decodableCodecs }, ffprobe: ffprobe.tool };
}

async function locate(program: Program, explicit: string | undefined, options: LocateOptions) {
  const candidates: Candidate[] = explicit
    ? [{ path: explicit, origin: 'option' }]
    : [...searchFolders(program, options.searchPath ?? process.env.PATH ?? ''), ...npmCandidate(program, options)];
  const failures: string[] = [];
  for (const candidate of candidates) {
    const found = await tryRun(program, candidate);
    if (typeof found !== 'string') return found;
    failures.push(`${candidate.path}: ${found}`);
  }
  throw missing(program, explicit, failures);
}

async function tryRun(
  program: Program,
  { path, origin }: Candidate,
): Promise<{ tool: Tool; report: VersionReport; decodableCodecs: DecodableCodecs } | string> {
  const output: string[] = [];
  // Asked at the same time: each takes 0.1 s, which a worker that starts waits for.
  const decodableCodecs = program === 'ffmpeg' ? listDecodableCodecs(path) : Promise.resolve(undefined);
  try {
    const { exitCode, stderrTail } = await runProcess({
      program: path,
      args: ['-version'],
      limits: { totalMs: 15_000 },
      onLine: (line) => output.push(line),
    });
    if (exitCode !== 0) return `it ended with ${exitCode}: ${lastLines(stderrTail, 1).join('')}`;
  } catch (error) {
    return error instanceof MediaError ? error.message : String(error);
  }
  const report = readVersion(output.join('\n'));
  if (report === undefined) return `it does not answer like ${program}`;
  return whyUnusable(report, program) ?? { tool: { path, version: report.version, origin }, report, decodableCodecs };
}

function searchFolders(program: Program, searchPath: string): Candidate[] {
  const file = process.platform === 'win32' ? `${program}.exe` : program;
  return searchPath
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, file))
    .filter(isReadableFile)
    .map((path) => ({ path, origin: 'path' as const }));
}

function npmCandidate(program: Program, { useNpmBinaries = true }: LocateOptions): Candidate[] {
  const path = useNpmBinaries ? findNpmBinary(program) : undefined;
  return path === undefined ? [] : [{ path, origin: 'npm' }];
}

function missing(program: Program, explicit: string | undefined, failures: readonly string[]): MediaError {
  const variable = program === 'ffmpeg' ? 'FFMPEG_PATH' : 'FFPROBE_PATH';
  if (explicit) {
    return new MediaError({
      code: 'ffmpeg_missing',
      message: `${variable} does not name a working ${program}: ${failures.join('; ')}.`,
      hint: `Correct ${variable}, or unset it to have ${program} looked up on the PATH and in the npm packages.`,
    });
  }
  const tried = failures.length > 0 ? ` Tried ${failures.join('; ')}.` : '';
  return new MediaError({
    code: 'ffmpeg_missing',
    message: `${program} was found neither on the PATH nor in the npm packages.${tried}`,
  });
}
