/** Sees to it that the MP4 of a plan is one that Storage takes. Pure. */
import { copiedBytes, leastVideoBytes, secondsThatFit } from './output-bounds.ts';
import { encodeInstead, type Plan } from './plan.ts';
import { rejection } from './rejections.ts';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/**
 * A copy that would be too large is encoded instead; a video is turned away only where no encode of it can fit. An encode
 * that only may become too large is begun: most take a fraction of the rate that they may have.
 *
 * @param maxFileBytes the largest file that Storage takes; `undefined` where it takes any.
 */
export function fitPlan(plan: Plan, maxFileBytes: number | undefined): Plan {
  if (plan.action === 'reject' || maxFileBytes === undefined) return plan;
  const copied = plan.video === 'copy' ? copiedBytes(plan) : 0;
  const fitting =
    copied > maxFileBytes
      ? encodeInstead(plan, `a copy would have ${megabytes(copied)}, ${megabytes(maxFileBytes)} are allowed`)
      : plan;
  const least = leastVideoBytes(fitting);
  if (least <= maxFileBytes) return fitting;
  const detail = `at least ${megabytes(least)}, ${megabytes(maxFileBytes)} are allowed`;
  const fitsSeconds = secondsThatFit(maxFileBytes, plan.policy);
  return { action: 'reject', outcome: 'rejected', rejection: rejection('result_too_large', { detail, fitsSeconds }) };
}
