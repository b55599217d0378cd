/** Choices that can be made again from a seed. */
import { createRandom } from '@supabase-media/test-support/random';

export interface Draw {
  /** From `from` up to `to`. */
  readonly number: (from: number, to: number) => number;
  readonly integer: (from: number, to: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly one: <T>(values: readonly [T, ...T[]]) => T;
}

/** The choices of one file: those of its neighbours do not move them. */
export function createDraw(seed: number, index: number): Draw {
  const random = createRandom(Math.imul(seed, 1_000_003) + index * 7919);
  const number = (from: number, to: number) => from + random() * (to - from);
  const integer = (from: number, to: number) => Math.floor(number(from, to + 1));
  return {
    number,
    integer,
    chance: (probability) => random() < probability,
    one: (values) => values[integer(0, values.length - 1)] ?? values[0],
  };
}
