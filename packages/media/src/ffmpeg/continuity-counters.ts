/**
 * Whether a transport stream is one recording, without a break: what tells a clock that starts anew from one that went on
 * while nothing was shown. Pure.
 */

const SYNC = 0x47;
/** Plain; with the time of arrival in front, as in Blu-rays and cameras; with a checksum behind (libavformat, mpegts.h). */
const PACKET_SIZES = [188, 192, 204] as const;
/** So many packets in a row begin with the mark: by chance, one in 256 to this power. */
const LEAST_PACKETS = 5;
/** Packets that only fill the line; their counters mean nothing. */
const NULL_PACKETS = 0x1fff;

/** How a stream is cut into packets. Bytes. */
export interface PacketGrid {
  readonly offset: number;
  readonly size: number;
}

/** Finds the packets in the beginning of a file; `undefined` where it does not look like a transport stream. */
export function findPacketGrid(head: Uint8Array): PacketGrid | undefined {
  for (const size of PACKET_SIZES) {
    for (let offset = 0; offset < size && offset + (LEAST_PACKETS - 1) * size < head.length; offset++) {
      let count = 0;
      while (count < LEAST_PACKETS && head[offset + count * size] === SYNC) count++;
      if (count === LEAST_PACKETS) return { offset, size };
    }
  }
  return undefined;
}

/** Follows the counters of all streams (ISO/IEC 13818-1, 2.4.3.3). */
export interface ContinuityCheck {
  /**
   * Takes whole packets, each beginning with its mark.
   *
   * @returns false from the first break on: a packet that is missing, damaged, or says itself that the clock starts anew.
   */
  add(packets: Uint8Array): boolean;
}

export function createContinuityCheck({ size }: Pick<PacketGrid, 'size'>): ContinuityCheck {
  const counters = new Map<number, { readonly counter: number; readonly isRepeated: boolean }>();
  let isWhole = true;
  const goesOn = (packets: Uint8Array, at: number): boolean => {
    const [sync, high = 0, low = 0, control = 0, adaptationLength = 0, adaptation = 0] = packets.subarray(at, at + 6);
    const isDamaged = sync !== SYNC || (high & 0x80) !== 0;
    const startsAnew = (control & 0x20) !== 0 && adaptationLength > 0 && (adaptation & 0x80) !== 0;
    if (isDamaged || startsAnew) return false;
    const stream = ((high & 0x1f) << 8) | low;
    // Without a payload, a packet does not count.
    if (stream === NULL_PACKETS || (control & 0x10) === 0) return true;
    const counter = control & 0x0f;
    const before = counters.get(stream);
    const isRepeated = before?.counter === counter;
    counters.set(stream, { counter, isRepeated });
    // The same packet may be sent twice.
    return before === undefined || (isRepeated ? !before.isRepeated : counter === ((before.counter + 1) & 0x0f));
  };
  return {
    add(packets) {
      for (let at = 0; isWhole && at + size <= packets.length; at += size) isWhole = goesOn(packets, at);
      return isWhole;
    },
  };
}
