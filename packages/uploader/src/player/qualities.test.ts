import { expect, it } from 'vitest';
import { createQualities, listQualities } from './qualities.ts';

it('lists heights from large to small, of a portrait picture by its width, each once', () => {
  const levels = [
    { width: 480, height: 854, bitrate: 1 },
    { width: 1080, height: 1920, bitrate: 5 },
    { width: 1080, height: 1920, bitrate: 6 },
    { width: 720, height: 1280, bitrate: 3 },
  ];
  expect(listQualities(levels)).toEqual([
    { id: 2, label: '1080p' },
    { id: 3, label: '720p' },
    { id: 0, label: '480p' },
  ]);
  expect(listQualities([])).toEqual([]);
});

it('tells the stream what was chosen, and listeners what is shown', () => {
  const qualities = createQualities();
  const asked: (number | undefined)[] = [];
  let changes = 0;
  const stop = qualities.subscribe(() => changes++);
  qualities.offer([{ id: 1, label: '720p' }], (id) => asked.push(id));
  qualities.choose(1);
  qualities.showPlaying(1);
  expect(qualities.getSnapshot()).toEqual({ qualities: [{ id: 1, label: '720p' }], chosen: 1, playing: 1 });
  qualities.choose(undefined);
  stop();
  qualities.offer([], () => {});
  expect({ asked, changes }).toEqual({ asked: [1, undefined], changes: 4 });
});
