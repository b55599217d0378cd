/**
 * The only file that starts processes. It watches one, stops it, and says how it ended; what the program does is not
 * its business.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants as osConstants, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { MediaError } from '@supabase-media/core/errors';
import { createLineSplitter } from './line-splitter.ts';
import { withParentDeath } from './parent-death.ts';
import { endedBySignal, findSystemFailure, startFailure } from './process-failures.ts';
import { forgetGroup, rememberGroup, signalGroup } from './process-groups.ts';
import { withResourceLimits } from './resource-limits.ts';
import { CHILD_NICENESS, type ChildResources, childEnvironment } from './sandbox.ts';
import { createTextTail } from './text-tail.ts';
import type { CommandLine } from './utilities.ts';
import { createWatchdog, type ProcessLimits } from './watchdog.ts';

/** Enough for the lines that say why, and little enough for a log. */
const STDERR_TAIL_CHARACTERS = 8192;
/**
 * SIGTERM is repeated: ffmpeg 5.1 ends on the first one within 0.3 s, but 7.0 first encodes what it has read ahead, 8 to
 * 13 s in measurements. On the fourth both end at once ("Received > 3 system signals, hard exiting", ffmpeg.c). Nothing
 * is lost: the output of a stopped run is thrown away.
 */
const INSIST_EVERY_MS = 200;
/** For a program that does not listen to SIGTERM at all. */
const DEFAULT_KILL_GRACE_MS = 10_000;

export interface RunProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Aborting ends the whole process group: SIGTERM, then SIGKILL. */
  readonly signal?: AbortSignal | undefined;
  readonly limits?: ProcessLimits | undefined;
  /** What the system should keep the program from taking, where it can. */
  readonly resources?: ChildResources | undefined;
  readonly cwd?: string | undefined;
  /** Called for each line of stdout as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** What is beyond is cut off a line; 8192 by default. */
  readonly maxLineCharacters?: number | undefined;
  /** Tells whether a line shows that work goes on; by default every line does. */
  readonly showsProgress?: ((line: string) => boolean) | undefined;
}

export interface ProcessResult {
  /** 0 to 255. What it means is for the caller to say: ffmpeg ends with 0 on half a file too. */
  readonly exitCode: number;
  readonly stderrTail: string;
  readonly seconds: number;
}

/**
 * Runs a program in a process group of its own, with low priority and a clean environment, and waits for its end.
 *
 * @throws MediaError aborted | ffmpeg_stalled | ffmpeg_timeout when we ended it, ffmpeg_missing when it could not be
 * started, ffmpeg_killed | ffmpeg_failed when a signal ended it, disk_full by its own words
 */
export async function runProcess(options: RunProcessOptions): Promise<ProcessResult> {
  const { program, args, signal, limits = {} } = options;
  if (signal?.aborted) throw abortedError(program, signal);

  const startedAt = performance.now();
  const limited = limitCommand({ program, args }, options.resources);
  const child = spawn(limited.program, [...limited.args], {
    cwd: options.cwd,
    detached: true,
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const stop = createStopper(child, limits.killGraceMs ?? DEFAULT_KILL_GRACE_MS);
  const watchdog = createWatchdog({ program, limits, onExpired: stop.because });
  const onAbort = () => stop.because(abortedError(program, signal));
  signal?.addEventListener('abort', onAbort, { once: true });
  const tail = createTextTail(STDERR_TAIL_CHARACTERS);
  try {
    lowerPriority(child);
    const feed = createLineSplitter((line) => {
      if (options.showsProgress?.(line) ?? true) watchdog.progress();
      options.onLine?.(line);
    }, options.maxLineCharacters);
    readText(child.stdout, feed, stop.because);
    child.stderr.setEncoding('utf8').on('data', tail.add);
    const end = await ended(child, program);
    if (stop.reason() !== undefined) throw stop.reason();
    const failure =
      end.signal === null
        ? findSystemFailure({ program, stderrTail: tail.text(), exitCode: end.code ?? 1 })
        : endedBySignal(program, end.signal, tail.text());
    if (failure !== undefined) throw failure;
    return { exitCode: end.code ?? 1, stderrTail: tail.text(), seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    signal?.removeEventListener('abort', onAbort);
    watchdog.end();
    stop.end();
  }
}

/** A look at a version ends by itself; everything else is limited, and dies with us. */
const limitCommand = (command: CommandLine, resources: ChildResources | undefined): CommandLine =>
  resources === undefined ? command : withParentDeath(withResourceLimits(command, resources));

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Ends the group for the first reason given: politely, then insisting, then for good. */
function createStopper(child: Child, graceMs: number) {
  let reason: unknown;
  let insist: NodeJS.Timeout | undefined;
  let kill: NodeJS.Timeout | undefined;
  const { pid } = child;
  if (pid !== undefined) rememberGroup(pid);
  return {
    because(why: unknown) {
      if (reason !== undefined || pid === undefined) return;
      reason = why;
      signalGroup(pid, 'SIGTERM');
      insist = setInterval(() => signalGroup(pid, 'SIGTERM'), INSIST_EVERY_MS);
      kill = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    },
    reason: () => reason,
    end() {
      clearInterval(insist);
      clearTimeout(kill);
      if (pid !== undefined) forgetGroup(pid);
    },
  };
}

/** Waits for 'close', not 'exit': only then has all that it wrote been read. */
function ended(child: Child, program: string): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(startFailure(program, cause)));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** An exception in a listener would end our whole process; it ends the child instead and is thrown to the caller. */
function readText(
  stream: Readable,
  feed: (chunk: string | undefined) => void,
  onError: (error: unknown) => void,
): void {
  const guarded = (chunk: string | undefined) => {
    try {
      feed(chunk);
    } catch (error) {
      onError(error);
    }
  };
  stream
    .setEncoding('utf8')
    .on('data', guarded)
    .on('end', () => guarded(undefined));
}

/** A process that has ended already, or a system that does not let us, is no reason to fail. */
function lowerPriority(child: Child): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, Math.min(CHILD_NICENESS, osConstants.priority.PRIORITY_LOW));
  } catch {
    // The work is the same at a higher priority.
  }
}

function abortedError(program: string, signal: AbortSignal | undefined): MediaError {
  if (signal?.reason instanceof MediaError) return signal.reason;
  return new MediaError({ code: 'aborted', message: `${program} was told to stop.`, cause: signal?.reason });
}
