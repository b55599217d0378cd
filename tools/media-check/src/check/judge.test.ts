import { expect, it } from 'vitest';
import type { HlsRendition } from '../measure/hls-stream.ts';
import type { MediaTimes } from '../measure/media-file.ts';
import { judgeHls, judgeMp4 } from './judge.ts';

const every = (step: number, count: number, start = 0) => Array.from({ length: count }, (_, at) => start + at * step);
const frames = (times: readonly number[], aspect: number, step = 0.04) => ({
  times,
  end: (times.at(-1) ?? 0) + step,
  returns: 0,
  aspect,
  sizes: 1,
  shortSide: 360,
});

/** Two seconds of 25 fps and AAC. */
function media(changes: Partial<MediaTimes> = {}): MediaTimes {
  const soundTimes = every(0.02, 100);
  return {
    picture: frames(every(0.04, 50), 1.6),
    aspect: 1.6,
    fps: 25,
    sound: frames(soundTimes, Number.NaN, 0.02),
    soundPackets: soundTimes.map((time, at) => ({ time, bytes: 100 + (at % 7) })),
    ...changes,
  };
}

function rendition(type: 'video' | 'audio', start = 0, changes: Partial<HlsRendition> = {}): HlsRendition {
  const times = type === 'video' ? every(0.04, 50, start) : every(0.02, 100, start);
  const packets = times.map((time, at) => ({ time, bytes: 100 + (at % 7) }));
  const segments = [{ seconds: 2, start }];
  return { name: type, type, files: [], segments, packets, times, end: start + 2, aspect: 1.6, ...changes };
}

it.each<[string, Partial<MediaTimes>, readonly string[], string | undefined]>([
  ['nothing', {}, [], undefined],
  ['half of the time', { picture: frames(every(0.04, 25), 1.6), sound: frames(every(0.02, 50), 1) }, [], 'duration'],
  [
    'half of the time, said',
    { picture: frames(every(0.04, 25), 1.6), sound: frames(every(0.02, 50), 1) },
    ['output_shorter'],
    undefined,
  ],
  ['every other frame', { picture: frames(every(0.08, 25), 1.6, 0.08) }, [], 'frames'],
  ['silence', { sound: undefined }, [], 'sound'],
  ['silence, said', { sound: undefined }, ['audio_lost'], undefined],
  ['a stretched picture', { aspect: 1.3 }, [], 'shape'],
  ['late sound', { sound: frames(every(0.02, 95, 0.1), 1) }, [], 'sync'],
  ['early sound', { sound: frames(every(0.02, 90), 1, 0.02) }, [], 'sync'],
  ['silence in front', { sound: frames(every(0.02, 125, -0.5), 1, 0.02) }, [], 'duration'],
])('finds in the MP4: %s', (_name, changes, warnings, kind) => {
  expect(judgeMp4(media(), media(changes), warnings)[0]?.kind).toBe(kind);
});

it('excuses frames of the source that go back in time, and no more of them', () => {
  const times = [...every(0.04, 50), 1.88, 1.92].sort((a, b) => a - b);
  const source = (returns: number) =>
    media({
      picture: {
        ...frames(
          times.map((t, at) => t + at * 1e-3),
          1.6,
        ),
        returns,
      },
    });
  const made = media({ picture: frames([...every(0.041, 49), 2.012], 1.6) });
  expect(judgeMp4(source(2), made, [])).toEqual([]);
  expect(judgeMp4(source(0), made, [])[0]?.kind).toBe('frames');
});

it('lets a stream be held as long as a player needs', () => {
  const short = media({ picture: frames([0], 1.6), sound: frames([0, 0.02], Number.NaN, 0.02), soundPackets: [] });
  const held = (end: number) => [
    rendition('video', 0, { times: every(0.04, Math.round(end / 0.04)), end, segments: [{ seconds: end, start: 0 }] }),
    rendition('audio', 0, { times: every(0.02, 13), end: 0.25 }),
  ];
  expect(judgeHls(short, held(0.25))[0]).toEqual([]);
  expect(
    judgeHls(short, held(0.6))[0]
      .map(({ message }) => message)
      .join(),
  ).toMatch(/ends 350 ms after/);
});

it.each<[string, readonly HlsRendition[], RegExp | undefined]>([
  ['nothing', [rendition('video'), rendition('audio')], undefined],
  ['a stream that starts later as a whole', [rendition('video', 5), rendition('audio', 5)], undefined],
  ['a late picture', [rendition('video', 0.08), rendition('audio')], /80 ms later/],
  ['no sound', [rendition('video')], /no sound/],
  ['lost frames', [rendition('video', 0, { times: every(0.04, 49) }), rendition('audio')], /49 frames/],
  [
    'a wrong playlist',
    [
      rendition('video', 0, {
        segments: [
          { seconds: 1, start: 0 },
          { seconds: 1, start: 1.2 },
        ],
      }),
    ],
    /playlist/,
  ],
  [
    'segments that part',
    [rendition('video'), rendition('video', 0, { segments: [{ seconds: 2, start: 0.1 }] }), rendition('audio')],
    /part at segment 0/,
  ],
])('finds in the stream: %s', (_name, renditions, message) => {
  const [findings] = judgeHls(media(), renditions);
  if (message === undefined) expect(findings).toEqual([]);
  else expect(findings.map((finding) => finding.message).join()).toMatch(message);
});
