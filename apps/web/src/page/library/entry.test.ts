import type { UploadRecord } from '@supabase-media/uploader';
import type { UploadItem } from '@supabase-media/uploader/react/upload-list';
import { expect, it } from 'vitest';
import { type EntrySources, mergeEntries } from './entry.ts';
import type { VideoItem } from './video-item.ts';

const upload = (id: string, addedAt: number, changes: Partial<UploadItem> = {}): UploadItem => ({
  id,
  addedAt,
  videoId: undefined,
  fileName: `${id}.mp4`,
  size: 1,
  state: { name: 'queued' },
  progress: undefined,
  isSetAside: false,
  ...changes,
});
const video = (id: string, at: number): VideoItem =>
  ({ video: { id, createdAt: new Date(at).toISOString() }, etaSeconds: undefined }) as VideoItem;
const record = (sessionId: string, at: number) =>
  ({ sessionId, expiresAt: new Date(at + 86_400_000).toISOString() }) as UploadRecord;
const keysOf = (sources: Partial<EntrySources>) =>
  mergeEntries({ uploads: [], elsewhere: [], videos: [], aside: new Set(), ...sources }).map(({ key }) => key);

it('keeps the key and the place of an upload when its video comes, whenever that was made', () => {
  const sent = upload('upload-1', 2000, { videoId: 'a' });
  expect(keysOf({ uploads: [sent], videos: [video('b', 3000)] })).toEqual(['b', 'upload-1']);
  expect(keysOf({ uploads: [sent], videos: [video('b', 3000), video('a', 9000)] })).toEqual(['b', 'upload-1']);
});

it('puts what was added at once in the order in which it was chosen', () => {
  expect(keysOf({ uploads: [upload('upload-1', 5), upload('upload-2', 5), upload('upload-3', 9)] })).toEqual([
    'upload-3',
    'upload-1',
    'upload-2',
  ]);
});

it('shows what another window sends once, as the video when there is one', () => {
  expect(keysOf({ elsewhere: [record('a', 10)] })).toEqual(['a']);
  expect(keysOf({ elsewhere: [record('a', 10)], videos: [video('a', 20)] })).toEqual(['a']);
});

it('shows nothing of what was set aside', () => {
  const uploads = [upload('upload-1', 1, { isSetAside: true }), upload('upload-2', 2, { videoId: 'a' })];
  expect(keysOf({ uploads, elsewhere: [record('a', 1)], aside: new Set(['a']) })).toEqual([]);
});
