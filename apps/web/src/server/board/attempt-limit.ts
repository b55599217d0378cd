/**
 * Bounds how often passwords may be tried: from one address, and from all together. Kept in memory: a restart forgets
 * it, and each process counts for itself.
 */
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from './network-of.ts';

/** A person mistypes a few times; a password of 12 characters is not found in so few. */
export const ATTEMPTS_PER_ADDRESS = 10;

/** Of all addresses together: whoever has many of them gets no more tries than this. */
export const ATTEMPTS_OVERALL = 100;

/** Attempts are counted over this, in seconds, and refused for as long after the last that is allowed. */
const WINDOW_SECONDS = 600;

/** Whoever knows the password is let in while strangers use up the attempts of all: so many addresses, oldest out. */
const KNOWN_MAX = 100;

export interface AttemptLimit {
  /**
   * Counts an attempt, before the password is looked at, so that many at once are counted, too.
   *
   * @returns undefined if the password may be looked at, else seconds until the next attempt.
   */
  readonly take: (address: string) => Promise<number | undefined>;
  /** The password was right: what its address tried before is forgotten. */
  readonly succeeded: (address: string) => Promise<void>;
}

const OVERALL = 'all';

/** Makes one for a server. */
export function createAttemptLimit(): AttemptLimit {
  const common = { duration: WINDOW_SECONDS, blockDuration: WINDOW_SECONDS };
  const overall = new RateLimiterMemory({ ...common, points: ATTEMPTS_OVERALL });
  const perAddress = new RateLimiterMemory({ ...common, points: ATTEMPTS_PER_ADDRESS });
  const known = new Set<string>();
  return {
    take: async (address) => {
      const network = networkOf(address);
      // An address that is refused already must not use up the attempts of all.
      const own = await perAddress.get(network);
      if (own !== null && own.consumedPoints > ATTEMPTS_PER_ADDRESS) return secondsUntil(own);
      // Before its own: refused strangers must not fill the memory with their addresses.
      const refused = known.has(network) ? undefined : await consume(overall, OVERALL);
      return refused ?? consume(perAddress, network);
    },
    succeeded: async (address) => {
      const network = networkOf(address);
      await perAddress.delete(network);
      if (!known.has(network)) await overall.reward(OVERALL, 1);
      known.delete(network);
      known.add(network);
      const [oldest] = known;
      if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
    },
  };
}

/** Undefined if there was one left; else the seconds until there is. */
const consume = (limiter: RateLimiterMemory, key: string): Promise<number | undefined> =>
  limiter.consume(key).then(
    () => undefined,
    (refused: RateLimiterRes) => secondsUntil(refused),
  );

const secondsUntil = ({ msBeforeNext }: RateLimiterRes): number => Math.max(1, Math.ceil(msBeforeNext / 1000));
