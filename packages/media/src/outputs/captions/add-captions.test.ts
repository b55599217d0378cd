import type { PublishedOutput } from '@supabase-media/core/published-output';
import { expect, it } from 'vitest';
import { addCaptions, mergeCaptions } from './add-captions.ts';

const content = Buffer.from('WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n');
const video: PublishedOutput = {
  kind: 'video',
  bucket: 'b',
  path: 'p/v/1/video.mp4',
  contentType: 'video/mp4',
  bytes: 1,
  durationSeconds: 5,
};
const stream: PublishedOutput = {
  ...video,
  kind: 'hls',
  path: 'p/v/1/hls/master.m3u8',
  contentType: 'application/vnd.apple.mpegurl',
};
const captions = (number: number): PublishedOutput => ({
  ...video,
  kind: 'captions',
  path: `p/v/1/captions/en-${number}.vtt`,
});

/** Adds English captions to a video whose master playlist is there, and tells what was written in which order. */
async function add(outputs: readonly PublishedOutput[], master = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na\n') {
  const written: string[] = [];
  const files = { read: async () => master, write: async ({ path }: { path: string }) => void written.push(path) };
  return { added: await addCaptions({ outputs, language: 'en', content, files }), written };
}

it('writes what names others after them', async () => {
  const { added, written } = await add([video, stream]);
  expect(written).toEqual([
    'p/v/1/captions/en.vtt',
    'p/v/1/hls/captions-en/captions.vtt',
    'p/v/1/hls/captions-en/index.m3u8',
    'p/v/1/hls/master.m3u8',
  ]);
  expect((await add([stream])).written).toEqual(written);
  expect((await add([video])).written).toEqual(written.slice(0, 1));
  expect(mergeCaptions([video, added, stream], { ...added, bytes: 7 })).toEqual([
    video,
    stream,
    { ...added, bytes: 7 },
  ]);
});

it('keeps the label and the disposition of those that it replaces', async () => {
  const known: PublishedOutput = {
    ...captions(1),
    path: 'p/v/1/captions/en.vtt',
    label: 'Forced',
    disposition: 'forced',
  };
  expect((await add([video, known])).added).toMatchObject({ label: 'Forced', disposition: 'forced' });
});

it('refuses a video without a picture, with a stream that is gone, and more captions than menus show', async () => {
  await expect(add([captions(1)])).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(add([video, ...Array.from({ length: 16 }, (_, index) => captions(index))])).rejects.toThrow(
    /16 captions/,
  );
  const gone = addCaptions({
    outputs: [stream],
    language: 'en',
    content,
    files: { read: async () => undefined, write: async () => {} },
  });
  await expect(gone).rejects.toThrow(/not there any more/);
});
