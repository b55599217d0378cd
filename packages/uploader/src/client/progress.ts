/** What a progress bar shows: never backwards, never ahead of the truth, at most four times a second. */
import { etaOf, measureSpeed, type SpeedEstimate, speedOf, startSpeed } from './speed-estimator.ts';

/** The state of one upload. */
export interface UploadProgress {
  /** From 0 to 100; 100 only when the server has confirmed the last byte. */
  readonly percentage: number;
  /** Sent so far, including the request in progress. Never less than in an earlier report. */
  readonly bytesUploaded: number;
  /** What the server has confirmed; after a lost connection the upload continues from here. */
  readonly bytesConfirmed: number;
  readonly bytesTotal: number;
  /** undefined: not known yet. */
  readonly speedBytesPerSecond: number | undefined;
  readonly etaSeconds: number | undefined;
  /** Requests that were confirmed, and how many there will be at the present size of a request. */
  readonly chunksCompleted: number;
  readonly chunksTotal: number;
}

/** Shortest time between two reports, in milliseconds. */
const REPORT_EVERY_MS = 250;

/** Gathers what happens to one upload's bytes. */
export interface ProgressMeter {
  /** Bytes up to this position are sent, or being sent. */
  readonly sent: (position: number) => void;
  /** The server has everything up to this position. `chunk`: a PATCH ended with it. */
  readonly confirmed: (position: number, options?: { readonly chunk?: boolean }) => void;
  /** The size of the requests to come, in bytes. */
  readonly planned: (chunkBytes: number) => void;
  /** A (new) connection begins at a confirmed position: what lies before it is no speed. */
  readonly begun: (position: number) => void;
  /** Time passes: where nothing moves, the speed falls. */
  readonly tick: () => void;
  readonly current: () => UploadProgress;
}

export interface ProgressMeterOptions {
  /** In bytes. */
  readonly total: number;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Milliseconds of a clock that does not jump. */
  readonly now: () => number;
}

export function createProgressMeter(options: ProgressMeterOptions): ProgressMeter {
  const { total, now } = options;
  let shown = 0;
  let position = 0;
  let confirmedBytes = 0;
  let chunksCompleted = 0;
  let chunkBytes = total;
  let speed: SpeedEstimate = startSpeed(0, now());
  let reportedAt = Number.NEGATIVE_INFINITY;

  const current = (): UploadProgress => {
    const isWhole = confirmedBytes >= total;
    return {
      percentage: isWhole ? 100 : Math.min(99.9, Math.floor((shown / total) * 1000) / 10),
      bytesUploaded: shown,
      bytesConfirmed: confirmedBytes,
      bytesTotal: total,
      speedBytesPerSecond: speedOf(speed),
      etaSeconds: etaOf(speed, total - position),
      chunksCompleted,
      chunksTotal: chunksCompleted + Math.ceil((total - confirmedBytes) / chunkBytes),
    };
  };
  const report = (isDue: boolean): void => {
    if (!isDue && now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = now();
    options.onProgress?.(current());
  };
  const move = (to: number): void => {
    position = Math.min(to, total);
    shown = Math.max(shown, position);
    speed = measureSpeed(speed, position, now());
  };

  return {
    current,
    sent: (to) => {
      move(to);
      report(false);
    },
    confirmed: (to, { chunk = false } = {}) => {
      confirmedBytes = to;
      if (chunk) chunksCompleted++;
      move(to);
      report(to >= total);
    },
    planned: (bytes) => {
      chunkBytes = bytes;
    },
    begun: (at) => {
      confirmedBytes = at;
      position = at;
      shown = Math.max(shown, at);
      speed = { ...speed, atBytes: at, atMs: now() };
      report(true);
    },
    tick: () => {
      speed = measureSpeed(speed, position, now());
      report(false);
    },
  };
}
