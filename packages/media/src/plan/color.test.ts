import { describe, expect, it } from 'vitest';
import { type CompleteColors, colorCodes, completeTags, keepColors, planColors, readColors } from './color.ts';
import type { ColorInfo } from './media-info.ts';

const picture = (color: Partial<ColorInfo>, codedHeight: number, pixelFormat = 'yuv420p') => ({
  color: { primaries: undefined, transfer: undefined, space: undefined, range: undefined, ...color },
  pixelFormat,
  codedHeight,
  hdr: undefined,
});
/** Primaries, transfer, matrix, range. */
const words = (colors: CompleteColors | undefined) => colors && Object.values(colors).join(' ');
const complete = (tag: string, range = 'tv') => ({ primaries: tag, transfer: tag, space: tag, range });

describe('readColors', () => {
  it.each<[string, Partial<ColorInfo>, number, string, string]>([
    ['SD without tags', {}, 719, 'yuv420p', 'smpte170m smpte170m smpte170m tv'],
    ['HD without tags', {}, 720, 'yuv420p', 'bt709 bt709 bt709 tv'],
    ['the pixels of JPEG in HD', {}, 1080, 'yuvj420p', 'bt709 bt709 smpte170m pc'],
    ['full range with a matrix alone', { space: 'bt470bg', range: 'pc' }, 1080, 'yuv420p', 'bt709 bt709 bt470bg pc'],
    ['SD with a matrix alone', { space: 'bt709' }, 480, 'yuv420p', 'bt709 bt709 bt709 tv'],
    ['PAL', { ...complete('bt470bg') }, 576, 'yuv420p', 'bt470bg bt470bg bt470bg tv'],
    ['reserved tags', complete('reserved'), 1080, 'yuv420p', 'bt709 bt709 bt709 tv'],
    ['BT.2020', { primaries: 'bt2020', transfer: 'bt2020-10' }, 1080, 'yuv420p10le', 'bt2020 bt709 bt2020nc tv'],
    ['RGB', { transfer: 'iec61966-2-1' }, 480, 'gbrp', 'bt709 iec61966-2-1 gbr pc'],
    ['grey', {}, 480, 'gray', 'smpte170m smpte170m smpte170m pc'],
  ])('%s', (_, color, height, pixelFormat, expected) => {
    expect(words(readColors(picture(color, height, pixelFormat)))).toBe(expected);
  });
});

describe('planColors', () => {
  it.each<[string, Partial<ColorInfo>, number, string]>([
    ['BT.601 stays in SD', complete('smpte170m', 'pc'), 718, 'smpte170m smpte170m smpte170m tv'],
    ['BT.601 of an HD picture becomes BT.709', complete('smpte170m', 'pc'), 720, 'smpte170m smpte170m bt709 tv'],
    ['BT.709 stays in SD', complete('bt709'), 360, 'bt709 bt709 bt709 tv'],
    ['what browsers do not know becomes BT.709', complete('smpte240m'), 360, 'smpte240m smpte240m bt709 tv'],
    ['primaries of a screen stay', { ...complete('bt709'), primaries: 'smpte432' }, 1080, 'smpte432 bt709 bt709 tv'],
  ])('%s', (_, color, height, expected) => {
    expect(words(planColors(picture(color, height), { height, canConvertHdr: true }))).toBe(expected);
  });
});

it('keepColors keeps the matrix of the MP4 whatever its size', () => {
  expect(words(keepColors(picture(complete('bt470bg', 'pc'), 1080)))).toBe('bt470bg bt470bg bt470bg tv');
  expect(words(keepColors(picture(complete('smpte240m'), 1080)))).toBe('smpte240m smpte240m bt709 tv');
});

describe('completeTags', () => {
  it('fills what is open where a browser would show other colours', () => {
    expect(words(completeTags(picture({ space: 'bt470bg', range: 'pc' }, 480)))).toBe('smpte170m smpte170m bt470bg pc');
    expect(words(completeTags(picture({ space: 'bt709' }, 480)))).toBe('bt709 bt709 bt709 tv');
    expect(words(completeTags(picture({ space: 'smpte170m' }, 1080)))).toBe('bt709 bt709 smpte170m tv');
  });

  it('leaves alone what is complete, what has no tags, and what is guessed right', () => {
    expect(completeTags(picture(complete('smpte170m', 'pc'), 1080))).toBeUndefined();
    expect(completeTags(picture({ ...complete('bt709', 'pc'), transfer: 'bt1361e' }, 480))).toBeUndefined();
    expect(completeTags(picture({ range: 'pc' }, 1080, 'yuvj420p'))).toBeUndefined();
    expect(completeTags(picture({ space: 'bt709' }, 1080))).toBeUndefined();
  });

  it('has the numbers of H.273', () => {
    const colors = { primaries: 'smpte432', transfer: 'iec61966-2-1', space: 'bt2020nc', range: 'tv' } as const;
    expect(colorCodes(colors)).toEqual({ primaries: 12, transfer: 13, space: 9 });
  });
});
