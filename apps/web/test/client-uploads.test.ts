/** The client through the API into Storage, when nothing breaks; and every refusal with its own code. */
import { createHash, randomUUID } from 'node:crypto';
import { SEED } from '@supabase-media/test-support/random';
import type { UploadProgress } from '@supabase-media/uploader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiProcess, type ClientLab, openClientLab } from './support/client-lab.ts';

const MIB = 1024 * 1024;
let lab: ClientLab;
let api: ApiProcess;

beforeAll(async () => {
  process.stdout.write(`seed ${SEED}\n`);
  lab = await openClientLab();
  api = await lab.startApi({ environment: { INTAKE_MAX_OPEN: '12', INTAKE_MAX_BYTES: String(300 * MIB) } });
});
afterAll(() => lab?.close());

describe('a file', () => {
  it.each([
    ['small, by one signed PUT', 1 * MIB],
    ['at the border, by one signed PUT', 6 * MIB - 1],
    ['at the border, resumable', 6 * MIB],
    ['of 79 MB, resumable', 79_000_000],
  ])('%s, arrives whole and is queued', async (_what, bytes) => {
    const { source, sha256 } = await lab.makeFile({ bytes, seed: SEED });
    const reports: UploadProgress[] = [];
    const states: string[] = [];
    const handle = lab.uploader(api.url).uploadVideo(source, {
      sha256,
      project: 'lab',
      onProgress: (report) => reports.push(report),
      onState: ({ name }) => states.push(name),
    });
    const { videoId, sessionId } = await handle.finished;
    expect(await lab.storedSha256(sessionId)).toBe(sha256);
    const [video] = await lab.rows(`videos?id=eq.${videoId}&select=owner_id,status,project`);
    expect(video).toMatchObject({ owner_id: lab.user.id, status: 'queued', project: 'lab' });
    expect(states).toEqual(['queued', 'preparing', 'uploading', 'completing', 'completed']);
    const shown = reports.map((report) => report.bytesUploaded);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    expect(reports.at(-1)).toMatchObject({ percentage: 100, bytesConfirmed: bytes, bytesTotal: bytes });
    for (const { bytesConfirmed, percentage } of reports) if (percentage === 100) expect(bytesConfirmed).toBe(bytes);
  });

  it('waits for its turn when three are under way', async () => {
    const uploader = lab.uploader(api.url);
    let now = 0;
    let most = 0;
    const work = [1, 2, 3, 4, 5].map(async (number) => {
      const { source } = await lab.makeFile({ bytes: 7 * MIB, seed: SEED + number });
      return uploader.uploadVideo(source, {
        onState: ({ name }) => {
          if (name === 'preparing') most = Math.max(most, ++now);
          if (name === 'completed') now--;
        },
      }).finished;
    });
    const results = await Promise.all(work);
    expect(new Set(results.map((result) => result.videoId)).size).toBe(5);
    expect(most).toBe(3);
  });
});

describe('is refused, and nothing is queued:', () => {
  const ownVideos = () => lab.rows(`videos?owner_id=eq.${lab.user.id}&select=id&order=id`);
  const refuse = async (change: { name?: string; type?: string; size?: number; head?: string; sha256?: string }) => {
    const { head, sha256, ...changes } = change;
    const { source } = await lab.makeFile({ bytes: 2000, seed: SEED, ...(head !== undefined && { head }) });
    const before = await ownVideos();
    const handle = lab.uploader(api.url).uploadVideo({ ...source, ...changes }, { ...(sha256 && { sha256 }) });
    const error: unknown = await handle.finished.then(
      () => expect.unreachable('it was taken'),
      (reason: unknown) => reason,
    );
    expect(await ownVideos()).toEqual(before);
    return error;
  };
  it('a 3 GB announcement', async () => {
    expect(await refuse({ size: 3e9 })).toMatchObject({ code: 'too_large', apiCode: 'file_too_large' });
  });
  it('a text file', async () => {
    expect(await refuse({ name: 'notes.txt', type: 'text/plain' })).toMatchObject({ code: 'wrong_type' });
  });
  it('an empty file', async () => expect(await refuse({ size: 0 })).toMatchObject({ code: 'bad_size' }));
  it('a text file that is called .mp4', async () => {
    const head = 'Dear diary, today I pretended to be a video. '.repeat(50);
    expect(await refuse({ head })).toMatchObject({ code: 'refused_content', action: expect.stringMatching(/video/) });
  });
  it('what differs from its SHA-256', async () => {
    const sha256 = createHash('sha256').update('another').digest('hex');
    expect(await refuse({ sha256 })).toMatchObject({ code: 'digest_mismatch' });
  });
  it('a user who is signed out', async () => {
    const { source } = await lab.makeFile({ bytes: 2000, seed: SEED });
    const handle = lab.uploader(api.url, { getToken: () => '' }).uploadVideo(source);
    await expect(handle.finished).rejects.toMatchObject({ code: 'signed_out' });
  });
  it('a forged token', async () => {
    const { source } = await lab.makeFile({ bytes: 2000, seed: SEED });
    const forged = `${lab.user.token().slice(0, -8)}AAAAAAAA`;
    const asked: boolean[] = [];
    const getToken = ({ refresh }: { refresh: boolean }) => {
      asked.push(refresh);
      return forged;
    };
    const handle = lab.uploader(api.url, { getToken }).uploadVideo(source);
    await expect(handle.finished).rejects.toMatchObject({ code: 'signed_out', apiCode: 'unauthorized' });
    // The app had its chance to bring a better one.
    expect(asked).toContain(true);
  });
  it('another user’s session', async () => {
    await expect(lab.uploader(api.url).uploads.get(randomUUID())).rejects.toMatchObject({
      apiCode: 'session_not_found',
    });
  });
});

describe('what a page asks besides', () => {
  it('knows the limits without a sign-in', async () => {
    const uploader = lab.uploader(api.url, { getToken: () => '' });
    expect(await uploader.getConfig()).toMatchObject({ maxBytes: 300 * MIB });
  });
  it('lists sessions and videos', async () => {
    const { source } = await lab.makeFile({ bytes: 2000, seed: SEED });
    const uploader = lab.uploader(api.url);
    const { videoId, sessionId } = await uploader.uploadVideo(source).finished;
    expect((await uploader.uploads.list({ state: 'completed' })).map(({ id }) => id)).toContain(sessionId);
    expect((await uploader.videos.list()).videos.map(({ id }) => id)).toContain(videoId);
    expect(await uploader.videos.get(videoId)).toMatchObject({ id: videoId, status: 'queued' });
    expect((await uploader.videos.cancel(videoId)).state).toBe('canceled');
    expect(await uploader.videos.delete(videoId)).toMatchObject({ deleted: true });
    await expect(uploader.videos.get(videoId)).rejects.toMatchObject({ code: 'not_found' });
  });
});
