/** The digests are those of the file and of the parts that Storage made of it, whatever order the news came in. */
import { createHash } from 'node:crypto';
import { createEtagDigest, expectedPartEnds, WHOLE } from '@supabase-media/upload-protocol/multipart-etag';
import { describe, expect, it } from 'vitest';
import { createContentDigest } from './content-digest.ts';
import type { UploadSource } from './upload-source.ts';

const MIB = 1024 * 1024;
const SIZE = 20 * MIB + 5;
const content = Buffer.alloc(SIZE, 'a content that is not the same in every part; ');
const blob = new Blob([content]);
const never = new AbortController().signal;

function sourceOf(slice: UploadSource['slice'] = (start, end) => blob.slice(start, end)): UploadSource {
  return { name: 'a.mp4', size: SIZE, type: 'video/mp4', lastModified: 0, slice };
}

/** By Node's MD5. */
function expected(requestEnds: readonly number[] | undefined) {
  const parts = requestEnds && expectedPartEnds({ size: SIZE, route: 'resumable', requestEnds });
  const digest = createEtagDigest(parts ? [WHOLE, parts] : [WHOLE], () => createHash('md5'));
  digest.update(content);
  const [md5, ...etags] = digest.digest();
  return { md5, etags };
}

describe('the digests of a file', () => {
  it('are taken beside an upload, up to what was acknowledged', async () => {
    let furthest = 0;
    const source = sourceOf((start, end) => {
      furthest = Math.max(furthest, end);
      return blob.slice(start, end);
    });
    const digest = createContentDigest(source);
    const requestEnds = [6 * MIB, 7 * MIB + 3, 13 * MIB];
    for (const [index, end] of requestEnds.entries()) {
      digest.advance({ uploadId: 'a', requestEnds: requestEnds.slice(0, index + 1), acknowledgedBytes: end });
      await expect.poll(() => furthest).toBe(end);
    }
    expect(await digest.finish(never)).toEqual(expected(requestEnds));
  });

  it.each([
    ['another upload takes its place', 'b', [6 * MIB, 12 * MIB]],
    ['Storage goes back behind what it had said', 'a', [5 * MIB]],
    ['a request ended elsewhere than was said', 'a', [6 * MIB, 11 * MIB]],
  ])('begin anew when %s', async (_, uploadId, requestEnds) => {
    const digest = createContentDigest(sourceOf());
    digest.advance({ uploadId: 'a', requestEnds: [6 * MIB, 12 * MIB + 9], acknowledgedBytes: 12 * MIB + 9 });
    digest.advance({ uploadId, requestEnds, acknowledgedBytes: requestEnds.at(-1) ?? 0 });
    expect(await digest.finish(never)).toEqual(expected(requestEnds));
  });

  it('are only those of the whole where its parts are not known', async () => {
    const digest = createContentDigest(sourceOf());
    digest.advance({ uploadId: 'a', requestEnds: null, acknowledgedBytes: 9 * MIB });
    expect(await digest.finish(never)).toEqual(expected(undefined));
    expect(await createContentDigest(sourceOf()).finish(never)).toEqual(expected(undefined));
  });

  it('are none of a file that cannot be read, nor after the upload ended', async () => {
    const broken = sourceOf(() => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) as unknown as Blob);
    expect(await createContentDigest(broken).finish(never)).toBeUndefined();
    const closed = createContentDigest(sourceOf());
    closed.close();
    expect(await closed.finish(never)).toBeUndefined();
  });

  it('can be waited for again after a pause', async () => {
    const digest = createContentDigest(sourceOf());
    const pause = new AbortController();
    const first = digest.finish(pause.signal);
    pause.abort(new Error('paused'));
    await expect(first).rejects.toThrow('paused');
    expect(await digest.finish(never)).toEqual(expected(undefined));
  });
});
