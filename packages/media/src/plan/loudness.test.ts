import { describe, expect, it } from 'vitest';
import { explainLimit, loudnormFilter, planGain, readEbur128, readLoudnorm } from './loudness.ts';

const measured = { integrated: -20, truePeak: -8, range: 5, threshold: -30 };

describe('planGain', () => {
  it.each([
    ['a gain that fits', measured, -14, -14],
    ['less, where the peaks would pass -1 dBTP', { ...measured, truePeak: -3.37 }, -14, -17.63],
    ['less loudness', measured, -23, -23],
    ['peaks that are too high already', { ...measured, truePeak: 1 }, -20, -22],
  ])('plans %s', (_, found, target, applied) => {
    const gain = planGain(found, target);
    expect(gain?.applied).toBe(applied);
    expect(gain && explainLimit(gain) !== undefined).toBe(applied < target);
  });

  it('leaves silence alone', () => {
    expect(planGain({ ...measured, integrated: -Infinity }, -14)).toBeUndefined();
    expect(planGain({ ...measured, integrated: -70 }, -14)).toBeUndefined();
  });
});

it('gives loudnorm only numbers with which it stays linear', () => {
  expect(loudnormFilter({ measured, target: -14, applied: -14 })).toBe(
    'loudnorm=linear=true:I=-14.00:TP=0.00:LRA=50.00:measured_I=-20.00:measured_TP=-8.00:measured_LRA=5.00:measured_thresh=-30.00',
  );
  const odd = { integrated: 2, truePeak: 120, range: 0, threshold: 0 };
  expect(loudnormFilter({ measured: odd, target: -14, applied: -14 })).toMatch(
    /measured_I=0.00:measured_TP=98.00:measured_LRA=0.01:measured_thresh=-0.01$/,
  );
});

describe('what the filters print', () => {
  const json = (integrated: string) =>
    `title : {"input_i" : "-1.00"}\n[Parsed_loudnorm_1 @ 0x7fc7] \n{\n\t"input_i" : "${integrated}",\n\t"input_tp" : "-10.88",\n` +
    '\t"input_lra" : "0.00",\n\t"input_thresh" : "-24.15",\n\t"normalization_type" : "dynamic"\n}\n[out#0/null] video:0KiB';

  it('loudnorm, silence too', () => {
    expect(readLoudnorm(json('-14.15'))).toEqual({ integrated: -14.15, truePeak: -10.88, range: 0, threshold: -24.15 });
    expect(readLoudnorm(json('-inf'))?.integrated).toBe(-Infinity);
    for (const text of ['', 'no {', '{}', json('nan')]) expect(readLoudnorm(text)).toBeUndefined();
  });

  it('ebur128', () => {
    const text =
      'Summary:\n\n  Integrated loudness:\n    I:         -14.1 LUFS\n    Threshold: -24.1 LUFS\n\n  True peak:\n    Peak:      -10.9 dBFS\n';
    expect(readEbur128(text)).toEqual({ integrated: -14.1, truePeak: -10.9 });
    expect(readEbur128('Summary:')).toBeUndefined();
  });
});
