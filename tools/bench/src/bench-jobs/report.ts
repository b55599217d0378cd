/** What the benchmark of whole jobs says. Pure. */
import { median } from '../statistics.ts';
import type { JobRun } from './contenders.ts';
import type { JobCase } from './job-cases.ts';

/** What a worker may have beyond an idle one, its children aside, in MB. */
const MOST_ABOVE_IDLE_MB = 100;

export interface MeasuredJob {
  readonly job: JobCase;
  /** Of the same rounds. */
  readonly worker: readonly JobRun[];
  readonly script: readonly JobRun[];
}

export interface JobsReport {
  readonly rounds: number;
  /** Of the way to Storage; `undefined` for that of this machine. */
  readonly roundTripMs: number | undefined;
  readonly idleMb: number | undefined;
  readonly rows: readonly JobRow[];
  readonly ok: boolean;
}

export interface JobRow {
  readonly job: string;
  readonly about: string;
  readonly seconds: { readonly worker: number; readonly script: number };
  /** The worker's time by the script's, of the same round; the median of the rounds. */
  readonly ratio: number;
  readonly most: number;
  readonly cpuSeconds: { readonly worker: number; readonly script: number };
  /** The highest of all rounds. */
  readonly peakMb: { readonly worker: number; readonly workersFfmpeg: number; readonly scriptsFfmpeg: number };
  readonly ok: boolean;
}

export function summarizeJobs(
  measured: readonly MeasuredJob[],
  setup: Pick<JobsReport, 'rounds' | 'roundTripMs' | 'idleMb'>,
): JobsReport {
  const rows = measured.map(({ job, worker, script }): JobRow => {
    const ratio = round(median(worker.map(({ seconds }, at) => seconds / (script[at]?.seconds ?? Number.NaN))), 3);
    const peakOf = (runs: readonly JobRun[], program: string) =>
      Math.max(0, ...runs.map(({ peakMb }) => peakMb.get(program) ?? 0));
    const peak = peakOf(worker, 'node');
    return {
      job: job.name,
      about: job.about,
      seconds: both(worker, script, ({ seconds }) => seconds),
      ratio,
      most: job.most,
      cpuSeconds: both(worker, script, ({ cpuSeconds }) => cpuSeconds),
      peakMb: {
        worker: round(peak, 0),
        workersFfmpeg: round(peakOf(worker, 'ffmpeg'), 0),
        scriptsFfmpeg: round(peakOf(script, 'ffmpeg'), 0),
      },
      ok: ratio <= job.most && peak - (setup.idleMb ?? 0) <= MOST_ABOVE_IDLE_MB,
    };
  });
  return { ...setup, rows, ok: rows.length > 0 && rows.every(({ ok }) => ok) };
}

/** The same for people, at most 80 columns wide. */
export function renderJobs({ rounds, roundTripMs, idleMb, rows, ok }: JobsReport): string[] {
  const way = roundTripMs === undefined ? 'a Storage of this machine' : `Storage ${roundTripMs} ms away`;
  const lines = [
    `Whole jobs with ${way}, medians of ${rounds} alternating rounds. The script:`,
    'curl, the same ffmpeg commands, curl with four at a time; it proves nothing.',
    '',
    `${'job'.padEnd(33)}${'worker s'.padStart(9)}${'script s'.padStart(9)}${'ratio'.padStart(7)}${'CPU'.padStart(7)}${'MB'.padStart(6)}${'ffmpeg'.padStart(8)}`,
  ];
  for (const { about, seconds, ratio, cpuSeconds, peakMb } of rows)
    lines.push(
      about.padEnd(33) +
        seconds.worker.toFixed(1).padStart(9) +
        seconds.script.toFixed(1).padStart(9) +
        ratio.toFixed(2).padStart(7) +
        (cpuSeconds.worker / cpuSeconds.script).toFixed(2).padStart(7) +
        peakMb.worker.toFixed(0).padStart(6) +
        peakMb.workersFfmpeg.toFixed(0).padStart(8),
    );
  const limits = rows.map(({ job, most }) => `${job} ${most.toFixed(2)}`).join(', ');
  return [...lines, '', `idle worker: ${idleMb?.toFixed(0) ?? '-'} MB. limits: ${limits}: ${ok ? 'kept' : 'NOT KEPT'}`];
}

const both = (worker: readonly JobRun[], script: readonly JobRun[], of: (run: JobRun) => number) => ({
  worker: round(median(worker.map(of)), 2),
  script: round(median(script.map(of)), 2),
});

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
