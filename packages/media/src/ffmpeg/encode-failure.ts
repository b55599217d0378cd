/** Whose fault it is that ffmpeg ended with an error: the file's, the machine's, or ours. Pure. */
import { MediaError } from '@supabase-media/core/errors';
import { lastLines } from './stderr-lines.ts';

export interface FailedRun {
  readonly exitCode: number;
  readonly stderrTail: string;
  /** Frames that were written before the end. */
  readonly frames: number;
}

export type EncodeFailure =
  | { readonly kind: 'file'; readonly detail: string }
  | { readonly kind: 'machine'; readonly error: MediaError };

/** Words by which ffmpeg refuses a command line, a filter or an encoder: the file has no part in it. */
const OUR_FAULT =
  /Unrecognized option|Option .* not found|No such filter|Unknown (en|de)coder|Error parsing|Error (re)?initializing filters|Error opening output|Error while opening encoder/;

/** What ffmpeg, its libraries and the loader say when they get no memory. */
const NO_MEMORY = /Cannot allocate memory|malloc of size \d+ failed|failed to map segment from shared object/;

/** A run that ended with 0 may have left out what there was no memory for: that is not the file's fault either. */
export function ranOutOfMemory({ exitCode, stderrTail }: Pick<FailedRun, 'exitCode' | 'stderrTail'>): boolean {
  // 244 is ENOMEM as the low byte of a negative errno, which ffmpeg 7 ends with.
  return NO_MEMORY.test(stderrTail) || exitCode === 244;
}

/** A run that wrote no frame failed on the file, unless ffmpeg says otherwise; one that wrote some should not have. */
export function classifyEncodeFailure({ exitCode, stderrTail, frames }: FailedRun): EncodeFailure {
  const stderr = lastLines(stderrTail);
  const details = { exitCode, stderr };
  const lastLine = stderr.at(-1) ?? 'it did not say why';
  if (ranOutOfMemory({ exitCode, stderrTail })) {
    return {
      kind: 'machine',
      error: new MediaError({ code: 'ffmpeg_memory', message: `ffmpeg ran out of memory: ${lastLine}`, details }),
    };
  }
  if (frames === 0 && !OUR_FAULT.test(stderrTail)) return { kind: 'file', detail: stderr.join(' | ') };
  return {
    kind: 'machine',
    error: new MediaError({ code: 'ffmpeg_failed', message: `ffmpeg ended with ${exitCode}: ${lastLine}`, details }),
  };
}
