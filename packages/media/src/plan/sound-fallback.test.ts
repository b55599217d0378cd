import { describe, expect, it } from 'vitest';
import { audioInfo, mediaInfo, videoInfo } from '../../test/support/media-info-fixture.ts';
import type { MediaInfo } from './media-info.ts';
import { type ConvertPlan, planProcessing } from './plan.ts';
import { soundFallbacks } from './sound-fallback.ts';

function plan(changes: Partial<MediaInfo>): ConvertPlan {
  const made = planProcessing(mediaInfo(changes));
  if (made.action !== 'convert') throw new Error('rejected');
  return made;
}

const surround = audioInfo({ codec: 'ac3', channels: 6, channelLayout: '5.1' });
const summaries = (changes: Partial<MediaInfo>) =>
  soundFallbacks(plan(changes)).map(({ audio, info }) => [audio, info.audio?.index, info.audio?.channelLayout]);

describe('soundFallbacks', () => {
  it.each<[string, Partial<MediaInfo>, unknown[]]>([
    [
      'an encode of what was to be copied',
      {},
      [
        ['encode', 1, 'stereo'],
        ['none', undefined, undefined],
      ],
    ],
    [
      'an encode, then the next track',
      { otherAudio: [audioInfo({ index: 2 })] },
      [
        ['encode', 1, 'stereo'],
        ['encode', 2, 'stereo'],
        ['none', undefined, undefined],
      ],
    ],
    [
      'the next track',
      { audio: surround, otherAudio: [audioInfo({ index: 2 }), audioInfo({ index: 3 })] },
      [
        ['encode', 2, 'stereo'],
        ['none', undefined, undefined],
      ],
    ],
    [
      'the channels by number',
      { audio: surround },
      [
        ['encode', 1, undefined],
        ['none', undefined, undefined],
      ],
    ],
    ['no sound', { audio: { ...surround, channelLayout: undefined } }, [['none', undefined, undefined]]],
    ['nothing where there is none', { audio: undefined }, []],
  ])('tries %s', (_, changes, expected) => {
    expect(summaries(changes)).toEqual(expected);
  });

  it('says that the sound is lost, and nothing else of it', () => {
    const silent = soundFallbacks(plan({ audio: surround, audioTracks: 2 })).at(-1);
    expect(silent).toMatchObject({ outcome: 'remuxed', reasons: [{ code: 'already_faststart' }] });
    expect(silent?.warnings.map(({ code }) => code)).toEqual(['audio_lost']);
    const encoded = soundFallbacks(plan({ audio: surround, video: videoInfo({ codec: 'hevc' }) })).at(-1);
    expect(encoded).toMatchObject({ outcome: 'processed', reasons: [{ code: 'video_codec' }] });
  });
});
