/** A run resumes from what it finds unchanged, and from nothing else. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describeFile } from '@supabase-media/media/output';
import type { EncodedVideo } from '@supabase-media/media/pipeline';
import { openStackStorage, uniquePath } from '@supabase-media/test-support/stack';
import { openWorkshop, POLICY, type UploadWorkshop } from '@supabase-media/test-support/uploads';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Checkpoint, saveDerived } from '../src/jobs/video-process/checkpoint.ts';
import { checksumFile } from '../src/jobs/video-process/file-checksums.ts';
import { type RestoreOptions, restoreRun, usableNames } from '../src/jobs/video-process/restore.ts';
import { type RunDirectory, removeJobDirectory, withRunDirectory } from '../src/work-disk/work-directory.ts';

const { signal } = new AbortController();
const SOURCE = { size: 1000, sha256: 'a'.repeat(64), etag: 'one' };
const storage = openStackStorage();
let root: string;
let shop: UploadWorkshop;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'media-restore-'));
  shop = await openWorkshop({ seed: 7, size: 50_000 });
});
afterAll(async () => {
  await storage.close();
  await shop.close();
  await rm(root, { recursive: true, force: true });
});

let before: RunDirectory;
let runDirectory: RunDirectory;
beforeEach(async () => {
  const jobDirectory = await mkdtemp(join(root, 'job-'));
  const [old, directory] = await Promise.all([
    mkdtemp(join(jobDirectory, 'run-')),
    mkdtemp(join(jobDirectory, 'run-')),
  ]);
  before = { jobDirectory, directory: old };
  runDirectory = { jobDirectory, directory };
});

const write = (name: string, content = `content of ${name}`) => writeFile(join(before.directory, name), content);

const base = (): Checkpoint => ({ version: 1, settings: 's', source: SOURCE });

const restore = (saved: unknown, changes: Partial<RestoreOptions> = {}) =>
  restoreRun({
    confirm: async () => {},
    saved,
    source: { size: SOURCE.size, etag: SOURCE.etag },
    settings: 's',
    runDirectory,
    connection: storage,
    policy: POLICY,
    signal,
    log: pino({ level: 'silent' }),
    ...changes,
  });

/** What a run keeps after its download. */
const afterDownload = async (): Promise<Checkpoint> => {
  await write('input');
  return { ...base(), input: await checksumFile(before.directory, 'input', signal) };
};

const STATS = {
  packets: 250,
  bytes: 2_000_000,
  firstSeconds: 0,
  lastSeconds: 9.96,
  durationSeconds: 10,
  firstPacketIsKey: true,
  firstKeySeconds: 0,
  keyPackets: 5,
  newParameters: false,
  largestKeyGapSeconds: 2,
  largestGapSeconds: 0.04,
  hiddenSeconds: 0,
  decodedLateSeconds: 0,
  clockJumps: 0,
};

/** Of an MP4 as it is published. */
const INFO: EncodedVideo['info'] = {
  readable: true,
  sizeBytes: 2_000_000,
  format: 'mov,mp4,m4a,3gp,3g2,mj2',
  bareStream: undefined,
  headerDurationSeconds: 10,
  durationSeconds: 10,
  video: {
    index: 0,
    codec: 'h264',
    profile: 'High',
    level: 40,
    pixelFormat: 'yuv420p',
    codedWidth: 1280,
    codedHeight: 720,
    displayWidth: 1280,
    displayHeight: 720,
    sampleAspectRatio: 1,
    rotation: 0,
    mirrored: false,
    shapes: [],
    aperture: undefined,
    interlaced: false,
    color: { primaries: 'bt709', transfer: 'bt709', space: 'bt709', range: 'tv' },
    hdr: undefined,
    dolbyVisionProfile: undefined,
    averageFps: 25,
    realFps: 25,
    bitRate: 1_600_000,
    headerDurationSeconds: 10,
    startSeconds: 0,
    earlySeconds: 0,
    stats: STATS,
  },
  unknownVideoTags: [],
  audio: undefined,
  otherAudio: [],
  undecodableAudio: [],
  audioTracks: 0,
  subtitles: [],
  closedCaptions: false,
  encrypted: false,
  mp4: { moovFirst: true, fragmented: false, durationUnknown: false },
  deepAnalysis: false,
};

/** What a run keeps after its encode: the MP4 is the workshop's file. */
const afterEncode = async (): Promise<Checkpoint> => {
  await writeFile(join(before.directory, 'video.mp4'), await readFile(shop.file));
  await write('poster.jpg');
  const outputs = await Promise.all(
    (['video.mp4', 'poster.jpg'] as const).map(async (name) => ({
      kind: name === 'video.mp4' ? 'video' : 'poster',
      ...(await describeFile(before.directory, { name, contentType: '' })),
    })),
  );
  const value: EncodedVideo = {
    outcome: 'processed',
    reasons: [],
    warnings: [],
    videoPath: String(outputs[0]?.path),
    info: INFO,
    outputs,
  };
  const files = [
    await checksumFile(before.directory, 'video.mp4', signal),
    await checksumFile(before.directory, 'poster.jpg', signal),
  ];
  return { ...base(), encoded: { probe: INFO, value, files } };
};

/** As it stands in the queue. */
const stored = (checkpoint: Checkpoint): unknown => JSON.parse(JSON.stringify(checkpoint));

it('begins at the start without a checkpoint, or with one that is not ours', async () => {
  await write('input');
  for (const saved of [undefined, null, 'x', { version: 2 }, { ...base(), source: 'input' }])
    expect(await restore(saved)).toEqual({});
  expect(await readdir(runDirectory.jobDirectory)).toEqual([basename(runDirectory.directory)]);
});

it('adopts a download whose checksum matches, and removes the rest', async () => {
  const saved = await afterDownload();
  await write('video.mp4.partial');
  expect(await restore(stored(saved))).toEqual({ source: SOURCE, saved: { source: SOURCE, input: saved.input } });
  expect(await readdir(runDirectory.directory)).toEqual(['input']);
  expect(await readdir(runDirectory.jobDirectory)).toEqual([basename(runDirectory.directory)]);
});

it('does not believe a file that changed by a byte, of the same size', async () => {
  const saved = await afterDownload();
  await write('input', 'content of inpuT');
  expect(await restore(stored(saved))).toEqual({});
  expect(await readdir(runDirectory.directory)).toEqual([]);
});

it.each([
  ['the source is another one now', { source: { size: 1000, etag: 'two' } }],
  ['the settings are others now', { settings: 't' }],
])('begins anew when %s', async (_why, changes) => {
  expect(await restore(stored(await afterDownload()), changes)).toEqual({});
});

it('knows by name what a run may adopt', async () => {
  const names = [
    'input',
    'input.partial',
    'video.mp4',
    'video.mp4.partial',
    'poster.jpg',
    'hls/1.m4s',
    'hls.partial/1',
  ];
  const ofUse = (saved: unknown, settings = 's') => names.filter(usableNames({ saved, settings, source: SOURCE }));
  const encoded = await afterEncode();
  const derived = { name: 'derived.json', bytes: 1, sha256: 'b'.repeat(64) };
  expect(ofUse(undefined)).toEqual([]);
  expect(ofUse(base())).toEqual([]);
  expect(ofUse(await afterDownload())).toEqual(['input']);
  expect(ofUse(await afterDownload(), 't')).toEqual([]);
  expect(ofUse(encoded)).toEqual(['video.mp4', 'poster.jpg']);
  expect(ofUse({ ...encoded, derived })).toEqual(['video.mp4', 'poster.jpg', 'hls/1.m4s']);
});

it('adopts an encode, under its new paths', async () => {
  const saved = await afterEncode();
  const { encoded, published } = await restore(stored(saved));
  expect(encoded?.encoded.videoPath).toBe(join(runDirectory.directory, 'video.mp4'));
  expect(encoded?.encoded.outputs.map(({ path }) => path)).toEqual([
    join(runDirectory.directory, 'video.mp4'),
    join(runDirectory.directory, 'poster.jpg'),
  ]);
  expect(published).toBeUndefined();
  expect((await readdir(runDirectory.directory)).sort()).toEqual(['poster.jpg', 'video.mp4']);
});

it('finds files wherever earlier runs left them: one may have died while it adopted them', async () => {
  const saved = await afterEncode();
  const died = await mkdtemp(join(runDirectory.jobDirectory, 'run-'));
  await rename(join(before.directory, 'video.mp4'), join(died, 'video.mp4'));
  // What a worker that lost its job goes on writing has the same names.
  await writeFile(join(died, 'poster.jpg'), 'half a');
  for (const stale of ['run-0', 'run-zzzzzz']) {
    await mkdir(join(runDirectory.jobDirectory, stale));
    await writeFile(join(runDirectory.jobDirectory, stale, 'video.mp4'), 'another');
  }
  const { encoded } = await restore(stored(saved));
  expect(encoded).toBeDefined();
  expect(await readFile(join(runDirectory.directory, 'video.mp4'))).toEqual(await readFile(shop.file));
  expect(await readFile(join(runDirectory.directory, 'poster.jpg'), 'utf8')).toBe('content of poster.jpg');
  expect(await readdir(runDirectory.jobDirectory)).toEqual([basename(runDirectory.directory)]);
});

it('reads a published MP4 and its captions back where their files are gone, as on another machine', async () => {
  const [path, captions] = [uniquePath('video.mp4'), uniquePath('captions/en.vtt')];
  const { bucket } = await shop.upload(storage, { path });
  const published = [
    { kind: 'video', bucket, path, contentType: 'video/mp4', bytes: shop.size },
    { kind: 'captions', bucket, path: captions, contentType: 'text/vtt', bytes: 6 },
  ];
  await mkdir(join(before.directory, 'captions'));
  await write('captions/en.vtt', 'WEBVTT');
  await shop.upload(storage, { path: captions, file: join(before.directory, 'captions/en.vtt') });
  const { encoded, ...rest } = await afterEncode();
  const files = [...(encoded?.files ?? []), await checksumFile(before.directory, 'captions/en.vtt', signal)];
  const saved = { ...rest, encoded: encoded && { ...encoded, files }, published };
  await rm(before.directory, { recursive: true });
  const restored = await restore(stored(saved));
  expect(restored.published).toEqual(published);
  expect(await readFile(join(runDirectory.directory, 'video.mp4'))).toEqual(await readFile(shop.file));
  expect(await readFile(join(runDirectory.directory, 'captions/en.vtt'), 'utf8')).toBe('WEBVTT');

  const lost = { ...saved, published: [{ ...published[0], path: uniquePath('video.mp4') }] } as Checkpoint;
  await rm(runDirectory.directory, { recursive: true });
  await mkdir(runDirectory.directory);
  expect(await restore(stored(lost))).toEqual({});
});

it('adopts what was derived only when every file of it is there', async () => {
  const hls = join(before.directory, 'hls');
  await mkdir(hls);
  await writeFile(join(hls, 'master.m3u8'), '#EXTM3U');
  await writeFile(join(hls, '1.m4s'), 'segment');
  const parts = [
    await describeFile(before.directory, { name: 'hls/master.m3u8', contentType: '' }),
    await describeFile(before.directory, { name: 'hls/1.m4s', contentType: '' }),
  ];
  const [master] = parts;
  const outputs = master === undefined ? [] : [{ ...master, kind: 'hls', parts }];
  const warnings = [{ code: 'preview_unavailable', message: 'There is no preview.' }] as const;
  const saved = {
    ...(await afterEncode()),
    published: [],
    derived: await saveDerived(before.directory, { outputs, warnings }, signal),
  };
  const { derived } = await restore(stored(saved));
  expect(derived?.outputs[0]?.parts?.map(({ path }) => path)).toEqual([
    join(runDirectory.directory, 'hls/master.m3u8'),
    join(runDirectory.directory, 'hls/1.m4s'),
  ]);

  expect(derived?.warnings).toEqual(warnings);

  const next = {
    jobDirectory: runDirectory.jobDirectory,
    directory: await mkdtemp(join(runDirectory.jobDirectory, 'run-')),
  };
  await rm(join(runDirectory.directory, 'hls/1.m4s'));
  const again = await restore(stored(saved), { runDirectory: next });
  expect(again.encoded).toBeDefined();
  expect(again.derived).toBeUndefined();
});

it('leaves of a failed run what the next one needs, and nothing of a finished one', async () => {
  const jobsDir = join(root, 'jobs-00000000');
  const fail = (kept: 'job' | 'nothing') =>
    withRunDirectory({ jobsDir, jobId: 'video-1', keepAfter: () => kept }, () => Promise.reject(new Error(kept)));
  const jobs = () => readdir(jobsDir).catch(() => []);
  await expect(fail('job')).rejects.toThrow('job');
  // The next run of another worker stays: only the own one goes.
  await expect(fail('nothing')).rejects.toThrow('nothing');
  expect(await readdir(join(jobsDir, 'video-1'))).toHaveLength(1);
  await removeJobDirectory({ jobsDir, jobId: 'video-1' });
  expect(await jobs()).toEqual([]);
  await expect(fail('nothing')).rejects.toThrow('nothing');
  expect(await jobs()).toEqual([]);
  await withRunDirectory({ jobsDir, jobId: 'video-2', keepAfter: () => 'job' }, async () => {});
  expect(await jobs()).toEqual([]);
});
