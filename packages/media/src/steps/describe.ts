/** A few words on what a step found or made, for the log. Pure. */

import { formatBytes, formatSeconds } from '@supabase-media/core/format';
import { summarize } from '../ffmpeg/media-summary.ts';
import type { ProbeResult } from '../plan/media-info.ts';
import type { Plan } from '../plan/plan.ts';
import type { EncodeStepResult } from './encode.ts';
import type { LocalOutput } from './local-output.ts';

export function describeProbe(probe: ProbeResult): string {
  const facts = summarize(probe);
  if (facts === undefined) return 'no video in it';
  return `${facts.videoCodec} ${facts.width}x${facts.height}, ${formatSeconds(facts.durationSeconds)}, audio ${facts.audioCodec ?? 'none'}`;
}

export function describePlan(plan: Plan): string {
  if (plan.action === 'reject') return `reject, ${plan.rejection.code}`;
  return `video ${plan.video}, audio ${plan.audio}: ${plan.reasons.map((reason) => reason.detail).join('; ')}`;
}

export function describeEncoded(encoded: EncodeStepResult): string {
  return encoded.outcome === 'rejected' ? `rejected, ${encoded.rejection.code}` : describeOutputs(encoded.outputs);
}

export function describeOutputs(outputs: readonly LocalOutput[]): string {
  return outputs
    .map(({ kind, bytes, parts }) => {
      const files = parts === undefined ? '' : ` in ${parts.length} files`;
      return `${kind} ${formatBytes(bytes)}${files}`;
    })
    .join(', ');
}
