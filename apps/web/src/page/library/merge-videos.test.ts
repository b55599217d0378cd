import type { Video } from '@supabase-media/uploader/contract';
import { expect, it } from 'vitest';
import { mergeVideos } from './merge-videos.ts';

const video = (changes: Partial<Video>): Video =>
  ({ id: 'a', status: 'processing', progress: 0, step: null, startedAt: 's1', createdAt: '1', ...changes }) as Video;
const shown = (changes: Partial<Video>) => ({ video: video(changes), etaSeconds: undefined });
const progressOf = (items: ReturnType<typeof mergeVideos>) => items.map(({ video: { progress } }) => progress);

it('never shows less progress of the same run', () => {
  expect(progressOf(mergeVideos([shown({ progress: 40 })], [video({ progress: 38 })]))).toEqual([40]);
  expect(progressOf(mergeVideos([shown({ progress: 40 })], [video({ progress: 44 })]))).toEqual([44]);
});

it('starts over with another run', () => {
  expect(progressOf(mergeVideos([shown({ progress: 40 })], [video({ progress: 2, startedAt: 's2' })]))).toEqual([2]);
});

it('takes every final status from the row', () => {
  const [item] = mergeVideos([shown({ progress: 40 })], [video({ status: 'failed', progress: 12 })]);
  expect(item?.video).toMatchObject({ status: 'failed', progress: 12 });
});

it('keeps the newest first', () => {
  const items = mergeVideos([shown({ id: 'b', createdAt: '2' })], [video({ id: 'c', createdAt: '3' }), video({})]);
  expect(items.map(({ video: { id } }) => id)).toEqual(['c', 'b', 'a']);
});
