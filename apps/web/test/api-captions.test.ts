/** Captions for finished videos, through the API and the command line: what is written, in which order, and for whom. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, runCommand } from '@supabase-media/test-support/command';
import { stackEnvironment, stackValue } from '@supabase-media/test-support/stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Video } from '../src/contract/videos.ts';
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
const MASTER =
  '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p/index.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\n480p/index.m3u8\n';
const SRT = Buffer.from('1\n00:00:01,000 --> 00:00:02,000\nGrüße <script>an</script> alle\n');
const headers = { 'content-type': 'application/x-subrip' };

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

/** The row of a video of five seconds with an MP4 and, unless told, a stream. */
async function makeVideo({ status = 'ready', withStream = true } = {}): Promise<string> {
  const id = randomUUID();
  const folder = `default/${id}/version-1`;
  const type = 'application/vnd.apple.mpegurl';
  const output = { bucket: BUCKET, bytes: 1, durationSeconds: 5 };
  const stream = { ...output, kind: 'hls', path: `${folder}/hls/master.m3u8`, contentType: type, files: 9 };
  if (withStream) await asService('POST', `/storage/v1/object/${BUCKET}/${stream.path}`, MASTER, type);
  const row = {
    id,
    owner_id: user.id,
    source_bucket: 'project-videos',
    source_path: `${user.id}/${id}.mp4`,
    status,
    outputs: [
      { ...output, kind: 'video', path: `${folder}/video.mp4`, contentType: 'video/mp4' },
      ...(withStream ? [stream] : []),
    ],
  };
  await asService('POST', '/rest/v1/videos', JSON.stringify(row));
  return id;
}

const put = <T = Video>(id: string, language: string, bytes: Uint8Array, as = call) =>
  as<T>('PUT', `/api/videos/${id}/captions/${language}`, { bytes, headers });

const captionsOf = ({ outputs }: Video) => outputs.filter(({ kind }) => kind === 'captions');
const textAt = async (url: string | null | undefined) => (await fetch(url ?? '')).text();

describe('captions of a finished video', () => {
  it('are files beside the MP4 and renditions of the stream', async () => {
    const id = await makeVideo();
    const { status, body } = await put(id, 'ger', SRT);
    expect(status).toBe(200);
    const [captions] = captionsOf(body);
    expect(captions).toMatchObject({ language: 'de', label: 'German', contentType: 'text/vtt' });
    expect(captions?.path).toBe(`default/${id}/version-1/captions/de.vtt`);
    const vtt = '\n\n00:00:01.000 --> 00:00:02.000\nGrüße an alle\n';
    expect(await textAt(captions?.url)).toBe(`WEBVTT${vtt}`);
    expect(body.outputs.find(({ kind }) => kind === 'hls')).toMatchObject({ files: 11 });

    const master = (await call('GET', `/api/videos/${id}/hls/master.m3u8`)).text;
    expect(master).toContain(
      'NAME="German",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="captions-de/index.m3u8"',
    );
    expect(master.match(/,SUBTITLES="subs"/g)).toHaveLength(2);
    const { text } = await call('GET', `/api/videos/${id}/hls/captions-de/index.m3u8`);
    const segment = text.split('\n').find((line) => line.startsWith('http'));
    expect(await textAt(segment)).toBe(`WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000${vtt}`);
  });

  it('are replaced in the same language, also from the command line', async () => {
    const id = await makeVideo();
    await put(id, 'en', SRT);
    await put(id, 'pt-br', SRT);
    const folder = await mkdtemp(join(tmpdir(), 'media-captions-'));
    const file = join(folder, 'new.vtt');
    await writeFile(file, 'WEBVTT\n\n00:04.000 --> 00:09.000\nNew\n');
    const args = ['captions', 'add', id, file, '--lang', 'eng', '--json'];
    const added = await runCommand(args, stackEnvironment());
    const missing = await runCommand(
      ['captions', 'add', randomUUID(), file, '--lang', 'en', '--json'],
      stackEnvironment(),
    );
    await rm(folder, { recursive: true });
    expect(readJson(added)).toMatchObject({ videoId: id, captions: { language: 'en', label: 'English' } });
    expect(readJson(missing)).toMatchObject({ error: { code: 'video_missing' } });
    const { body } = await call<Video>('GET', `/api/videos/${id}`);
    const captions = captionsOf(body);
    expect(captions.map(({ label }) => label)).toEqual(['Brazilian Portuguese', 'English']);
    expect(await textAt(captions[1]?.url)).toBe('WEBVTT\n\n00:00:04.000 --> 00:00:05.000\nNew\n');
    const master = (await call('GET', `/api/videos/${id}/hls/master.m3u8`)).text;
    expect(master.match(/TYPE=SUBTITLES/g)).toHaveLength(2);
  });

  it('need no stream', async () => {
    const id = await makeVideo({ withStream: false });
    const { body } = await put(id, 'en', Buffer.from(`\ufeff${SRT}`, 'utf16le'));
    expect(await textAt(captionsOf(body)[0]?.url)).toContain('Grüße an alle');
  });

  it('are refused with a reason', async () => {
    const id = await makeVideo({ withStream: false });
    const refusals: readonly [string, Uint8Array, RegExp][] = [
      ['en', Buffer.from('hello'), /no captions/],
      ['en', Buffer.alloc(0), /body/],
      ['en', Buffer.from([0x31, 0xe9, 0x32]), /UTF-8/],
      ['en', Buffer.alloc(5_000_001, 'a'), /5000001 bytes/],
      ['english', SRT, /no language/],
      ['en', Buffer.from('00:00:06.000 --> 00:00:07.000\nlate'), /after the end/],
    ];
    for (const [language, bytes, words] of refusals) {
      const { status, body } = await put<ToldError>(id, language, bytes);
      expect([status, body.error.code]).toEqual([400, 'invalid_request']);
      expect(body.error.message).toMatch(words);
    }
    const busy = await put<ToldError>(await makeVideo({ status: 'processing', withStream: false }), 'en', SRT);
    expect([busy.status, busy.body.error.code]).toEqual([409, 'video_busy']);
    const { body } = await call<Video>('GET', `/api/videos/${id}`);
    expect(captionsOf(body)).toEqual([]);
  });

  it('are only for the owner to add', async () => {
    const id = await makeVideo({ withStream: false });
    const stranger = createCaller(api.url, (await createTestUser()).token());
    expect((await put(id, 'en', SRT, createCaller(api.url, undefined))).status).toBe(401);
    const { status, body } = await put<ToldError>(id, 'en', SRT, stranger);
    expect([status, body.error.code]).toEqual([404, 'video_not_found']);
  });
});
