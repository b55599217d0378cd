/** Checks that the clocks of the machines agree. Pure: other checks take the readings. */
import { formatSeconds } from '@supabase-media/core/format';
import { allRight, type Finding, found } from './findings.ts';

/** How far another machine's clock is ahead of ours. */
export interface ClockReading {
  readonly peer: 'Storage' | 'the queue';
  /** Negative if it is behind. */
  readonly aheadMs: number;
}

/** The accepted difference: HTTP dates are whole seconds (RFC 9110, 5.6.7), and the response takes time. */
const TOLERANCE_MS = 5_000;

/** Job locks and signed addresses expire after a minute or two, so a larger difference makes them fail. */
const WRONG_MS = 60_000;

export function judgeClocks(readings: readonly ClockReading[]): readonly Finding[] {
  const off = readings.filter(({ aheadMs }) => Math.abs(aheadMs) > TOLERANCE_MS);
  const findings = off.map(({ peer, aheadMs }) =>
    found('clock', Math.abs(aheadMs) > WRONG_MS ? 'clock_wrong' : 'clock_skewed', {
      message: `The clock of ${peer} is ${formatSeconds(Math.abs(aheadMs) / 1000)} ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's.`,
    }),
  );
  if (findings.length > 0) return findings;
  if (readings.length === 0) return [];
  const peers = readings.map(({ peer }) => peer).join(' and ');
  return [allRight('clock', `The clock agrees with ${peers} within ${TOLERANCE_MS / 1000} s.`)];
}
