/**
 * How much of a file one request carries. Pure. Storage itself takes any amount, with its S3 backend too (measured on
 * 1.11.2); the documentation of hosted Supabase asks for 6 MiB; what its edge and other proxies take shows only as
 * refusals. Large chunks cost fewer round trips; small ones pass more proxies, and are all that is lost where one holds a
 * body back until it is whole.
 */
import { HOSTED_CHUNK_BYTES, isHosted } from './limits.ts';

const MIB = 1024 * 1024;

/**
 * No chunk but the last is smaller, in bytes: what passes a proxy with nginx's default limit of 1 MB, whichever megabyte
 * it means. A proxy that takes less lets no web form through either.
 */
export const MIN_CHUNK_BYTES = 1_000_000;

/**
 * The sizes that are tried, in bytes: just below what proxies allow by default or by plan (100 MB, 50 MB, 25 MB), the
 * size that hosted Supabase takes, then half each time.
 */
export const CHUNK_STEPS: readonly number[] = [
  95 * MIB,
  47 * MIB,
  24 * MIB,
  12 * MIB,
  HOSTED_CHUNK_BYTES,
  3 * MIB,
  1.5 * MIB,
  MIN_CHUNK_BYTES,
];

/** A chunk that was acknowledged faster is followed by a larger one, in milliseconds: a chunk is to take seconds. */
const GROW_BELOW_MS = 4000;

/** What a kind of uploader begins with and never exceeds, in bytes. */
export interface ChunkRange {
  readonly firstBytes: number;
  readonly mostBytes: number;
}

/**
 * From a server: all that is left. Measured as fast as one POST, and of a body that is cut Storage keeps all but some
 * 100 KB. A refusal can be read, so a limit on the path costs one request.
 */
export const SERVER_CHUNKS: ChunkRange = { firstBytes: Number.POSITIVE_INFINITY, mostBytes: Number.POSITIVE_INFINITY };

/**
 * From a browser: a few seconds' worth. Networks of all kinds break; proxies that hold bodies back lose all of one; and
 * a bar that moves with what is acknowledged needs acknowledgements.
 */
export const BROWSER_CHUNKS: ChunkRange = { firstBytes: 6 * MIB, mostBytes: 64 * MIB };

/** What is known of one transport path. */
export interface ChunkPlan {
  /** The most that the next request carries, in bytes; infinite for all that is left. */
  readonly bytes: number;
  readonly firstBytes: number;
  readonly mostBytes: number;
  /** Nothing smaller is tried, in bytes. */
  readonly leastBytes: number;
  /** The smallest body that was refused, in bytes. */
  readonly refusedBytes: number | undefined;
}

export interface StartChunksOptions {
  readonly range: ChunkRange;
  /** No chunk is larger, and none smaller than {@link HOSTED_CHUNK_BYTES}. */
  readonly demandedBytes?: number | null | undefined;
  /** No chunk but the last is smaller, in bytes; {@link MIN_CHUNK_BYTES} unless told or a size is demanded. */
  readonly leastBytes?: number | undefined;
  /** The smallest body that this path refused lately, in bytes. */
  readonly refusedBytes?: number | undefined;
}

/**
 * The size that every chunk of a browser has, in bytes: what it may not read of refusals, the documentation must tell.
 *
 * @param configuredBytes `UPLOAD_CHUNK_SIZE_MB`, in bytes; it wins.
 * @returns undefined where any size is taken.
 */
export const demandedChunkBytes = (hostname: string, configuredBytes?: number): number | undefined =>
  configuredBytes ?? (isHosted(hostname) ? HOSTED_CHUNK_BYTES : undefined);

export interface ServerChunksOptions {
  /** Of Storage. */
  readonly hostname: string;
  /** `UPLOAD_CHUNK_SIZE_MB`, in bytes. */
  readonly configuredBytes?: number | undefined;
  /** The smallest body that this host refused lately, in bytes. */
  readonly refusedBytes?: number | undefined;
}

/**
 * The plan of an upload from a server: all that is left in one request, smaller ones where that is refused; on hosted
 * Supabase never below what it documents.
 */
export const startServerChunks = (options: ServerChunksOptions): ChunkPlan =>
  startChunks({
    range: SERVER_CHUNKS,
    demandedBytes: options.configuredBytes,
    leastBytes: isHosted(options.hostname) ? HOSTED_CHUNK_BYTES : undefined,
    refusedBytes: options.refusedBytes,
  });

/** The plan at the beginning of an upload. */
export function startChunks(options: StartChunksOptions): ChunkPlan {
  const { range, refusedBytes } = options;
  const demanded = options.demandedBytes ?? undefined;
  const firstBytes = demanded ?? range.firstBytes;
  const plan = {
    bytes: firstBytes,
    firstBytes,
    mostBytes: demanded ?? range.mostBytes,
    leastBytes: options.leastBytes ?? (demanded === undefined ? MIN_CHUNK_BYTES : HOSTED_CHUNK_BYTES),
    refusedBytes,
  };
  return refusedBytes === undefined || refusedBytes > firstBytes
    ? plan
    : { ...plan, bytes: Math.max(plan.leastBytes, stepBelow(refusedBytes)) };
}

/** The largest step below a size. */
const stepBelow = (bytes: number): number => CHUNK_STEPS.find((step) => step < bytes) ?? MIN_CHUNK_BYTES;

/**
 * After a body of `sentBytes` was refused for its size.
 *
 * @returns undefined when there is nothing smaller to try on this path.
 */
export function shrinkAfterRefusal(plan: ChunkPlan, sentBytes: number): ChunkPlan | undefined {
  if (sentBytes <= plan.leastBytes) return undefined;
  const refusedBytes = Math.min(sentBytes, plan.refusedBytes ?? sentBytes);
  return { ...plan, refusedBytes, bytes: Math.max(plan.leastBytes, Math.min(plan.mostBytes, stepBelow(refusedBytes))) };
}

/** After a conflict over a body of `sentBytes`, or one of which nothing was kept: smaller ones lose less. */
export function shrinkAfterConflict(plan: ChunkPlan, sentBytes: number): ChunkPlan {
  const floor = Math.min(plan.bytes, HOSTED_CHUNK_BYTES);
  return { ...plan, bytes: Math.min(plan.bytes, Math.max(floor, stepBelow(sentBytes))) };
}

/** After a connection that broke: a step towards the first size, below which a break says nothing about sizes. */
export function shrinkAfterBreak(plan: ChunkPlan): ChunkPlan {
  return plan.bytes <= plan.firstBytes ? plan : { ...plan, bytes: Math.max(plan.firstBytes, stepBelow(plan.bytes)) };
}

/** After a chunk of `bytes` was acknowledged within `ms` milliseconds: never as large as one that was refused. */
export function growAfterSuccess(plan: ChunkPlan, sent: { readonly bytes: number; readonly ms: number }): ChunkPlan {
  if (sent.bytes < plan.bytes || sent.ms > GROW_BELOW_MS) return plan;
  const larger = CHUNK_STEPS.findLast((step) => step > plan.bytes) ?? Number.POSITIVE_INFINITY;
  const bytes = Math.min(larger, plan.mostBytes);
  return plan.refusedBytes !== undefined && bytes >= plan.refusedBytes ? plan : { ...plan, bytes };
}
