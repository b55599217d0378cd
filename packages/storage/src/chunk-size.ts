/**
 * How much of a file one request carries. Pure. Storage itself takes any amount, but its hosted form demands 6 MB, and
 * proxies in front of it have limits of their own, which show only as refusals.
 */

const MIB = 1024 * 1024;

/** No resumable chunk is smaller: the one size that every Storage takes. */
export const CHUNK_MIN_BYTES = 6 * MIB;

/** Just below what proxies allow by default or by plan: 100 MB, 50 MB, then half each time. */
export const CHUNK_STEPS: readonly number[] = [95 * MIB, 47 * MIB, 24 * MIB, 12 * MIB, CHUNK_MIN_BYTES];

/** As many chunks must pass before a larger one is tried. */
const GROW_AFTER = 4;

/** How the chunks of one upload are going. */
export interface ChunkState {
  /** The most that the next request carries; infinite for all that is left. */
  readonly bytes: number;
  /** Bodies of this size and more were refused. */
  readonly refusedBytes: number;
  /** The largest that is ever tried. */
  readonly mostBytes: number;
  /** Chunks that passed since the last change. */
  readonly passed: number;
}

/** Hosts of hosted Supabase, whose documentation demands chunks of exactly 6 MB. */
export const isHosted = (host: string): boolean => /(^|\.)supabase\.(co|in)$/.test(host);

export interface StartChunksOptions {
  /** Host name, without port. */
  readonly host: string;
  /** `UPLOAD_CHUNK_SIZE_MB`, in bytes. */
  readonly configuredBytes?: number | undefined;
  /** Bodies of this size were refused by this host before. */
  readonly refusedBytes?: number | undefined;
}

/** The state at the beginning of an upload. */
export function startChunks(options: StartChunksOptions): ChunkState {
  const hosted = isHosted(options.host) ? CHUNK_MIN_BYTES : Number.POSITIVE_INFINITY;
  const mostBytes = Math.max(CHUNK_MIN_BYTES, options.configuredBytes ?? hosted);
  const refusedBytes = options.refusedBytes ?? Number.POSITIVE_INFINITY;
  return { bytes: Math.min(mostBytes, stepBelow(refusedBytes)), refusedBytes, mostBytes, passed: 0 };
}

/** The largest step below a size; the size itself when it is infinite. */
const stepBelow = (bytes: number): number =>
  bytes === Number.POSITIVE_INFINITY ? bytes : (CHUNK_STEPS.find((step) => step < bytes) ?? CHUNK_MIN_BYTES);

/**
 * After a body of `sentBytes` was refused for its size.
 *
 * @returns undefined when there is no smaller one to try.
 */
export function shrinkAfterRefusal(state: ChunkState, sentBytes: number): ChunkState | undefined {
  if (sentBytes <= CHUNK_MIN_BYTES) return undefined;
  const refusedBytes = Math.min(state.refusedBytes, sentBytes);
  return { ...state, refusedBytes, bytes: Math.min(state.mostBytes, stepBelow(refusedBytes)), passed: 0 };
}

/** After a conflict over a body of `sentBytes`: smaller ones lose less. */
export function shrinkAfterConflict(state: ChunkState, sentBytes: number): ChunkState {
  return { ...state, bytes: Math.min(state.mostBytes, stepBelow(Math.max(sentBytes, CHUNK_MIN_BYTES + 1))), passed: 0 };
}

/** After a chunk passed: a larger one once enough have, never as large as one that was refused. */
export function growAfterSuccess(state: ChunkState): ChunkState {
  const passed = state.passed + 1;
  if (passed < GROW_AFTER || state.bytes >= state.mostBytes) return { ...state, passed };
  const larger = [...CHUNK_STEPS].reverse().find((step) => step > state.bytes) ?? Number.POSITIVE_INFINITY;
  const bytes = Math.min(larger, state.mostBytes);
  const wasRefused = bytes >= state.refusedBytes && state.refusedBytes !== Number.POSITIVE_INFINITY;
  return wasRefused ? { ...state, passed } : { ...state, bytes, passed: 0 };
}
