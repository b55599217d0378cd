import { expect, it } from 'vitest';
import { createContinuityCheck, findPacketGrid } from './continuity-counters.ts';

const SIZE = 188;

/** A packet of a stream with its counter; `control`: 1 with a payload, 2 with an adaptation field, 3 with both. */
function packet(
  stream: number,
  counter: number,
  { control = 1, flags = 0, size = SIZE, damaged = false } = {},
): Buffer {
  const high = (stream >> 8) | (damaged ? 0x80 : 0);
  const bytes = Buffer.from([0x47, high, stream & 0xff, (control << 4) | counter, control > 1 ? 1 : 0, flags]);
  return Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]);
}

const isWhole = (...packets: readonly Buffer[]) => createContinuityCheck({ size: SIZE }).add(Buffer.concat(packets));

it('follows the counter of each stream', () => {
  const streams = Array.from({ length: 40 }, (_, at) => [packet(256, at % 16), packet(257, (at + 7) % 16)]).flat();
  expect(isWhole(...streams)).toBe(true);
  expect(isWhole(...streams.toSpliced(30, 1))).toBe(false);
});

it('takes a packet that was sent twice, one without a payload, and filling for no break', () => {
  expect(isWhole(packet(256, 3), packet(256, 3), packet(256, 4))).toBe(true);
  expect(isWhole(packet(256, 3), packet(256, 3), packet(256, 3))).toBe(false);
  expect(isWhole(packet(256, 3), packet(256, 3, { control: 2 }), packet(256, 4))).toBe(true);
  expect(isWhole(packet(0x1fff, 3), packet(0x1fff, 9))).toBe(true);
});

it('takes what says so itself for a break: a mark, an error, no packet at all', () => {
  expect(isWhole(packet(256, 3), packet(256, 4, { control: 3, flags: 0x80 }))).toBe(false);
  expect(isWhole(packet(256, 3), packet(256, 4, { control: 3, flags: 0x10 }))).toBe(true);
  expect(isWhole(packet(256, 3), packet(256, 4, { damaged: true }))).toBe(false);
  expect(isWhole(packet(256, 3), Buffer.alloc(SIZE))).toBe(false);
});

it.each([
  [188, 0],
  [188, 7],
  [192, 4],
  [204, 0],
])('finds packets of %d bytes behind %d others', (size, offset) => {
  const packets = Array.from({ length: 6 }, (_, at) => packet(256, at, { size }));
  expect(findPacketGrid(Buffer.concat([Buffer.alloc(offset), ...packets]))).toEqual({ offset, size });
  expect(findPacketGrid(Buffer.concat(packets).subarray(0, 4 * size))).toBeUndefined();
});
