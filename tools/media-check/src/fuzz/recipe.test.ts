import { expect, it } from 'vitest';
import { drawRecipe } from './recipe.ts';

const texts = (seed: number, from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => {
    const { parts, about } = drawRecipe(seed, from + at);
    return JSON.stringify({ parts, about });
  });

it('draws the same file for the same seed and index, whatever was drawn before', () => {
  const all = texts(5, 0, 40);
  expect(texts(5, 17, 40)).toEqual(all.slice(17));
  expect(texts(6, 0, 40)).not.toEqual(all);
  expect(new Set(all).size).toBe(40);
});

it('draws every kind of file', () => {
  const all = texts(1, 0, 600).join('\n');
  for (const kind of [
    'matroska',
    'mpegts',
    'webm',
    'flv',
    'avi',
    '3gp',
    'hevc',
    'two programmes, swapped',
    'then another size',
  ]) {
    expect(all).toContain(kind);
  }
  for (const edit of ['edits of vide', 'ctts version 1', 'tkhd flags', 'no durations', 'matrix', 'frag_keyframe']) {
    expect(all).toContain(edit);
  }
});
