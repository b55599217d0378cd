/** How a process is told to stop: the first SIGINT or SIGTERM asks, a second one insists. */
import { MediaError } from './errors.ts';

export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface StopSignals {
  /** Aborted by the first signal, with an `aborted` error that names it. */
  readonly signal: AbortSignal;
  /** The first signal, once there was one. */
  readonly received: () => StopSignal | undefined;
  /** Stops listening: from now on a signal ends the process. */
  readonly close: () => void;
}

/**
 * Within this, in milliseconds, the same signal is the same request: at Ctrl-C the terminal signals every process of its
 * group, and npm, which is one of them, hands its own on to the process of its script.
 */
const SAME_REQUEST_MS = 1000;

/** Listens until it is closed. `onSecond` is told of a second request, and ends the process at once. */
export function watchStopSignals(onSecond: (name: StopSignal) => void): StopSignals {
  const controller = new AbortController();
  let first: { readonly name: StopSignal; readonly at: number } | undefined;
  const onSignal = (name: StopSignal): void => {
    if (first === undefined) {
      first = { name, at: performance.now() };
      controller.abort(new MediaError({ code: 'aborted', message: `Stopped by ${name}.` }));
    } else if (name !== first.name || performance.now() - first.at > SAME_REQUEST_MS) onSecond(name);
  };
  const onInterrupt = () => onSignal('SIGINT');
  const onTerminate = () => onSignal('SIGTERM');
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  return {
    signal: controller.signal,
    received: () => first?.name,
    close: () => void process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate),
  };
}
