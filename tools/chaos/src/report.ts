/** The report of a chaos run, at most 80 columns wide. Pure. */
import type { ScenarioResult } from './run-scenario.ts';
import { KINDS, STEPS } from './schedule.ts';

export interface ChaosReport {
  readonly seed: number;
  readonly videos: number;
  readonly workers: number;
  readonly runs: readonly ScenarioResult[];
}

const TITLES = {
  kill: 'kill -9',
  terminate: 'SIGTERM',
  freeze: 'frozen beyond the lock',
  queue: 'queue restarted',
  supabase: 'Storage and API down',
  disk: 'disk full',
} as const;

type Cell = (run: ScenarioResult) => string | number;

const ROWS: readonly (readonly [string, Cell])[] = [
  ['work directories', (run) => (run.hasSharedWorkDir ? 'shared' : 'own')],
  ...KINDS.map((kind) => [TITLES[kind], (run: ScenarioResult) => run.record.happened[kind]] as const),
  ...[...STEPS, 'idle' as const].map(
    (step) => [`  killed in ${step}`, (run: ScenarioResult) => run.record.killedIn[step]] as const,
  ),
  ['job starts', (run) => run.findings.starts],
  ['attempts spent', (run) => run.findings.attemptsSpent],
  ['videos ready', (run) => run.findings.videosReady],
  ['  of them more than once', (run) => run.findings.videosReadyAgain],
  ['jobs completed', (run) => run.findings.jobs.completed ?? 0],
  ['jobs failed', (run) => run.findings.jobs.failed ?? 0],
  ['objects', (run) => run.findings.objects],
  ['  as undisturbed', (run) => run.findings.objectsEqual],
  ['directories at stop', (run) => run.findings.leftAtStop],
  ['directories left', (run) => run.findings.leftDirectories],
  ['uploads left', (run) => run.findings.leftUploads],
  ['orphans that survived', (run) => run.record.survivors.length],
  ['processes left', (run) => run.findings.leftProcesses],
  ['seconds', (run) => run.seconds.toFixed(0)],
];

/** The JSON output, without internal data. */
export const toJson = (report: ChaosReport): string =>
  JSON.stringify({ ...report, ok: hasPassed(report) }, (key, value) =>
    ['produced', 'orphans', 'survivors', 'hitsByPhase', 'outages', 'lasting'].includes(key) ? undefined : value,
  );

/** Whether no run has a violation. */
export const hasPassed = ({ runs }: ChaosReport): boolean =>
  runs.every(({ findings }) => findings.problems.length === 0);

const WIDTH = 80;

/** Breaks a text at spaces; a path stays whole, so that it can be copied. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && `${line} ${word}`.length > WIDTH) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

export function renderReport(report: ChaosReport): string[] {
  const { runs, seed, videos, workers } = report;
  const line = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(28) + cells.map((cell) => String(cell).padStart(16)).join('');
  const heads = runs.map((run, index) => (index === 0 ? 'undisturbed' : run.backend));
  return [
    `Chaos with seed ${seed}: ${videos} videos, ${workers} workers.`,
    '',
    line('', heads),
    ...ROWS.map(([name, cell]) => line(name, runs.map(cell))),
    ...runs.flatMap((run, index) => run.findings.problems.flatMap((problem) => wrap(`${heads[index]}: ${problem}`))),
    hasPassed(report) ? 'passed' : `FAILED; repeat with: npm run test:chaos -- --seed ${seed}`,
  ];
}
