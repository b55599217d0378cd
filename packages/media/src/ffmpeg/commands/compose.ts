/**
 * Composes the command lines of ffmpeg. fluent-ffmpeg orders the arguments and nothing else: its process handling has no
 * reliable progress, no reliable kill and does not know ffmpeg 7. The safety flags are added here, so that no command
 * can be built without them.
 */
import { createRequire } from 'node:module';
import type ffmpeg from 'fluent-ffmpeg';
import { fileUrl, type InputGuardOptions, inputGuards } from '../sandbox.ts';

export interface CommandParts {
  readonly inputPath: string;
  readonly guards: InputGuardOptions;
  /** Decoder threads; also encoder threads where `outputOptions` say so. */
  readonly threads: number;
  /** In front of the input, e.g. a seek. */
  readonly inputOptions?: readonly string[] | undefined;
  /** In front of the same file as a second input, a third, and so on. */
  readonly moreInputs?: readonly (readonly string[])[] | undefined;
  /** Another file, behind all those. */
  readonly otherInputPath?: string | undefined;
  readonly videoFilter?: string | undefined;
  readonly audioFilter?: string | undefined;
  /** A graph whose outputs are mapped by name. */
  readonly complexFilter?: string | undefined;
  readonly outputOptions: readonly string[];
  /** A file to write, a name relative to the folder that ffmpeg runs in, or `null` to decode without writing. */
  readonly outputPath: string | { readonly relative: string } | null;
}

/** Loaded with the first command to compose: most commands of the command line run no ffmpeg. */
const loadFluent = (): typeof ffmpeg => createRequire(import.meta.url)('fluent-ffmpeg');

/** Seconds between two reports of progress. */
const STATS_PERIOD = '0.5';

/** Nothing is asked of the terminal, what an earlier try left is overwritten, only errors are told, progress goes to stdout. */
const RUN_OPTIONS = [
  '-hide_banner',
  '-nostdin',
  '-y',
  '-v',
  'error',
  '-progress',
  'pipe:1',
  '-stats_period',
  STATS_PERIOD,
];

/** The whole argument list, ready to run. */
export function composeArguments(parts: CommandParts): string[] {
  const command = loadFluent()();
  for (const [index, options] of [parts.inputOptions ?? [], ...(parts.moreInputs ?? [])].entries()) {
    const before = [...inputGuards(parts.guards), '-threads', String(parts.threads), ...options];
    // One by one: a list would be split at spaces.
    command.input(fileUrl(parts.inputPath)).inputOptions(...(index === 0 ? RUN_OPTIONS : []), ...before);
  }
  if (parts.otherInputPath !== undefined)
    command.input(fileUrl(parts.otherInputPath)).inputOptions(...inputGuards(parts.guards));
  command.output(outputName(parts.outputPath)).outputOptions(...parts.outputOptions);
  if (parts.videoFilter !== undefined) command.videoFilters(parts.videoFilter);
  if (parts.audioFilter !== undefined) command.audioFilters(parts.audioFilter);
  if (parts.complexFilter !== undefined) command.complexFilter(parts.complexFilter);
  return argumentsOf(command);
}

function outputName(path: CommandParts['outputPath']): string {
  if (path === null) return '-';
  return typeof path === 'string' ? fileUrl(path) : `./${path.relative}`;
}

/** The list that fluent-ffmpeg would run; the method is there since 1.0 but not in its types. */
function argumentsOf(command: ffmpeg.FfmpegCommand): string[] {
  return (command as unknown as { _getArguments(): string[] })._getArguments();
}
