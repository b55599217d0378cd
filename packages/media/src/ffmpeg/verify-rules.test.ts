import { describe, expect, it } from 'vitest';
import { audioInfo, mediaInfo, packetStats, videoInfo } from '../../test/support/media-info-fixture.ts';
import type { MediaInfo } from '../plan/media-info.ts';
import { type ConvertPlan, encodeInstead, planProcessing } from '../plan/plan.ts';
import { compareOutput } from './verify-rules.ts';

function copyPlan(info: MediaInfo = mediaInfo()): ConvertPlan {
  const plan = planProcessing(info);
  if (plan.action !== 'convert') throw new Error('rejected');
  return plan;
}

const encodePlan = (info?: MediaInfo) => encodeInstead(copyPlan(info), 'test');

/** An output that ends after so many seconds. */
function lasting(seconds: number): MediaInfo {
  const stats = packetStats({ durationSeconds: seconds, lastSeconds: seconds - 0.04 });
  return mediaInfo({ durationSeconds: seconds, video: videoInfo({ stats }), audio: audioInfo({ stats }) });
}

describe('compareOutput', () => {
  it('passes what is equal, or nearly so', () => {
    for (const seconds of [10, 9.1, 10.9]) {
      expect(compareOutput(copyPlan(), lasting(seconds))).toEqual({ warnings: [] });
    }
  });

  it('sends a shorter copy to the encoder', () => {
    expect(compareOutput(copyPlan(), lasting(5)).problem).toBe('the copy has 5.00 s of 10.00 s');
  });

  it('warns of an encode that lost a part, and rejects one that lost more than half', () => {
    expect(compareOutput(encodePlan(), lasting(7)).warnings.map((warning) => warning.code)).toEqual(['output_shorter']);
    expect(compareOutput(encodePlan(), lasting(4)).rejection?.code).toBe('truncated_media');
  });

  it('refuses an output that is longer than its source', () => {
    expect(compareOutput(encodePlan(), lasting(12)).problem).toBe('the output has 12.00 s of 10.00 s');
  });

  it('compares with what can be decoded, not with the header', () => {
    const stats = packetStats({ firstPacketIsKey: false, firstKeySeconds: 8 });
    const info = mediaInfo({ video: videoInfo({ stats, headerDurationSeconds: 143_165 }) });
    const output = lasting(10);
    const late = videoInfo({ stats: packetStats({ firstSeconds: 8, durationSeconds: 2 }) });
    expect(compareOutput(encodePlan(info), { ...output, video: late })).toEqual({ warnings: [] });
  });

  it('lets the last frame of a slideshow be shorter', () => {
    const still = packetStats({ packets: 1, lastSeconds: 0, durationSeconds: 10 });
    const info = mediaInfo({ video: videoInfo({ stats: still }), audio: undefined, audioTracks: 0 });
    const short = videoInfo({ stats: { ...still, durationSeconds: 0.04 } });
    const output = mediaInfo({ video: short, audio: undefined, audioTracks: 0, durationSeconds: 0.04 });
    expect(compareOutput(encodePlan(info), output)).toEqual({ warnings: [] });
  });

  it.each<[string, MediaInfo, RegExp]>([
    ['moov at the end', mediaInfo({ mp4: { moovFirst: false, fragmented: false, durationUnknown: false } }), /index/],
    ['another codec', mediaInfo({ video: videoInfo({ codec: 'mpeg4' }) }), /mpeg4/],
    ['10 bit', mediaInfo({ video: videoInfo({ pixelFormat: 'yuv420p10le' }) }), /yuv420p10le/],
    ['another size', mediaInfo({ video: videoInfo({ codedWidth: 640, codedHeight: 360 }) }), /640x360, not 1280x720/],
    ['MP3', mediaInfo({ audio: audioInfo({ codec: 'mp3' }) }), /mp3/],
  ])('refuses %s', (_, output, why) => {
    expect(compareOutput(encodePlan(), output).problem).toMatch(why);
  });

  it('refuses a copy that lost its audio, and warns of an encode that did', () => {
    const silent = mediaInfo({ audio: undefined, audioTracks: 0 });
    expect(compareOutput(copyPlan(), silent).problem).toBe('the copy lost the audio');
    expect(compareOutput(encodePlan(), silent).warnings.map((warning) => warning.code)).toEqual(['audio_lost']);
  });

  it('never lets the sound reject a video: where it is shorter, a warning says so', () => {
    const long = audioInfo({ stats: packetStats({ durationSeconds: 30, lastSeconds: 29.98 }) });
    const plan = encodePlan(mediaInfo({ audio: long, durationSeconds: 30 }));
    const { rejection, warnings } = compareOutput(plan, lasting(10));
    expect(rejection).toBeUndefined();
    expect(warnings.map(({ code }) => code)).toEqual(['output_shorter']);
    const cut = mediaInfo({ audio: audioInfo({ stats: packetStats({ durationSeconds: 4 }) }) });
    expect(compareOutput(encodePlan(), cut).warnings).toEqual([
      {
        code: 'output_shorter',
        message: 'A part of the sound could not be read: the result has 4.00 s of 10.00 s.',
      },
    ]);
  });

  it('tells what is wrong with the sound alone', () => {
    const mp3 = compareOutput(encodePlan(), mediaInfo({ audio: audioInfo({ codec: 'mp3' }) }));
    const longer = compareOutput(
      encodePlan(),
      mediaInfo({ audio: audioInfo({ stats: packetStats({ durationSeconds: 20 }) }), durationSeconds: 20 }),
    );
    expect([mp3.withSound, longer.withSound]).toEqual([true, true]);
    expect(compareOutput(encodePlan(), lasting(12)).withSound).toBeUndefined();
  });

  it('rejects a source of which no frame came out', () => {
    const empty = mediaInfo({ video: undefined });
    expect(compareOutput(encodePlan(), empty).rejection?.code).toBe('undecodable_video');
    expect(compareOutput(copyPlan(), empty).problem).toBe('the copy has no video');
  });
});
