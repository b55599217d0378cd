/** Do the machines that work together agree on the time? Pure: other checks measure it on their way. */
import { formatSeconds } from '@supabase-media/core/format';
import { allRight, type Finding, found } from './findings.ts';

/** How far another machine's clock is ahead of ours. */
export interface ClockReading {
  readonly peer: 'Storage' | 'the queue';
  /** Negative when it is behind. */
  readonly aheadMs: number;
}

/** HTTP dates are whole seconds (RFC 9110, 5.6.7) and the answer took its time: less than this is agreement. */
const AGREE_MS = 5_000;

/** A claim on a job lasts a minute, a signed address two: from here on things are refused. */
const WRONG_MS = 60_000;

export function judgeClocks(readings: readonly ClockReading[]): readonly Finding[] {
  const off = readings.filter(({ aheadMs }) => Math.abs(aheadMs) > AGREE_MS);
  const findings = off.map(({ peer, aheadMs }) =>
    found('clock', Math.abs(aheadMs) > WRONG_MS ? 'clock_wrong' : 'clock_skewed', {
      message: `The clock of ${peer} is ${formatSeconds(Math.abs(aheadMs) / 1000)} ${aheadMs > 0 ? 'ahead of' : 'behind'} ours.`,
    }),
  );
  if (findings.length > 0) return findings;
  if (readings.length === 0) return [];
  const peers = readings.map(({ peer }) => peer).join(' and ');
  return [allRight('clock', `Our clock agrees with that of ${peers}, within ${AGREE_MS / 1000} s.`)];
}
