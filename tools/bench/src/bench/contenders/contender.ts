/** What every contender is. */
import type { Work } from '../lab.ts';
import type { Measured } from '../measure/measured.ts';

export interface Contender {
  /** Gets ready without being measured: starts what waits for jobs in production, too. */
  readonly prepare: (work: Work) => Promise<void>;
  /** @throws CannotDo where it cannot do the work, with what happened. */
  readonly run: (work: Work) => Promise<Measured>;
  /** Removes what it left outside of Storage, and ends its processes. */
  readonly stop: () => Promise<void>;
}

/** Of a contender that is one command, started anew each time. */
export const commandContender = (run: Contender['run']): Contender => ({
  prepare: async () => {},
  run,
  stop: async () => {},
});
