/** Which way one transfer takes, and how large its requests are there; what it learns is remembered for the next. */
import { type ChunkPlan, planAfterBreak, planAfterRefusal, planAfterSuccess, startChunkPlan } from './chunk-policy.ts';
import type { PathCache, TransportPath } from './path-cache.ts';

export interface PathSelector {
  readonly way: () => TransportPath;
  /** An answer has come on this way in this transfer. */
  readonly hasWorked: () => boolean;
  /** The other way has not failed. */
  readonly isOtherOpen: () => boolean;
  readonly canShrink: () => boolean;
  /** Of the next request, in bytes. */
  readonly chunkBytes: () => number;
  readonly noteAnswer: () => void;
  readonly noteConfirmed: (chunk: { readonly bytes: number; readonly ms: number }) => void;
  /** A body vanished. */
  readonly noteBreak: () => void;
  /**
   * A gateway refuses bodies of this size; `isCertain`: it said so.
   *
   * @returns whether a smaller one may be tried.
   */
  readonly shrink: (refusal: { readonly bodyBytes: number; readonly isCertain: boolean }) => Promise<boolean>;
  /** @returns false when both ways have failed. */
  readonly takeOther: () => boolean;
  /** Neither way answers, so it is the network: what failed says nothing. */
  readonly forget: () => void;
}

const OTHER: Readonly<Record<TransportPath, TransportPath>> = { direct: 'relay', relay: 'direct' };

/** @param fixedBytes the size that Storage demands of every request; null: it takes any. */
export async function selectPath(memory: PathCache, fixedBytes: number | null): Promise<PathSelector> {
  const recalled = await memory.recall();
  const { refusedBytes } = recalled;
  const plans: Record<TransportPath, ChunkPlan> = {
    direct: startChunkPlan({ fixedBytes, refusedBytes: refusedBytes.direct }),
    relay: startChunkPlan({ fixedBytes, refusedBytes: refusedBytes.relay }),
  };
  const failed = new Set<TransportPath>();
  let { way } = recalled;
  let hasWorked = false;
  const go = (to: TransportPath): void => {
    way = to;
    hasWorked = false;
  };
  return {
    way: () => way,
    hasWorked: () => hasWorked,
    isOtherOpen: () => !failed.has(OTHER[way]),
    canShrink: () => planAfterRefusal(plans[way], plans[way].bytes) !== undefined,
    chunkBytes: () => plans[way].bytes,
    noteAnswer: () => {
      hasWorked = true;
    },
    noteConfirmed: (chunk) => {
      plans[way] = planAfterSuccess(plans[way], chunk);
      if (failed.delete(OTHER[way])) void memory.learnPath(way);
    },
    noteBreak: () => {
      plans[way] = planAfterBreak(plans[way]);
    },
    shrink: async ({ bodyBytes, isCertain }) => {
      if (isCertain) await memory.learnRefusal(way, bodyBytes);
      const plan = planAfterRefusal(plans[way], bodyBytes);
      if (plan !== undefined) plans[way] = plan;
      return plan !== undefined;
    },
    takeOther: () => {
      failed.add(way);
      if (failed.has(OTHER[way])) return false;
      go(OTHER[way]);
      return true;
    },
    forget: () => {
      failed.clear();
      go('direct');
    },
  };
}
