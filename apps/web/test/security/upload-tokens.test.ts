/**
 * An upload token goes on working after its session has ended, and Storage holds its bearer to no size: what users put
 * there with it is never processed, and does not stay.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateTools } from '@supabase-media/media/locate-tools';
import { openClipShop } from '@supabase-media/test-support/clips';
import { type RunningCommand, startCommand } from '@supabase-media/test-support/command';
import { stackEnvironment, stackValue, startOwnStack } from '@supabase-media/test-support/stack';
import { encodeUploadMetadata, TUS_HEADERS } from '@supabase-media/upload-protocol/tus';
import type { CompletedUpload, OpenUpload } from '@supabase-media/uploader/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SweepResult } from '../../src/server/sweep.ts';
import {
  type ApiLab,
  type ApiProcess,
  type Call,
  createCaller,
  mp4Bytes,
  openApiLab,
  openLabQueue,
  patchAt,
  type ToldError,
  TUS,
} from '../support/api-lab.ts';
import { createTestUser } from '../support/test-user.ts';

const STORAGE = () => `${stackValue('SUPABASE_URL')}/storage/v1`;

let lab: ApiLab;
let api: ApiProcess;
let call: Call;
let folder: string;
let video: Buffer;
// A sweep takes what any test left in the database, so it has one to itself.
let stopStack: () => Promise<void>;
beforeAll(async () => {
  stopStack = await startOwnStack();
  folder = await mkdtemp(join(tmpdir(), 'upload-tokens-'));
  lab = await openApiLab();
  api = await lab.start();
  call = createCaller(api.url, (await createTestUser()).token());
  const clips = await openClipShop(await locateTools());
  video = await readFile(await clips.clip('web-ready.mp4'));
  await clips.close();
}, 120_000);
afterAll(async () => {
  await lab?.close();
  await stopStack?.();
  await rm(folder, { recursive: true, force: true });
});

const begin = async (size: number, more: Record<string, unknown> = {}) =>
  (await call<OpenUpload>('POST', '/api/uploads', { json: { fileName: 'a.mp4', size, ...more } })).body;

/** Puts bytes at the session's path with the token that it was given, in one request. */
const put = async (open: OpenUpload, bytes: Uint8Array) =>
  fetch(`${STORAGE()}/object/upload/sign/${open.bucket}/${open.path}?token=${open.token}`, {
    method: 'PUT',
    headers: { 'content-type': 'video/mp4' },
    body: new Uint8Array(bytes),
  });

/** Begins a resumable upload of any length with the session's token; answers its address. */
async function beginResumable(open: OpenUpload, length: number): Promise<string> {
  const answer = await fetch(`${STORAGE()}/upload/resumable/sign`, {
    method: 'POST',
    headers: {
      ...TUS,
      'x-signature': open.token,
      [TUS_HEADERS.length]: String(length),
      [TUS_HEADERS.metadata]: encodeUploadMetadata({
        bucketName: open.bucket,
        objectName: open.path,
        contentType: 'video/mp4',
        cacheControl: '3600',
      }),
    },
  });
  expect(answer.status).toBe(201);
  return String(answer.headers.get('location'));
}

const send = (address: string, open: OpenUpload, bytes: Uint8Array) =>
  fetch(address, {
    method: 'PATCH',
    headers: { ...patchAt(0), 'x-signature': open.token },
    body: new Uint8Array(bytes),
  });

const complete = (open: OpenUpload) => call<CompletedUpload & ToldError>('POST', `/api/uploads/${open.id}/complete`);

const sessionOf = async ({ id }: OpenUpload) =>
  (
    await lab.sql<{ state: string; end_code: string | null }>(
      'select state, end_code from upload_sessions where id = $1',
      [id],
    )
  )[0];

const videoOf = async ({ videoId }: OpenUpload) =>
  (
    await lab.sql<{ status: string; error_code: string | null; error_message: string | null; outputs: unknown[] }>(
      'select status, error_code, error_message, outputs from videos where id = $1',
      [videoId],
    )
  )[0];

/** As if it had ended so long ago. */
const age = ({ id }: OpenUpload, by: string) =>
  lab.sql(
    `update upload_sessions set ended_at = ended_at - $2::interval, tokens_until = tokens_until - $2::interval,
       cleaned_at = cleaned_at - $2::interval where id = $1`,
    [id, by],
  );

async function sweep(): Promise<SweepResult> {
  const { exitCode, stdout } = await lab.run(['sweep', '--json']);
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as SweepResult;
}

/** The same bytes but the last: a file of the same size with another content. */
const changeLast = (bytes: Buffer): Buffer => {
  const changed = Buffer.from(bytes);
  const at = changed.length - 1;
  changed.writeUInt8(changed.readUInt8(at) ^ 0xff, at);
  return changed;
};

describe('a source that is replaced after it was completed', () => {
  let worker: RunningCommand;
  afterAll(async () => {
    worker?.kill('SIGTERM');
    await worker?.ended;
  });

  it('is not processed; the same bytes once more are', async () => {
    const sha256 = createHash('sha256').update(video).digest('hex');
    const [larger, changed, digested, same] = [
      await begin(video.length),
      await begin(video.length),
      await begin(video.length, { sha256 }),
      await begin(video.length),
    ];
    const all = [larger, changed, digested, same];
    for (const open of all) {
      expect((await put(open, video)).status).toBe(200);
      expect(await complete(open)).toMatchObject({ status: 200, body: { jobState: 'created' } });
    }
    // The attack: the token works as before, and nobody looks at the object again but the worker.
    expect((await put(larger, Buffer.concat([video, mp4Bytes(1_992_800)]))).status).toBe(200);
    for (const open of [changed, digested]) expect((await put(open, changeLast(video))).status).toBe(200);
    expect((await put(same, video)).status).toBe(200);

    worker = startCommand(['worker'], {
      ...stackEnvironment(),
      DATABASE_URL: lab.queueUrl,
      WORK_DIR: folder,
      MEDIA_OUTPUTS: 'video',
    });
    const queue = await openLabQueue(lab);
    const ends = await Promise.allSettled(all.map(({ videoId }) => queue.waitForVideo(`video-${videoId}`)));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
    for (const open of [larger, changed, digested])
      expect(await videoOf(open)).toMatchObject({ status: 'failed', error_code: 'source_changed', outputs: [] });
    expect((await videoOf(same))?.status).toBe('ready');
    expect((await videoOf(larger))?.error_message).toContain('Upload it again.');
    // Removed where the content is another one for certain.
    expect(await Promise.all(all.map((open) => lab.hasObject(open)))).toEqual([false, true, false, true]);

    // Nor when it is asked for again: what was proved stands in the row.
    expect((await call('POST', `/api/videos/${changed.videoId}/retry`)).status).toBe(200);
    await expect(queue.waitForVideo(`video-${changed.videoId}`)).rejects.toThrow();
    expect(await videoOf(changed)).toMatchObject({ status: 'failed', error_code: 'source_changed' });
    await queue.close();
  });
});

describe('more bytes than a session announced', () => {
  it('end it at the next sweep: 20 MB for 1,000 bytes', async () => {
    const [open, honest] = [await begin(1000), await begin(1000)];
    expect((await put(open, mp4Bytes(20_000_000))).status).toBe(200);
    expect((await put(honest, mp4Bytes(1000))).status).toBe(200);
    expect(await sweep()).toMatchObject({ oversized: 1, cleaned: 1, failed: 0 });
    expect(await sessionOf(open)).toEqual({ state: 'canceled', end_code: 'size_refused' });
    expect([await lab.hasObject(open), await lab.hasObject(honest)]).toEqual([false, true]);
    expect((await complete(honest)).status).toBe(200);
  });

  it('end it when it is completed or resumed', async () => {
    for (const action of ['complete', 'resume']) {
      const open = await begin(1000);
      expect((await put(open, mp4Bytes(20_000))).status).toBe(200);
      const answer = await call<ToldError>('POST', `/api/uploads/${open.id}/${action}`);
      expect(answer.body.error).toMatchObject({ code: 'size_refused', details: { storedBytes: 20_000 } });
      expect(await sessionOf(open)).toEqual({ state: 'canceled', end_code: 'size_refused' });
      expect(await lab.hasObject(open)).toBe(false);
    }
  });

  it('are not taken by the relay, nor completed when Storage takes them: 1.9 GB for 50 MB', async () => {
    const open = await begin(50_000_000);
    const relayed = await call<ToldError>('POST', String(new URL(open.relayEndpoint, api.url)), {
      headers: { ...TUS, [TUS_HEADERS.length]: '1900000000' },
    });
    expect(relayed.body.error.code).toBe('relay_refused');
    const address = await beginResumable(open, 1_900_000_000);
    expect((await send(address, open, mp4Bytes(1_000_000))).status).toBe(204);
    expect((await complete(open)).body.error.code).toBe('upload_incomplete');
    await call('DELETE', `/api/uploads/${open.id}`);

    // One that is finished is the object; with it goes what the session itself began.
    const small = await begin(8_000_000);
    expect((await send(await beginResumable(small, 12_000_000), small, mp4Bytes(12_000_000))).status).toBe(204);
    expect((await complete(small)).body.error.code).toBe('size_refused');
    expect(await lab.hasObject(small)).toBe(false);
    expect(await lab.partialStatus(String(small.uploadUrl), small.token)).toBe(404);
  });
});

describe('what is put there after the end', () => {
  it('is removed as soon as the token has expired', async () => {
    const [canceled, deleted, replaced, kept] = [
      await begin(1000),
      await begin(1000),
      await begin(1000),
      await begin(1000),
    ];
    for (const open of [deleted, replaced, kept]) {
      await put(open, mp4Bytes(1000));
      expect((await complete(open)).status).toBe(200);
    }
    await call('DELETE', `/api/uploads/${canceled.id}`);
    expect((await call('DELETE', `/api/videos/${deleted.videoId}`)).status).toBe(200);
    await lab.sql(`update videos set status = 'ready', outcome = 'remuxed' where id = any($1)`, [
      [replaced.videoId, kept.videoId],
    ]);
    for (const open of [canceled, deleted]) expect((await put(open, mp4Bytes(1000))).status).toBe(200);
    expect((await put(replaced, mp4Bytes(3_000_000))).status).toBe(200);

    // Not before: it could be put there again.
    expect(await sweep()).toMatchObject({ replaced: 0, failed: 0 });
    for (const open of [canceled, deleted, replaced, kept]) await age(open, '3 hours');
    expect(await sweep()).toMatchObject({ replaced: 2, failed: 0 });
    const there = await Promise.all([canceled, deleted, replaced, kept].map((open) => lab.hasObject(open)));
    expect(there).toEqual([false, false, false, true]);
    expect(await sweep()).toMatchObject({ cleaned: 0, replaced: 0, failed: 0 });
  });
});
