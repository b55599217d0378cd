/** Tells the failures of the machine (no program, no space, a kill) from those of the file. Pure. */
import { MediaError } from '@supabase-media/core/errors';
import { lastLines } from './stderr-lines.ts';

/** The program could not be started. */
export function startFailure(program: string, cause: NodeJS.ErrnoException | Error): MediaError {
  const code = 'code' in cause ? cause.code : undefined;
  const why = code === 'ENOENT' ? 'it does not exist' : code === 'EACCES' ? 'it may not be executed' : cause.message;
  return new MediaError({ code: 'ffmpeg_missing', message: `${program} could not be started: ${why}.`, cause });
}

/** A signal that was not ours ended the program. SIGKILL is how the kernel's memory killer ends one. */
export function endedBySignal(program: string, signal: NodeJS.Signals, stderrTail: string): MediaError {
  const details = { signal, stderr: lastLines(stderrTail) };
  if (signal === 'SIGXCPU') {
    const message = `${program} used up the processor time that it was given.`;
    return new MediaError({ code: 'ffmpeg_timeout', message, details });
  }
  if (signal === 'SIGXFSZ') return wroteTooMuch(program, details);
  if (signal === 'SIGKILL' || signal === 'SIGTERM') {
    return new MediaError({ code: 'ffmpeg_killed', message: `${program} was ended by ${signal}, not by us.`, details });
  }
  return new MediaError({ code: 'ffmpeg_failed', message: `${program} crashed with ${signal}.`, details });
}

/** The system's limit for one file; whoever set it knows more to say. */
function wroteTooMuch(program: string, details: Readonly<Record<string, unknown>>): MediaError {
  const message = `${program} wrote a larger file than it may.`;
  return new MediaError({ code: 'output_too_large', message, details });
}

export interface EndOfProcess {
  readonly program: string;
  readonly stderrTail: string;
  readonly exitCode: number;
}

/**
 * Failures of the machine that ffmpeg reports in words, or, from version 7 on, as the low byte of a negative errno:
 * 228 is ENOSPC. 255 is its answer to SIGTERM and SIGINT (ffmpeg.c, received_nb_signals).
 */
export function findSystemFailure({ program, stderrTail, exitCode }: EndOfProcess): MediaError | undefined {
  if (exitCode === 0) return undefined;
  const details = { exitCode, stderr: lastLines(stderrTail) };
  // Before "No space left on device", which is also what the kernel says of too many namespaces (unshare(2), ENOSPC).
  const refused = /^(?:unshare|setpriv|prlimit): (?!failed to execute).+$/m.exec(stderrTail);
  if (refused !== null) {
    const message = `${program} could not be started confined: ${refused[0]}`;
    return new MediaError({ code: 'ffmpeg_failed', message, details });
  }
  if (/No space left on device|Disk quota exceeded/.test(stderrTail) || exitCode === 228) {
    return new MediaError({
      code: 'disk_full',
      message: `${program} could not write: no space left on the disk.`,
      details,
    });
  }
  // 229 is EFBIG, where the signal that comes with it is ignored.
  if (/File too large/.test(stderrTail) || exitCode === 229) return wroteTooMuch(program, details);
  // They have become the program by the time that it runs; what they say, they say of the start.
  if (/^(prlimit|setpriv|unshare): failed to execute/m.test(stderrTail)) {
    return new MediaError({ code: 'ffmpeg_missing', message: `${program} could not be started.`, details });
  }
  if (exitCode === 255) {
    return new MediaError({ code: 'ffmpeg_killed', message: `${program} was told to stop, not by us.`, details });
  }
  return undefined;
}
