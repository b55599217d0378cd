/** A bit that turns on the way to Storage: no upload is accepted for its size alone, whichever path its bytes took. */
import { SEED } from '@supabase-media/test-support/random';
import { stackValue } from '@supabase-media/test-support/stack';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeChangedBytes, LARGE, openBehind, PASS, SMALL } from '../support/changed-bytes.ts';
import { type ClientLab, openClientLab } from '../support/client-lab.ts';

let lab: ClientLab;
beforeAll(async () => {
  lab = await openClientLab();
});
afterEach(() => lab.endTest());
afterAll(() => lab?.close());

describeChangedBytes(() => lab, 'md5');

describe('an ETag that looks like an MD5 and is none', () => {
  const SCRAMBLED = 'ffffffffffffffffffffffffffffffff';

  it('costs one reading, removes nothing, and none of the next small files is read back', async () => {
    const reads: string[] = [];
    const storage = await lab.behind(({ method, path }) => {
      if (method === 'GET' && path.includes('/object/authenticated/') && path.includes('cacheNonce')) reads.push(path);
      return path.includes('/object/info/')
        ? { kind: 'alter-answer', from: /("etag":"\\?"?)[0-9a-f]{32}/, to: `$1${SCRAMBLED}` }
        : PASS;
    });
    const api = await lab.startApi({
      publicUrl: stackValue('SUPABASE_URL'),
      environment: { SUPABASE_URL: storage.url },
    });
    const uploader = lab.uploader(api.url);
    const send = async (bytes: number) => {
      const file = await lab.makeFile({ bytes, seed: SEED });
      return (await uploader.uploadVideo(file.source).finished).verified;
    };
    expect([await send(LARGE), reads.length]).toEqual(['readback', 1]);
    expect([await send(SMALL), await send(SMALL), reads.length]).toEqual(['size', 'size', 1]);
  });
});

describe('who sets how uploads are verified', () => {
  it.each([
    ['readback', 'readback'],
    ['etag', 'md5'],
    ['size', 'md5'],
  ])('UPLOAD_VERIFY=%s: %s', async (policy, verified) => {
    const api = await openBehind(lab, () => PASS, { environment: { UPLOAD_VERIFY: policy } });
    const file = await lab.makeFile({ bytes: SMALL, seed: SEED });
    const uploader = lab.uploader(api.url);
    const { sessionId, ...result } = await uploader.uploadVideo(file.source).finished;
    expect(result.verified).toBe(verified);
    expect(await uploader.uploads.get(sessionId)).toMatchObject({ state: 'completed', verified });
    expect(await uploader.uploads.complete(sessionId)).toMatchObject({ verified, jobState: 'existing' });
    expect(await uploader.videos.get(result.videoId)).toMatchObject({ sourceVerified: verified });
  });

  it('a client that tells no digest is told that only the size was compared', async () => {
    const api = await openBehind(lab, () => PASS);
    const file = await lab.makeFile({ bytes: SMALL, seed: SEED });
    const { uploads } = lab.uploader(api.url);
    const opened = await uploads.create({ fileName: file.source.name, size: SMALL, contentType: 'video/mp4' });
    await fetch(opened.endpoint, {
      method: 'PUT',
      body: file.source.slice(0, SMALL),
      headers: { 'content-type': 'video/mp4' },
    });
    expect(await uploads.complete(opened.id)).toMatchObject({ verified: 'size' });
  });
});
