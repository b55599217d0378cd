import { describe, expect, it } from 'vitest';
import { audioInfo, mediaInfo } from '../../test/support/media-info-fixture.ts';
import { audioFilterChain, measuringChain } from './audio-chain.ts';

const STEADY = 'aresample=async=1:first_pts=0';
const LIMITER = 'alimiter=limit=0.97:level=false:latency=true';

const plan = (channels: number, channelLayout: string | undefined) =>
  ({ audio: 'encode', info: mediaInfo({ audio: audioInfo({ channels, channelLayout }) }) }) as const;

describe('audioFilterChain', () => {
  it.each([
    [0, undefined],
    [1, undefined],
    [2, 'stereo'],
    [6, '5.1(side)'],
    [12, '12 channels (FL+FR+FC+LFE+BL+BR+SL+SR+TFL+TFR+TBL+TBR)'],
    [300, undefined],
  ])('leaves %d channels that are %s to ffmpeg', (channels, layout) => {
    expect(audioFilterChain(plan(channels, layout))).toBe(STEADY);
  });

  it.each([
    [4, undefined, '0.707*c0+0.707*c2', '0.707*c1+0.707*c3'],
    [4, '4 channels', '0.707*c0+0.707*c2', '0.707*c1+0.707*c3'],
    [3, '3 channels (UNSD+UNSD+UNSD)', '1.000*c0+0.707*c2', '1.000*c1+0.707*c2'],
    [6, undefined, '1.000*c0+0.707*c2+0.707*c4', '1.000*c1+0.707*c2+0.707*c5'],
    [7, undefined, '0.500*c0+0.500*c2+0.500*c4+0.500*c6', '0.500*c1+0.500*c3+0.500*c5+0.500*c6'],
    [4, 'ambisonic 1', '0.707*c0+0.707*c1', '0.707*c0+-0.707*c1'],
    [6, 'ambisonic 1+stereo', '0.707*c0+0.707*c1+0.707*c4', '0.707*c0+-0.707*c1+0.707*c5'],
  ])('mixes %d channels that are %s by number', (channels, layout, left, right) => {
    expect(audioFilterChain(plan(channels, layout))).toBe(
      `aformat=sample_fmts=fltp,pan=stereo|c0=${left}|c1=${right},${LIMITER},${STEADY}`,
    );
  });

  it('keeps left and right where nobody named them', () => {
    expect(audioFilterChain(plan(2, undefined))).toBe(`channelmap=0|1:stereo,${STEADY}`);
  });

  it('measures what it then makes louder', () => {
    const measured = { integrated: -20, truePeak: -8, range: 5, threshold: -30 };
    const loudness = { measured, target: -14, applied: -14 };
    const chain = audioFilterChain({ ...plan(2, 'stereo'), loudness });
    expect(chain?.startsWith(`${STEADY},aformat=channel_layouts=stereo,loudnorm=linear=true:I=-14.00:`)).toBe(true);
    expect(measuringChain(plan(2, 'stereo'))).toBe(
      `${STEADY},aformat=channel_layouts=stereo,loudnorm=print_format=json`,
    );
  });

  it('is none for sound that is not encoded', () => {
    expect(audioFilterChain({ ...plan(2, 'stereo'), audio: 'copy' })).toBeUndefined();
  });
});
