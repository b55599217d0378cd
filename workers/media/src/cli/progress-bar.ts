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

/** Creates a bar with a title; `isShown` false makes one that does nothing. */
export async function createProgressBar(options: {
  readonly title: string;
  readonly isShown: boolean;
}): Promise<ProgressBar> {
  if (!options.isShown) return { update: () => {}, stop: () => {} };
  const { Presets, SingleBar } = await import('cli-progress');
  const created = performance.now();
  const bar = new SingleBar(
    {
      format: `${options.title} [{bar}] {percentage}% {detail}`,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      stopOnComplete: false,
      linewrap: false,
      stream: process.stderr,
      fps: 5,
    },
    Presets.legacy,
  );
  let isStarted = false;
  return {
    update: (done, detail = '', etaSeconds) => {
      if (performance.now() - created < QUIET_MS) return;
      const eta = etaSeconds === undefined ? '' : `, ${formatSeconds(etaSeconds)} left`;
      const payload = { detail: `${detail}${eta}`.slice(0, 32) };
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
