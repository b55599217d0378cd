/** Loudness by EBU R 128 and ITU-R BS.1770: what is measured, and the one gain that follows from it. Pure. */

/** Peaks between the samples stay below this, so that no player clips (AES TD1008: -1 dBTP). */
const MAX_TRUE_PEAK_DB = -1;

/** Of shorter sounds nothing is measured that means anything: a block of the measurement lasts 0.4 s. */
export const MIN_LOUDNESS_SECONDS = 1;

/** Below the absolute gate of BS.1770 nothing counts: it is silence. */
const SILENCE_LUFS = -70;

export interface Loudness {
  /** Integrated loudness in LUFS. */
  readonly integrated: number;
  /** In dBTP. */
  readonly truePeak: number;
}

/** What `loudnorm` measures in its first pass. */
export interface LoudnessMeasurement extends Loudness {
  /** Loudness range in LU, and the threshold of the relative gate in LUFS. */
  readonly range: number;
  readonly threshold: number;
}

/** One gain for the whole sound: its dynamics stay as they are. */
export interface LoudnessGain {
  readonly measured: LoudnessMeasurement;
  /** LUFS that were asked for. */
  readonly target: number;
  /** LUFS that the gain leads to: less than the target where the peaks would pass {@link MAX_TRUE_PEAK_DB}. */
  readonly applied: number;
}

/** For `info.json`. */
export interface LoudnessReport {
  readonly target: number;
  readonly applied: number;
  readonly input: Loudness;
  /** As measured of the result; `undefined` where that failed. */
  readonly output: Loudness | undefined;
}

/** Reads the last JSON object that `loudnorm=print_format=json` prints; `undefined` when there is none. */
export function readLoudnorm(stderr: string): LoudnessMeasurement | undefined {
  const json = /\{[^{}]*\}(?![\s\S]*\{)/.exec(stderr)?.[0] ?? '';
  const value = (name: string) =>
    Number(new RegExp(`"${name}"\\s*:\\s*"(-?[\\d.]+|-inf)"`).exec(json)?.[1]?.replace('-inf', '-Infinity'));
  const [integrated, truePeak, range, threshold] = ['input_i', 'input_tp', 'input_lra', 'input_thresh'].map(value) as [
    number,
    number,
    number,
    number,
  ];
  if ([integrated, truePeak, range, threshold].some(Number.isNaN)) return undefined;
  return { integrated, truePeak, range, threshold };
}

/** Reads the summary that `ebur128=peak=true` prints at its end. */
export function readEbur128(stderr: string): Loudness | undefined {
  const summary = stderr.slice(stderr.lastIndexOf('Summary:'));
  const integrated = Number(/^\s*I:\s+(-?[\d.]+) LUFS/m.exec(summary)?.[1]);
  const truePeak = Number(/^\s*Peak:\s+(-?[\d.]+) dBFS/m.exec(summary)?.[1]);
  return Number.isNaN(integrated) || Number.isNaN(truePeak) ? undefined : { integrated, truePeak };
}

/** The gain to a target; `undefined` for silence, which has no loudness to change. */
export function planGain(measured: LoudnessMeasurement, target: number): LoudnessGain | undefined {
  if (!(measured.integrated > SILENCE_LUFS)) return undefined;
  const headroom = MAX_TRUE_PEAK_DB - measured.truePeak;
  return { measured, target, applied: Math.min(target, round(measured.integrated + headroom)) };
}

/**
 * The second pass. `loudnorm` leaves its linear mode without a word where a measured number is out of its range, the
 * range of loudness is 0 or above its target, or the peak passes its limit (af_loudnorm.c): its own limits are set
 * wide here, ours were applied above.
 */
export function loudnormFilter({ measured, applied }: LoudnessGain): string {
  const values = {
    I: applied,
    TP: 0,
    LRA: 50,
    measured_I: clamp(measured.integrated, -99, 0),
    measured_TP: clamp(measured.truePeak, -99, 98),
    measured_LRA: clamp(measured.range, 0.01, 50),
    measured_thresh: clamp(measured.threshold, -99, -0.01),
  };
  const words = Object.entries(values).map(([name, value]) => `${name}=${value.toFixed(2)}`);
  return `loudnorm=linear=true:${words.join(':')}`;
}

/** In a sentence, where the target was out of reach. */
export function explainLimit({ target, applied }: LoudnessGain): string | undefined {
  if (applied >= target) return undefined;
  return `The sound was brought to ${applied.toFixed(1)} LUFS, not ${target}: louder, its peaks would pass ${MAX_TRUE_PEAK_DB} dBTP.`;
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

const round = (value: number): number => Math.round(value * 100) / 100;
