import { describe, expect, it } from 'vitest';
import { packetStats } from '../../test/support/media-info-fixture.ts';
import { readFfprobeOutput } from './ffprobe-output.ts';
import { readDecodableCodecs } from './list-parts.ts';
import { describeStreams, needsDeepAnalysis } from './main-streams.ts';

const audio = (index: number, more: object = {}) => ({
  index,
  codec_type: 'audio',
  codec_name: 'aac',
  channels: 2,
  sample_rate: '48000',
  ...more,
});
const video = (index: number) => ({ index, codec_type: 'video', codec_name: 'h264', pix_fmt: 'yuv420p' });
const LATE = { channels: 0, sample_rate: '0' };

const file = (streams: readonly object[], programs: readonly number[][] = []) =>
  readFfprobeOutput(
    JSON.stringify({
      streams,
      programs: programs.map((indexes) => ({ streams: indexes.map((index) => ({ index })) })),
      format: { format_name: 'mpegts' },
    }),
  );

/** The chosen track and those that could take its place. Streams of 0 packets are absent. */
function chosen(output: ReturnType<typeof file>, packets: Readonly<Record<number, number>> = {}) {
  const counts = output.streams.map(({ index }) => [index, packets[index] ?? 50] as const);
  const stats = new Map(counts.map(([index, count]) => [index, packetStats({ packets: count })]));
  const { audio: first, otherAudio, undecodableAudio } = describeStreams(output, stats, new Set(['aac', 'ac3']));
  return { indexes: [first, ...otherAudio].map((track) => track?.index), undecodableAudio };
}

describe('the sound of a video', () => {
  it.each<[string, ReturnType<typeof file>, Record<number, number>, (number | undefined)[]]>([
    ['the first', file([video(0), audio(1), audio(2)]), {}, [1, 2]],
    ['the default one', file([video(0), audio(1), audio(2, { disposition: { default: 1 } })]), {}, [2, 1]],
    ['one with packets', file([video(0), audio(1), audio(2)]), { 1: 0 }, [2]],
    ['one with a decoder', file([video(0), audio(1, { codec_name: 'ac4' }), audio(2)]), {}, [2]],
    ['one of a known format', file([video(0), audio(1, LATE), audio(2)]), {}, [2, 1]],
    [
      'that of its programme',
      file(
        [video(0), audio(1), video(2), audio(3)],
        [
          [0, 1],
          [2, 3],
        ],
      ),
      { 2: 90 },
      [3],
    ],
    ['none of another programme', file([video(0), audio(1), video(2)], [[0, 1], [2]]), { 2: 90 }, [undefined]],
    ['one of no programme', file([video(0), audio(1)], [[0]]), {}, [1]],
  ])('is %s', (_, output, packets, expected) => {
    expect(chosen(output, packets).indexes).toEqual(expected);
  });

  it('names what has no decoder by its codec, or else by its tag', () => {
    const unknown = audio(2, { codec_name: undefined, codec_tag_string: 'apac' });
    const { undecodableAudio } = chosen(file([video(0), audio(1, { codec_name: 'ac4' }), unknown]));
    expect(undecodableAudio).toEqual(['ac4', 'apac']);
  });
});

describe('needsDeepAnalysis', () => {
  it.each([
    ['sound that comes late', file([video(0), audio(1, LATE)]), true],
    ['a late track beside another', file([video(0), audio(1, LATE), audio(2)]), false],
    [
      'late sound of one programme',
      file(
        [video(0), audio(1), video(2), audio(3, LATE)],
        [
          [0, 1],
          [2, 3],
        ],
      ),
      true,
    ],
    ['late sound without a decoder', file([video(0), audio(1, { ...LATE, codec_name: 'ac4' })]), false],
    ['no sound', file([video(0)]), false],
  ])('%s: %s', (_, output, expected) => {
    expect(needsDeepAnalysis(output, new Set(['aac']))).toBe(expected);
  });
});

it('reads which codecs can be decoded', () => {
  const lines = [
    'Codecs:',
    ' D..... = Decoding supported',
    ' -------',
    ' DEAIL. aac                  AAC (Advanced Audio Coding) (decoders: aac aac_fixed )',
    ' ..A.L. ac4                  AC-4',
    ' D.V.L. h264                 H.264',
  ];
  expect(readDecodableCodecs(lines)).toEqual(new Set(['aac', 'h264']));
  expect(readDecodableCodecs(['ffmpeg version'])).toBeUndefined();
});

describe('the duration that a header tells', () => {
  const subtitle = (index: number) => ({ index, codec_type: 'subtitle', codec_name: 'subrip' });
  const told = (subtitles: { readonly from: number; readonly lasts: number }, duration = '30.02') => {
    const output = readFfprobeOutput(
      JSON.stringify({ streams: [video(0), subtitle(1)], format: { format_name: 'matroska,webm', duration } }),
    );
    const stats = new Map([
      [0, packetStats({ firstSeconds: 0, durationSeconds: 5 })],
      [1, packetStats({ firstSeconds: subtitles.from, durationSeconds: subtitles.lasts })],
    ]);
    return describeStreams(output, stats, undefined).headerDurationSeconds;
  };

  it('is not that of the video where subtitles last so long', () => {
    expect(told({ from: 1, lasts: 29 })).toBeUndefined();
  });

  it('is that of a video that was cut off, or is as long as its subtitles', () => {
    expect(told({ from: 1, lasts: 4 })).toBe(30.02);
    expect(told({ from: 1, lasts: 4 }, '5')).toBe(5);
  });
});
