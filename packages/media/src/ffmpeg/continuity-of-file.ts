import { open } from 'node:fs/promises';
import { createContinuityCheck, findPacketGrid, type PacketGrid } from './continuity-counters.ts';

const HEAD_BYTES = 8192;
/** Packets that are read at once: about 1 MB. */
const PACKETS_AT_ONCE = 5000;

/**
 * Reads a whole transport stream and tells whether it is one without a break; a file that cannot be read as one is not.
 * About a second for 1 GB. Throws what opening the file throws, and the signal's reason.
 */
export async function isContinuous(path: string, signal?: AbortSignal): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const grid = findPacketGrid(buffer.subarray(0, bytesRead));
    return grid !== undefined && (await follow(file, grid, signal));
  } finally {
    await file.close();
  }
}

async function follow(
  file: Awaited<ReturnType<typeof open>>,
  { offset, size }: PacketGrid,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const check = createContinuityCheck({ size });
  const packets = Buffer.alloc(PACKETS_AT_ONCE * size);
  for (let at = offset; ; at += packets.length) {
    signal?.throwIfAborted();
    const { bytesRead } = await file.read(packets, 0, packets.length, at);
    if (!check.add(packets.subarray(0, bytesRead))) return false;
    if (bytesRead < packets.length) return true;
  }
}
