/** What probing one file may take. All follows from the size of the file, so that a small one costs little. Pure. */
import type { DeclaredIndex } from './declared-index.ts';
import type { ProbeBounds } from './run-process.ts';

/** A day at 240 frames per second; twelve hours at 60 with sound are a quarter of it. */
export const MAX_INDEX_ENTRIES = 24 * 3600 * 240;

/** libavformat's own limit (`max_streams`). */
const MAX_TRACKS = 1000;

/** Editing programs write a cut for each shot; a million of one frame each took two minutes. */
const MAX_EDITS = 10_000;

/**
 * Every frame and every block of sound takes at least a byte of its own. What tiny files declare beyond is let pass: they
 * may be damaged, and this many cost a second.
 */
const SPARE_ENTRIES = 100_000;

/** The most packets that a file of a size may have. */
export const mostPackets = (sizeBytes: number): number => Math.min(MAX_INDEX_ENTRIES, SPARE_ENTRIES + sizeBytes);

/** Why an index is not to be read, with the numbers, for the log; `undefined` where it may be. */
export function whyIndexTooLarge({ entries, tracks, edits }: DeclaredIndex, sizeBytes: number): string | undefined {
  if (tracks > MAX_TRACKS) return `${tracks} tracks`;
  if (edits > MAX_EDITS) return `an edit list of ${edits} entries`;
  if (entries <= mostPackets(sizeBytes)) return undefined;
  return `${Number.isFinite(entries) ? entries : 'countless'} samples declared by a file of ${sizeBytes} bytes`;
}

/**
 * Address space of ffprobe without an index: 324 MB for a file of 1080p, 1.4 GB where pictures of 8K HEVC are decoded
 * (ffmpeg 5.1.9, two threads). In bytes.
 */
const BASE_MEMORY_BYTES = 1_600_000_000;

/** Of each entry, with the copy that an edit list takes, and the arrays that are doubled as they grow. */
const BYTES_PER_ENTRY = 64;

/**
 * Half a minute for each reading, and a second for each 250 KB: 2 GB on a slow disk take a minute, packets are counted at
 * 40,000 a second on two busy cores, and each has bytes of its own. Milliseconds.
 */
const BASE_TIME_MS = 30_000;
const MS_PER_BYTE = 1000 / 250_000;
const MAX_TIME_MS = 15 * 60_000;

export interface ReadableIndex {
  readonly declared: DeclaredIndex;
  readonly sizeBytes: number;
  /** What any child may take, in bytes. */
  readonly memoryBytes: number | undefined;
}

/** What each reading of a file may take, once its index was found good enough to be read. */
export function boundReadings({ declared, sizeBytes, memoryBytes }: ReadableIndex): ProbeBounds {
  const needed = BASE_MEMORY_BYTES + BYTES_PER_ENTRY * Math.min(declared.entries, MAX_INDEX_ENTRIES);
  return {
    totalMs: Math.min(MAX_TIME_MS, BASE_TIME_MS + sizeBytes * MS_PER_BYTE),
    memoryBytes: Math.min(needed, memoryBytes ?? Infinity),
  };
}
