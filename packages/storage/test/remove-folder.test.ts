/** A folder of results is removed whole, however many objects it has, and nothing beside it. */
import { createHash } from 'node:crypto';
import { openStackStorage, uniquePath } from '@supabase-media/test-support/stack';
import { afterAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../src/remove-folder.ts';

const BUCKET = 'project-processed-videos';

describe('removing a folder', () => {
  const storage = openStackStorage();
  afterAll(() => storage.transport.close());

  const ask = async (method: 'GET' | 'POST', path: string, body?: string, type = 'application/json') => {
    const answer = await storage.transport.send({
      method,
      url: `${storage.storageUrl}/${path}`,
      headers: { ...storage.headers, 'content-type': type },
      ...(body === undefined ? {} : { body }),
      timeouts: { timeoutMs: 30_000, stallMs: 30_000, answerMs: 30_000 },
      action: path,
    });
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return JSON.parse(answer.body) as unknown;
  };
  const put = (path: string) => ask('POST', `object/${BUCKET}/${path}`, 'WEBVTT', 'text/vtt');
  const list = async (prefix: string) =>
    (await ask('POST', `object/list/${BUCKET}`, JSON.stringify({ prefix, limit: 1000 }))) as { name: string }[];

  it('takes more objects than one listing holds, two levels deep, with names of any length', {
    timeout: 60_000,
  }, async () => {
    const folder = uniquePath('video');
    // Names near the longest make listings of several hundred kilobytes.
    const long = createHash('sha512').update(folder).digest('hex');
    const paths = [
      `${folder}/info.json`,
      ...Array.from({ length: 540 }, (_, index) => `${folder}/v1/hls/720p/${long}-${index}.m4s`),
      `${folder}/v1/hls/master.m3u8`,
    ];
    for (let at = 0; at < paths.length; at += 20) await Promise.all(paths.slice(at, at + 20).map(put));
    await put(`${folder}-beside/info.json`);

    expect(await removeFolder({ connection: storage, bucket: BUCKET, folder })).toBe(paths.length);
    expect(await list(folder)).toEqual([]);
    expect(await list(`${folder}/v1/hls/720p`)).toEqual([]);
    expect(await list(`${folder}-beside`)).toMatchObject([{ name: 'info.json' }]);
    expect(await removeFolder({ connection: storage, bucket: BUCKET, folder })).toBe(0);
  });
});
