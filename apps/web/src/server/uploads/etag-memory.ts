/** What is known of the ETags of the one Storage that this process speaks to. It is in memory: asking again costs little. */
import { ETAG_KIND_LIFE_MS, type EtagKind } from '@supabase-media/upload-protocol/decide-proof';

export interface EtagMemory {
  /** Undefined: nothing is known, or no longer. */
  readonly kind: () => EtagKind | undefined;
  /** Undefined teaches nothing. */
  readonly learn: (kind: EtagKind | undefined) => void;
}

/** @param now milliseconds since the epoch. */
export function createEtagMemory(now: () => number): EtagMemory {
  let known: { readonly kind: EtagKind; readonly until: number } | undefined;
  return {
    kind: () => (known !== undefined && now() < known.until ? known.kind : undefined),
    learn: (kind) => {
      if (kind !== undefined) known = { kind, until: now() + ETAG_KIND_LIFE_MS[kind] };
    },
  };
}
