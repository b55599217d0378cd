/**
 * How large the next PATCH is. Large ones cost fewer round trips; small ones pass more gateways, and are all that is
 * lost where a gateway keeps a body back until it is whole. So a PATCH is to take a few seconds. Pure.
 */

const MIB = 1024 * 1024;

/** The first PATCH on a way that nothing is known of, in bytes. */
export const FIRST_CHUNK_BYTES = 6 * MIB;

/** No PATCH is larger, in bytes. */
export const MAX_CHUNK_BYTES = 64 * MIB;

/** No PATCH but the last is smaller, in bytes: what passes a gateway that takes 1 MB, whichever megabyte it means. */
export const MIN_CHUNK_BYTES = 1_000_000;

/** A chunk that was confirmed faster is followed by a larger one, in milliseconds. */
const GROW_BELOW_MS = 4000;

/** What is known of one way. */
export interface ChunkPlan {
  /** Of the next PATCH, in bytes. */
  readonly bytes: number;
  /** Storage wants exactly this size (hosted Supabase: 6 MiB). */
  readonly isFixed: boolean;
  /** The smallest body that a gateway refused, in bytes. */
  readonly refusedBytes: number | undefined;
}

/**
 * @param fixedBytes the size that Storage demands; null: it takes any.
 * @param refusedBytes the smallest body that this way has refused lately.
 */
export function startChunkPlan(options: {
  readonly fixedBytes: number | null;
  readonly refusedBytes?: number | undefined;
}): ChunkPlan {
  const { fixedBytes, refusedBytes } = options;
  if (fixedBytes !== null) return { bytes: fixedBytes, isFixed: true, refusedBytes };
  const plan = { bytes: FIRST_CHUNK_BYTES, isFixed: false, refusedBytes };
  if (refusedBytes === undefined || refusedBytes > plan.bytes) return plan;
  return { ...plan, bytes: halve(refusedBytes) };
}

/** After a PATCH of `bytes` was confirmed within `ms` milliseconds. */
export function planAfterSuccess(plan: ChunkPlan, sent: { readonly bytes: number; readonly ms: number }): ChunkPlan {
  const doubled = Math.min(plan.bytes * 2, MAX_CHUNK_BYTES);
  const wasWhole = sent.bytes >= plan.bytes;
  if (plan.isFixed || !wasWhole || sent.ms > GROW_BELOW_MS) return plan;
  return doubled >= (plan.refusedBytes ?? Number.POSITIVE_INFINITY) ? plan : { ...plan, bytes: doubled };
}

/**
 * After a gateway refused a body of `bytes`.
 *
 * @returns undefined when nothing smaller may be tried on this way.
 */
export function planAfterRefusal(plan: ChunkPlan, bytes: number): ChunkPlan | undefined {
  if (plan.isFixed || bytes <= MIN_CHUNK_BYTES) return undefined;
  return { ...plan, bytes: halve(bytes), refusedBytes: Math.min(bytes, plan.refusedBytes ?? bytes) };
}

/** After a connection that broke: back towards the first size, below which a break says nothing about sizes. */
export function planAfterBreak(plan: ChunkPlan): ChunkPlan {
  if (plan.isFixed || plan.bytes <= FIRST_CHUNK_BYTES) return plan;
  return { ...plan, bytes: Math.max(plan.bytes / 2, FIRST_CHUNK_BYTES) };
}

const halve = (bytes: number): number => Math.max(Math.floor(bytes / 2), MIN_CHUNK_BYTES);
