import { expect, it } from 'vitest';
import { arrangeEntries, nameOf } from './arrange-entries.ts';
import type { Entry } from './entry.ts';

const entry = (title: string, at: number, durationSeconds: number): Entry =>
  ({
    key: title,
    at,
    item: { video: { title, fileName: null, sourcePath: 'x', facts: { output: { durationSeconds } } } },
  }) as unknown as Entry;
const entries = [entry('Clip 10', 3, 5), entry('Été à la mer', 2, 60), entry('clip 2', 1, 9)];
const arrange = (search: string, order: Parameters<typeof arrangeEntries>[1]['order'] = 'newest') =>
  arrangeEntries(entries, { search, order }).map(nameOf);

it('finds words in any order, whatever their case and accents', () => {
  expect(arrange('CLIP')).toEqual(['Clip 10', 'clip 2']);
  expect(arrange('mer ete')).toEqual(['Été à la mer']);
  expect(arrange('nothing')).toEqual([]);
});

it('sorts by time, name and length', () => {
  expect(arrange('', 'newest')).toEqual(['Clip 10', 'Été à la mer', 'clip 2']);
  expect(arrange('', 'oldest')).toEqual(['clip 2', 'Été à la mer', 'Clip 10']);
  expect(arrange('', 'name')).toEqual(['clip 2', 'Clip 10', 'Été à la mer']);
  expect(arrange('', 'longest')).toEqual(['Été à la mer', 'clip 2', 'Clip 10']);
});
