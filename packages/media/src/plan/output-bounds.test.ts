import { expect, it } from 'vitest';
import { audioInfo, mediaInfo, packetStats, videoInfo } from '../../test/support/media-info-fixture.ts';
import { boundVideo, peakBytes } from '../outputs/bounds.ts';
import { fitPlan } from './fit-plan.ts';
import { copiedBytes, mostVideoBytes, secondsThatFit } from './output-bounds.ts';
import { type ConvertPlan, planProcessing } from './plan.ts';
import { DEFAULT_POLICY } from './policy.ts';

const GB = 1_000_000_000;

/** A video of so many seconds at a rate in bits per second, to be copied, or encoded as HEVC is. */
function planOf(seconds: number, rate: number, codec = 'h264'): ConvertPlan {
  const stats = packetStats({
    packets: seconds * 25,
    bytes: (seconds * rate) / 8,
    durationSeconds: seconds,
    lastSeconds: seconds - 0.04,
  });
  const plan = planProcessing(
    mediaInfo({
      durationSeconds: seconds,
      headerDurationSeconds: seconds,
      sizeBytes: (seconds * rate) / 8,
      video: videoInfo({ codec, stats, headerDurationSeconds: seconds }),
      audio: audioInfo({
        stats: packetStats({ packets: seconds * 47, bytes: seconds * 16_000, durationSeconds: seconds }),
      }),
    }),
  );
  if (plan.action !== 'convert') throw new Error(plan.rejection.code);
  return plan;
}

it('bounds an encode by its length and its highest rate', () => {
  const { maxRate } = DEFAULT_POLICY.video;
  const { bitRate } = DEFAULT_POLICY.audio;
  const hour = mostVideoBytes(planOf(3600, 2_000_000, 'hevc'));
  const atMost = (3600 * (maxRate + bitRate)) / 8;
  expect(hour / atMost).toBeGreaterThan(1.05);
  expect(hour / atMost).toBeLessThan(1.2);
  // The buffer and the headers of a short one are the larger part.
  expect(mostVideoBytes(planOf(1, 2_000_000, 'hevc'))).toBeGreaterThan((3 * maxRate) / 8);
});

it('bounds a copy by what its packets are, not by the size of the file', () => {
  const copy = planOf(40, 11_000_000);
  expect(copy.video).toBe('copy');
  const shared = { ...copy, info: { ...copy.info, sizeBytes: 845_000 } };
  expect(mostVideoBytes(shared)).toBeGreaterThanOrEqual(copiedBytes(shared));
  expect(copiedBytes(shared)).toBeGreaterThan((40 * 11_000_000) / 8);
});

it('bounds what is there at one time: the source with the MP4, then the MP4 with the rest', () => {
  const plan = planOf(12 * 3600, 200_000, 'hevc');
  const peak = peakBytes(plan, ['video', 'poster', 'storyboard', 'hls', 'preview', 'info'], boundVideo(plan));
  // 720p by 6 Mb/s, again as the largest size of HLS, and 480p by 1.4 Mb/s.
  expect(peak / GB).toBeGreaterThan((12 * 3600 * 13.4e6) / 8 / GB);
  expect(peak / GB).toBeLessThan(90);
  expect(peakBytes(plan, ['video'], boundVideo(plan, 2 * GB))).toBe(Math.ceil(plan.info.sizeBytes + 2 * GB));
});

it('encodes what would be too large as a copy, and lets every encode that may fit begin', () => {
  const long = planOf(3 * 3600, 11_000_000);
  expect(fitPlan(long, undefined)).toBe(long);
  expect(fitPlan(long, 20 * GB)).toBe(long);
  const encoded = fitPlan(long, 2 * GB);
  expect(encoded).toMatchObject({ action: 'convert', video: 'encode', outcome: 'processed' });
  expect(encoded).toMatchObject({ reasons: [{}, { detail: expect.stringContaining('2000 MB are allowed') }] });
  // Three hours at the highest rate have 8 GB; most have less than two.
  const most = planOf(3 * 3600, 2_000_000, 'hevc');
  expect(mostVideoBytes(most)).toBeGreaterThan(8 * GB);
  expect(fitPlan(most, 2 * GB)).toBe(most);
});

it('turns away what cannot fit, and says how much always does', () => {
  const plan = fitPlan(planOf(12 * 3600, 200_000, 'hevc'), 5_000_000);
  expect(plan).toMatchObject({ action: 'reject', rejection: { code: 'result_too_large' } });
  if (plan.action === 'reject')
    expect(plan.rejection.reason).toMatch(/larger than a file may be here\..* Up to \d s always fit\.$/);
  expect(secondsThatFit(2 * GB, DEFAULT_POLICY) / 60).toBeCloseTo(39, 0);
});
