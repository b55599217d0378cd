/** One worker as an operator runs it: a process that is restarted whenever it ends. Its log shows what it does. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { listDescendants, type ProcessMark } from './process-tree.ts';

export const WORKER_CLI = fileURLToPath(new URL('../../../workers/media/dist/cli.js', import.meta.url));

export interface WorkerOptions {
  readonly cli: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Its whole output, across restarts. */
  readonly logFile: string;
}

/** One line of a worker's log. */
export interface LogLine {
  readonly level?: string;
  readonly event?: string;
  readonly videoId?: string;
  readonly step?: string;
  readonly code?: string;
  readonly msg?: string;
}

/** An unexpected exit of a worker. */
export interface Violation {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lastLines: readonly string[];
}

export interface WorkerProcess {
  /** The step of its job, of two side by side the earlier; `recorded` after the last one; undefined without a job. */
  readonly step: () => string | undefined;
  readonly isBusy: () => boolean;
  /** The current or last video. */
  readonly video: () => string | undefined;
  /** Its current descendants. */
  readonly descendants: () => Promise<readonly ProcessMark[]>;
  /** Changes the environment from the next start on. */
  readonly setVariables: (changes: Readonly<Record<string, string>>) => void;
  /** Sends a signal to the current process. */
  readonly signal: (name: NodeJS.Signals) => void;
  /** Resolves when the current process ends. */
  readonly ended: () => Promise<void>;
  /** Stops the worker without a restart; resolves when it has ended. */
  readonly retire: () => Promise<void>;
  /** Starts it again after {@link retire}. */
  readonly revive: () => void;
  readonly violations: readonly Violation[];
  /** Counts matching log lines, across restarts. */
  readonly countEvents: (matches: (line: LogLine) => boolean) => number;
}

/** The pause before a restart, similar to the defaults of systemd and Docker. */
const RESTART_PAUSE_MS = 300;

/** Events after which a job is no longer running on its worker. */
const ENDINGS = /^video\.(failed|waiting|rejected|canceled)$/;

export function startWorkerProcess(options: WorkerOptions): WorkerProcess {
  const log = createWriteStream(options.logFile, { flags: 'a' });
  let lastStep: string | undefined;
  const running = new Set<string>();
  const findStep = () => [...running][0] ?? lastStep;
  let video: string | undefined;
  const events: LogLine[] = [];
  const violations: Violation[] = [];
  let child: ChildProcessByStdio<null, null, Readable>;
  let variables: Readonly<Record<string, string>> = {};
  let isAsked = false;
  let isRetired = false;

  const read = (text: string) => {
    log.write(`${text}\n`);
    if (!text.startsWith('{')) return;
    const line = JSON.parse(text) as LogLine;
    if (line.event === undefined) return;
    events.push(line);
    // Each worker has one job at a time.
    if (line.event === 'video.started') video = line.videoId;
    if (line.event === 'video.started' || ENDINGS.test(line.event)) forgetSteps();
    if (line.step === undefined) return;
    if (line.event === 'step.started') running.add(line.step);
    if (line.event === 'step.done') running.delete(line.step);
    lastStep = line.event === 'step.done' && line.step === 'record' ? 'recorded' : line.step;
  };
  const forgetSteps = () => {
    running.clear();
    lastStep = undefined;
  };
  const live = async (): Promise<void> => {
    for (;;) {
      isAsked = false;
      const last: string[] = [];
      child = spawn(process.execPath, ['--', options.cli, 'worker'], {
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.environment, ...variables },
        stdio: ['ignore', 'ignore', 'pipe'],
        cwd: '/',
      });
      createInterface({ input: child.stderr }).on('line', (text) => {
        last.push(text);
        if (last.length > 5) last.shift();
        read(text);
      });
      const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      forgetSteps();
      if (!isAsked || (signal === null && exitCode !== 0))
        violations.push({ at: Date.now(), exitCode, signal, lastLines: last });
      if (isRetired) break;
      await sleep(RESTART_PAUSE_MS);
      if (isRetired) break;
    }
  };
  let over = live();

  return {
    step: findStep,
    video: () => video,
    isBusy: () => findStep() !== undefined && findStep() !== 'recorded',
    descendants: () => (child.pid === undefined ? Promise.resolve([]) : listDescendants(child.pid)),
    setVariables: (changes) => {
      variables = changes;
    },
    signal: (name) => {
      if (name === 'SIGKILL' || name === 'SIGTERM') isAsked = true;
      child.kill(name);
    },
    ended: async () => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    },
    retire: async () => {
      isRetired = true;
      isAsked = true;
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await over;
    },
    revive: () => {
      if (!isRetired) return;
      isRetired = false;
      over = live();
    },
    violations,
    countEvents: (matches) => events.filter(matches).length,
  };
}
