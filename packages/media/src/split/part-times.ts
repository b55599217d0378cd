/** The clock of parts: ten seconds ahead, so that no time of decoding is below 0, which a fragment cannot hold. Pure. */

/** By so much all times in parts are later than in the video, in seconds. */
export const PART_OFFSET_SECONDS = 10;

/** Ticks in a second of everything that is encoded. */
export const ENCODED_TIMESCALE = 90_000;

/** Tells of no two frames that are shown at the same time, in rising order. */
export const isRising = (ticks: readonly number[]): boolean =>
  ticks.every((tick, at) => at === 0 || tick > (ticks[at - 1] ?? tick));

/** When a frame of a source is shown once it is encoded, in ticks of {@link ENCODED_TIMESCALE}. */
export const encodedTick = (tick: number, timescale: number): number =>
  Math.round((tick * ENCODED_TIMESCALE) / timescale);

/**
 * What is wrong with the times of an encoded part, in words. A tick that lies between two is rounded to either.
 *
 * @param expected of the source, in ticks of {@link ENCODED_TIMESCALE}.
 */
export function compareTimes(expected: readonly number[], encoded: readonly number[]): string | undefined {
  if (expected.length !== encoded.length) return `${encoded.length} of ${expected.length} frames came out`;
  if (!isRising(encoded)) return 'two frames are shown at the same time';
  const wrong = expected.findIndex((tick, at) => Math.abs(tick - (encoded[at] ?? Infinity)) > 1);
  return wrong < 0 ? undefined : `frame ${wrong + 1} is shown at ${encoded[wrong]}, not at ${expected[wrong]} ticks`;
}

/** Times are rounded to less than this, and no two frames are as close. Seconds. */
const ROUNDING_SECONDS = 2e-6;

/**
 * For `-force_key_frames`: key frames stand where one encode of the whole has them, every so many seconds of the video, and
 * at the start of each part. ffmpeg counts the time in it from the first frame that it encodes.
 *
 * @param sinceSeconds from the first frame of the video to that of the part.
 */
export function keyFramesOfPart(sinceSeconds: number, everySeconds: number): string {
  const before = Math.ceil((sinceSeconds - ROUNDING_SECONDS) / everySeconds);
  return `expr:gte(t+${(sinceSeconds + ROUNDING_SECONDS).toFixed(6)},(n_forced+${before})*${everySeconds})`;
}
