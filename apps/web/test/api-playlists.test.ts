/** HLS from a private bucket: who gets playlists, what they contain, and that their addresses work. */
import { randomUUID } from 'node:crypto';
import { stackValue } from '@supabase-media/test-support/stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ApiLab,
  type ApiProcess,
  type Call,
  createCaller,
  openApiLab,
  type ToldError,
} from './support/api-lab.ts';
import { createTestUser, type TestUser } from './support/test-user.ts';

const BUCKET = 'project-processed-videos';
const SEGMENTS = 300;

let lab: ApiLab;
let api: ApiProcess;
let user: TestUser;
let call: Call;

beforeAll(async () => {
  lab = await openApiLab();
  api = await lab.start();
  user = await createTestUser();
  call = createCaller(api.url, user.token());
});
afterAll(() => lab?.close());

/** Acts as the service: rows and objects like a worker's. */
async function asService(method: string, path: string, body: string, contentType = 'application/json'): Promise<void> {
  const key = stackValue('SUPABASE_SERVICE_ROLE_KEY');
  const answer = await fetch(`${stackValue('SUPABASE_URL')}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, apikey: key, 'content-type': contentType },
    body,
  });
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
}

const segmentName = (index: number): string => `${String(index).padStart(4, '0')}.m4s`;

const mediaPlaylist = (names: readonly string[]): string =>
  [
    '#EXTM3U',
    '#EXT-X-MAP:URI="init_0.mp4"',
    ...names.flatMap((name) => ['#EXTINF:4.000,', name]),
    '#EXT-X-ENDLIST',
    '',
  ].join('\n');

/** A ready video with a stream of one rendition. */
async function makeStream(options: { readonly playlist?: string; readonly stored?: number } = {}): Promise<string> {
  const id = randomUUID();
  const folder = `default/${id}/version-1/hls`;
  const put = (name: string, content: string, type: string) =>
    asService('POST', `/storage/v1/object/${BUCKET}/${folder}/${name}`, content, type);
  const names = Array.from({ length: SEGMENTS }, (_, index) => segmentName(index));
  const master = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p/index.m3u8\n';
  await put('master.m3u8', master, 'application/vnd.apple.mpegurl');
  await put('720p/index.m3u8', options.playlist ?? mediaPlaylist(names), 'application/vnd.apple.mpegurl');
  await put('720p/init_0.mp4', 'beginning', 'video/mp4');
  for (const name of names.slice(0, options.stored ?? SEGMENTS))
    await put(`720p/${name}`, `piece ${name}`, 'video/iso.segment');
  const output = {
    kind: 'hls',
    bucket: BUCKET,
    path: `${folder}/master.m3u8`,
    contentType: 'application/vnd.apple.mpegurl',
    bytes: 1,
  };
  const row = {
    id,
    owner_id: user.id,
    source_bucket: 'project-videos',
    source_path: `${user.id}/${id}.mp4`,
    status: 'ready',
    outputs: [output],
  };
  await asService('POST', '/rest/v1/videos', JSON.stringify(row));
  return id;
}

describe('playlists', () => {
  it('name renditions below the API, and every segment by an address that works', async () => {
    const id = await makeStream();
    const master = await call('GET', `/api/videos/${id}/hls/master.m3u8`);
    expect(master.status).toBe(200);
    expect(master.headers.get('content-type')).toContain('application/vnd.apple.mpegurl');
    expect(master.text).toContain('\n720p/index.m3u8\n');

    const { text } = await call('GET', `/api/videos/${id}/hls/720p/index.m3u8`);
    const addresses = text.split('\n').filter((line) => line.startsWith('http'));
    // More than Storage signs in one answer that is read whole.
    expect(addresses).toHaveLength(SEGMENTS);
    for (const index of [0, 49, 50, SEGMENTS - 1])
      expect(await (await fetch(addresses[index] ?? '')).text()).toBe(`piece ${segmentName(index)}`);
    const beginning = /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1] ?? '';
    expect(await (await fetch(beginning)).text()).toBe('beginning');
    const expiresAt = Date.parse(/^## addresses-expire-at (\S+)$/m.exec(text)?.[1] ?? '');
    expect(expiresAt - Date.now()).toBeGreaterThan(3_500_000);
    expect(expiresAt - Date.now()).toBeLessThanOrEqual(3_600_000);
  }, 120_000);

  it('are only for the owner', async () => {
    const id = await makeStream({ stored: 0, playlist: mediaPlaylist([]) });
    const stranger = createCaller(api.url, (await createTestUser()).token());
    for (const path of ['master.m3u8', '720p/index.m3u8']) {
      expect((await createCaller(api.url, undefined)('GET', `/api/videos/${id}/hls/${path}`)).status).toBe(401);
      const { status, body } = await stranger<ToldError>('GET', `/api/videos/${id}/hls/${path}`);
      expect([status, body.error.code]).toEqual([404, 'video_not_found']);
    }
  });

  it('give no address outside their folder', async () => {
    const id = await makeStream({ stored: 0, playlist: mediaPlaylist(['../../../../other/secret.mp4']) });
    const { status, text } = await call('GET', `/api/videos/${id}/hls/720p/index.m3u8`);
    expect(status).toBe(500);
    expect(text).not.toContain('token=');
    for (const path of ['..%2f..%2fmaster.m3u8', '720p/..%2findex.m3u8', '720p/index.mp4'])
      expect((await call('GET', `/api/videos/${id}/hls/${path}`)).status).toBeGreaterThanOrEqual(400);
  });

  it('report missing segments and playlists', async () => {
    const id = await makeStream({ stored: 0, playlist: mediaPlaylist(['0000.m4s']) });
    const gone = await call<ToldError>('GET', `/api/videos/${id}/hls/720p/index.m3u8`);
    expect([gone.status, gone.body.error.code]).toEqual([404, 'not_found']);
    expect(gone.body.error.message).toContain('0000.m4s');
    expect((await call('GET', `/api/videos/${id}/hls/480p/index.m3u8`)).status).toBe(404);
  });
});
