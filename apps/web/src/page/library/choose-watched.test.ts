import { expect, it } from 'vitest';
import { chooseWatched, WATCHED_MAX } from './choose-watched.ts';

const video = (id: string, status: 'queued' | 'processing' | 'ready', minute: number) => ({
  id,
  status,
  createdAt: `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`,
});

it('follows processing videos first, then those that wait longest, and never more than the limit', () => {
  const videos = [
    video('new', 'queued', 9),
    video('older', 'queued', 3),
    video('running', 'processing', 5),
    video('oldest', 'queued', 1),
    video('done', 'ready', 0),
  ];
  expect(chooseWatched(videos, new Set())).toEqual(['running', 'oldest', 'older']);
  expect(chooseWatched(videos, new Set())).toHaveLength(WATCHED_MAX);
});

it('skips videos that cannot be followed', () => {
  expect(chooseWatched([video('a', 'queued', 1), video('b', 'queued', 2)], new Set(['a']))).toEqual(['b']);
});
