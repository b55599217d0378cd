/** Whoever is deleted leaves nothing in Storage: videos, open uploads and files without a row go with their user. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@supabase-media/database/database';
import { openRemovedMedia } from '@supabase-media/database/removed-media';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { type RunningCommand, startCommand } from '@supabase-media/test-support/command';
import { createQueueDatabase } from '@supabase-media/test-support/queue';
import { openStackStorage, openStackVideos, stackEnvironment, stackValue } from '@supabase-media/test-support/stack';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeDeleted } from '../../src/remove-deleted.ts';

const SOURCES = 'project-videos';
const RESULTS = 'project-processed-videos';
const { signal } = new AbortController();

let database: pg.Client;
let storage: StorageConnection;
beforeAll(async () => {
  storage = openStackStorage();
  database = new pg.Client(stackValue('DATABASE_URL'));
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await storage.close();
});

const sql = async <Row extends pg.QueryResultRow>(text: string, ...values: unknown[]): Promise<Row[]> =>
  (await database.query<Row>(text, values)).rows;

async function put(bucket: string, path: string): Promise<void> {
  const answer = await fetch(`${storage.storageUrl}/object/${bucket}/${path}`, {
    method: 'POST',
    headers: { ...storage.headers, 'content-type': 'video/mp4', 'x-upsert': 'true' },
    body: 'private',
  });
  expect(answer.status).toBe(200);
}

async function signUp(): Promise<string> {
  const answer = await fetch(`${stackValue('SUPABASE_URL')}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey: stackValue('SUPABASE_ANON_KEY'), 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${randomUUID()}@example.com`, password: randomUUID() }),
  });
  return ((await answer.json()) as { user: { id: string } }).user.id;
}

interface Owned {
  readonly owner: string;
  readonly videoId: string;
  readonly source: string;
  readonly results: string;
}

/** A user with one video: a source and fourteen results, in folders as a stream has them. */
async function makeVideo(owner: string): Promise<Owned> {
  const videoId = randomUUID();
  const video = { owner, videoId, source: `${owner}/${randomUUID()}/a.mp4`, results: `default/${videoId}/0-p1` };
  await put(SOURCES, video.source);
  const parts = Array.from({ length: 10 }, (_, index) => `hls/240p/${index}.mp4`);
  for (const name of ['video.mp4', 'poster.mp4', 'hls/master.mp4', 'hls/240p/index.mp4', ...parts])
    await put(RESULTS, `${video.results}/${name}`);
  const outputs = [{ kind: 'video', bucket: RESULTS, path: `${video.results}/video.mp4` }];
  await sql(
    `insert into videos (id, owner_id, source_bucket, source_path, status, outputs) values ($1, $2, $3, $4, 'ready', $5)`,
    videoId,
    owner,
    SOURCES,
    video.source,
    JSON.stringify(outputs),
  );
  return video;
}

/** How many objects name the user or the video. */
const countObjects = async ({ owner, videoId }: Pick<Owned, 'owner' | 'videoId'>): Promise<number> => {
  const [row] = await sql<{ count: string }>(
    `select count(*) from storage.objects where name like $1 || '/%' or name like 'default/' || $2 || '/%'`,
    owner,
    videoId,
  );
  return Number(row?.count);
};

const notesOf = ({ owner, videoId }: Pick<Owned, 'owner' | 'videoId'>) =>
  sql<{ kind: string; swept: boolean }>(
    `select kind, swept_at is not null as swept from removed_media where video_id = $1 or path = $2 order by kind`,
    videoId,
    owner,
  );

const openTable = () =>
  openRemovedMedia(
    openDatabase({
      url: stackValue('SUPABASE_URL'),
      serviceRoleKey: stackValue('SUPABASE_SERVICE_ROLE_KEY'),
    }),
  );

const remove = () =>
  removeDeleted({ removed: openTable(), storage, resultBucket: RESULTS, log: pino({ level: 'silent' }) }, signal);

/** Workers of other tests may be faster: what counts is what is left. */
const expectRemoved = async (owned: Owned) => {
  await remove();
  await expect.poll(() => countObjects(owned), { timeout: 30_000 }).toBe(0);
  await expect.poll(async () => (await notesOf(owned)).every(({ swept }) => swept), { timeout: 30_000 }).toBe(true);
};

describe('a deleted user', () => {
  it('leaves none of 15 objects, no open upload and no file without a row', async () => {
    const owned = await makeVideo(await signUp());
    expect(await countObjects(owned)).toBe(15);
    const other = await makeVideo(await signUp());
    const stray = `${owned.owner}/stray.mp4`;
    await put(SOURCES, stray);
    const sessionId = randomUUID();
    await sql(
      `insert into upload_sessions (id, owner_id, file_name, size, content_type, bucket, path, strategy, expires_at)
       values ($1, $2, 'b.mp4', 7, 'video/mp4', $3, $4, 'single', now() + interval '1 day')`,
      sessionId,
      owned.owner,
      SOURCES,
      `${owned.owner}/${sessionId}/b.mp4`,
    );
    await put(SOURCES, `${owned.owner}/${sessionId}/b.mp4`);
    await sql('delete from auth.users where id = $1', owned.owner);
    expect(await sql('select state, end_code from upload_sessions where id = $1', sessionId)).toEqual([
      { state: 'canceled', end_code: 'user_deleted' },
    ]);
    await expectRemoved(owned);
    expect(await countObjects(other)).toBe(15);
  });

  it('leaves nothing that was put there with a token that still worked', async () => {
    const owned = await makeVideo(await signUp());
    await sql('delete from auth.users where id = $1', owned.owner);
    await expectRemoved(owned);
    await put(SOURCES, owned.source);
    await put(RESULTS, `${owned.results}/late.mp4`);
    const past = `removed_at - interval '4 hours', swept_at = swept_at - interval '4 hours'`;
    await sql(
      `update removed_media set removed_at = ${past} where video_id = $1 or path = $2`,
      owned.videoId,
      owned.owner,
    );
    await remove();
    await expect.poll(() => countObjects(owned), { timeout: 30_000 }).toBe(0);
    await expect.poll(() => notesOf(owned), { timeout: 30_000 }).toEqual([]);
  });

  it('is cleaned up after by a worker without being asked', async () => {
    const workDir = await mkdtemp(join(tmpdir(), 'removed-media-'));
    const worker: RunningCommand = startCommand(['worker'], {
      ...stackEnvironment(),
      DATABASE_URL: await createQueueDatabase(),
      WORK_DIR: workDir,
    });
    try {
      await worker.sees('Taking jobs');
      const owned = await makeVideo(await signUp());
      await sql('delete from auth.users where id = $1', owned.owner);
      await expect.poll(() => countObjects(owned), { timeout: 90_000, interval: 500 }).toBe(0);
    } finally {
      worker.kill('SIGTERM');
      await worker.ended;
      await rm(workDir, { recursive: true, force: true });
    }
  });
});

describe('what was deleted', () => {
  it('is given to one worker at a time', async () => {
    const owned = await makeVideo(await signUp());
    await sql('delete from auth.users where id = $1', owned.owner);
    const table = openTable();
    const taken = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const lease = { holder: randomUUID(), batch: 1000, leaseSeconds: 600, againSeconds: 3600, signal };
        return (await table.lease(lease)).media.map(({ id }) => id);
      }),
    );
    const ids = taken.flat();
    expect(new Set(ids).size).toBe(ids.length);
    await sql('update removed_media set claimed_by = null, claimed_until = null where id = any($1)', ids);
    await expectRemoved(owned);
  });
});

describe('a row deleted by SQL', () => {
  it('takes source and results with it, and a job that still waits does not bring it back', async () => {
    const owned = await makeVideo(await signUp());
    await sql('delete from videos where id = $1', owned.videoId);
    const identity = {
      id: owned.videoId,
      ownerId: owned.owner,
      project: 'default',
      sourceBucket: SOURCES,
      sourcePath: owned.source,
    };
    expect(await openStackVideos().markProcessing(identity, 'a-job')).toBe(false);
    await expectRemoved(owned);
  });

  it('takes nothing when the video is queued again before', async () => {
    const owned = await makeVideo(await signUp());
    await database.query('begin');
    await sql('delete from videos where id = $1', owned.videoId);
    await sql(
      `insert into videos (id, owner_id, source_bucket, source_path, status) values ($1, $2, $3, $4, 'queued')`,
      owned.videoId,
      owned.owner,
      SOURCES,
      owned.source,
    );
    await database.query('commit');
    expect(await notesOf(owned)).toEqual([]);
    await remove();
    expect(await countObjects(owned)).toBe(15);
  });

  it('leaves a source that is not in its owner’s folder to whoever put it there', async () => {
    const owned = await makeVideo(await signUp());
    const foreign = `${randomUUID()}/theirs.mp4`;
    await put(SOURCES, foreign);
    await sql('update videos set source_path = $2 where id = $1', owned.videoId, foreign);
    await sql('delete from videos where id = $1', owned.videoId);
    await remove();
    // The old source has no row any more; the one that was named has an owner of its own.
    await expect.poll(() => countObjects(owned), { timeout: 30_000 }).toBe(1);
    expect(await sql('select 1 from storage.objects where name = $1', foreign)).toHaveLength(1);
  });
});
