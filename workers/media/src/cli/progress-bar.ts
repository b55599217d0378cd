/** A bar on a terminal for anything longer than a second; nothing at all elsewhere. */
import { formatSeconds } from '@supabase-media/core/format';

/** A bar that may be told anything at any time. */
export interface ProgressBar {
  /**
   * @param done from 0 to 1.
   * @param detail as in "12 MB/s"; shown behind the bar.
   */
  readonly update: (done: number, detail?: string, etaSeconds?: number) => void;
  readonly stop: () => void;
}

/** Before this a bar would only flash, in milliseconds. */
const QUIET_MS = 1000;

const BAR_COLUMNS = 24;

/** Below this the bar says less than the words that it would push from the line. */
const LEAST_BAR_COLUMNS = 8;

/** The most that {@link ProgressBar.update} is told to show, with the time that is left. */
const DETAIL_COLUMNS = 32;

/** Where nothing tells the width. */
const DEFAULT_COLUMNS = 80;

/** One line, always shorter than the terminal is wide: the words come first, the bar has what they leave. */
export function formatBar(options: {
  readonly title: string;
  readonly percent: number;
  readonly detail: string;
  readonly columns: number;
}): string {
  const { title, percent, detail, columns } = options;
  const share = ` ${percent}%`;
  // The last column stays free: some terminals go to the next line once it is written.
  const left = columns - 1 - title.length - ' [] 100% '.length;
  const width = Math.min(BAR_COLUMNS, left - DETAIL_COLUMNS);
  const done = Math.floor((width * percent) / 100);
  const bar = width < LEAST_BAR_COLUMNS ? '' : ` [${'='.repeat(done)}${'-'.repeat(width - done)}]`;
  return `${title}${bar}${bar === '' ? share : share.padStart(5)} ${detail.slice(0, DETAIL_COLUMNS)}`
    .slice(0, columns - 1)
    .trimEnd();
}

/** Creates a bar with a title; `isShown` false makes one that does nothing. */
export async function createProgressBar(options: {
  readonly title: string;
  readonly isShown: boolean;
}): Promise<ProgressBar> {
  if (!options.isShown) return { update: () => {}, stop: () => {} };
  const { SingleBar } = await import('cli-progress');
  const created = performance.now();
  const bar = new SingleBar({
    format: (_options, { value }, { detail }: { detail: string }) =>
      formatBar({ title: options.title, percent: value, detail, columns: process.stderr.columns ?? DEFAULT_COLUMNS }),
    // A line of the log may have taken its place.
    forceRedraw: true,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    linewrap: false,
    stream: process.stderr,
    fps: 5,
  });
  let isStarted = false;
  return {
    update: (done, detail = '', etaSeconds) => {
      if (performance.now() - created < QUIET_MS) return;
      const eta = etaSeconds === undefined ? '' : `, ${formatSeconds(etaSeconds)} left`;
      const payload = { detail: `${detail}${eta}` };
      const percent = Math.floor(Math.min(1, Math.max(0, done)) * 100);
      if (isStarted) bar.update(percent, payload);
      else bar.start(100, percent, payload);
      isStarted = true;
    },
    stop: () => {
      if (isStarted) bar.stop();
    },
  };
}
