import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acknowledgeOffset, openResumeStore, type UnfinishedUpload } from './resume-store.ts';

const KEY = { storageUrl: 'https://ref.supabase.co/storage/v1', bucket: 'b', path: 'p.mp4' };

const begun = (): UnfinishedUpload => ({
  version: 1,
  url: 'https://ref.supabase.co/storage/v1/upload/resumable/x',
  uploadId: 'u',
  upsert: false,
  contentType: 'video/mp4',
  acknowledged: 0,
  requestEnds: [],
  createdAt: Date.now(),
  expiresAt: Date.now() + 60_000,
  file: { size: 100, modifiedMs: 1, sample: 's' },
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resume-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('keeps where requests ended: each offset once, without the two ends of the file', () => {
  const last = [0, 30, 30, 70, 100].reduce(acknowledgeOffset, begun());
  expect(last).toMatchObject({ acknowledged: 100, requestEnds: [30, 70] });
});

it('forgets ends behind an offset that Storage fell back to', () => {
  expect([30, 70, 60, 90].reduce(acknowledgeOffset, begun()).requestEnds).toEqual([30, 60, 90]);
});

it('keeps no more ends than an object of S3 has parts', () => {
  const large = { ...begun(), file: { ...begun().file, size: 1_000_000 } };
  const offsets = Array.from({ length: 10_001 }, (_, at) => at + 1);
  const last = offsets.reduce(acknowledgeOffset, large);
  expect(last.acknowledged).toBe(10_001);
  expect(last.requestEnds).toHaveLength(10_000);
});

it('brings them back, also to an entry that was written without', async () => {
  const store = openResumeStore(folder);
  await store.save(KEY, acknowledgeOffset(begun(), 30));
  expect(await store.load(KEY)).toMatchObject({ acknowledged: 30, requestEnds: [30] });
  const name = String((await readdir(folder))[0]);
  const { requestEnds: _, ...older } = JSON.parse(await readFile(join(folder, name), 'utf8')) as UnfinishedUpload;
  await writeFile(join(folder, name), JSON.stringify(older));
  expect(await store.load(KEY)).toMatchObject({ acknowledged: 30, requestEnds: [] });
});
