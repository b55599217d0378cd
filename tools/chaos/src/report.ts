/** What a chaos run says, at most 80 columns wide. Pure. */
import type { PlayedRun } from './run-scenario.ts';
import { KINDS, STEPS } from './schedule.ts';

export interface ChaosReport {
  readonly seed: number;
  readonly videos: number;
  readonly workers: number;
  readonly runs: readonly PlayedRun[];
}

const TITLES = {
  kill: 'kill -9',
  terminate: 'SIGTERM',
  freeze: 'frozen beyond the claim',
  queue: 'queue restarted',
  supabase: 'Storage and API away',
  disk: 'disk full',
} as const;

type Cell = (run: PlayedRun) => string | number;

const ROWS: readonly (readonly [string, Cell])[] = [
  ['work directories', (run) => (run.hasSharedWorkDir ? 'shared' : 'own')],
  ...KINDS.map((kind) => [TITLES[kind], (run: PlayedRun) => run.record.happened[kind]] as const),
  ...[...STEPS, 'idle' as const].map(
    (step) => [`  killed in ${step}`, (run: PlayedRun) => run.record.killedIn[step]] as const,
  ),
  ['starts', (run) => run.findings.starts],
  ['attempts spent', (run) => run.findings.attemptsSpent],
  ['videos ready', (run) => run.findings.videosReady],
  ['  of them more than once', (run) => run.findings.videosReadyAgain],
  ['jobs completed', (run) => run.findings.jobs.completed ?? 0],
  ['jobs failed', (run) => run.findings.jobs.failed ?? 0],
  ['objects', (run) => run.findings.objects],
  ['  as undisturbed', (run) => run.findings.objectsEqual],
  ['directories at the stop', (run) => run.findings.leftAtFirst],
  ['directories left', (run) => run.findings.leftDirectories],
  ['uploads left', (run) => run.findings.leftUploads],
  ['processes that outlived', (run) => run.record.outlived.length],
  ['processes left', (run) => run.findings.leftProcesses],
  ['seconds', (run) => run.seconds.toFixed(0)],
];

/** For programs: all but the digests, which are compared already. */
export const toJson = (report: ChaosReport): string =>
  JSON.stringify({ ...report, ok: isKept(report) }, (key, value) =>
    ['made', 'orphans', 'outlived', 'struckAt', 'outages', 'lasting'].includes(key) ? undefined : value,
  );

/** Whether everything ended as it should. */
export const isKept = ({ runs }: ChaosReport): boolean => runs.every(({ findings }) => findings.problems.length === 0);

const WIDTH = 80;

/** Broken at spaces; a path stays whole, so that it can be copied. */
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
    isKept(report) ? 'kept' : `NOT KEPT; again with: npm run test:chaos -- --seed ${seed}`,
  ];
}
