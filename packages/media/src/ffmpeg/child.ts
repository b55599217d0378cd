/** What is done to a running child process: stopped with its whole group, read, waited for, given a lower priority. */
import type { ChildProcessByStdio } from 'node:child_process';
import { constants as osConstants, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { startFailure } from './process-failures.ts';
import { forgetGroup, rememberGroup, signalGroup } from './process-groups.ts';
import { CHILD_NICENESS } from './sandbox.ts';

/**
 * SIGTERM is repeated: ffmpeg 5.1 ends on the first one within 0.3 s, but 7.0 first encodes what it has read ahead, 8 to
 * 13 s in measurements. On the fourth both end at once ("Received > 3 system signals, hard exiting", ffmpeg.c). Nothing
 * is lost: the output of a stopped run is thrown away.
 */
const REPEAT_TERM_MS = 200;

export type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Ends the group for the first reason given: SIGTERM, repeated, then SIGKILL. */
export function createStopper(child: Child, graceMs: number) {
  let reason: unknown;
  let repeat: NodeJS.Timeout | undefined;
  let kill: NodeJS.Timeout | undefined;
  const { pid } = child;
  if (pid !== undefined) rememberGroup(pid);
  return {
    because(why: unknown) {
      if (reason !== undefined || pid === undefined) return;
      reason = why;
      signalGroup(pid, 'SIGTERM');
      repeat = setInterval(() => signalGroup(pid, 'SIGTERM'), REPEAT_TERM_MS);
      kill = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    },
    reason: () => reason,
    end() {
      clearInterval(repeat);
      clearTimeout(kill);
      if (pid !== undefined) forgetGroup(pid);
    },
  };
}

/** Waits for 'close', not 'exit': only then has all that it wrote been read. */
export function ended(child: Child, program: string): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(startFailure(program, cause)));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** An exception in a listener would end our whole process; it ends the child instead and is thrown to the caller. */
export function readText(
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
export function lowerPriority(child: Child): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, Math.min(CHILD_NICENESS, osConstants.priority.PRIORITY_LOW));
  } catch {
    // The work is the same at a higher priority.
  }
}
