import { MediaError } from '@supabase-media/core/errors';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createAdmission, spaceFor } from './admission.ts';
import { detectDiskFull } from './detect-disk-full.ts';
import type { DiskSpace } from './disk-space.ts';

const MB = 1_000_000;
const { signal } = new AbortController();

/** The admission to a disk whose space the test sets, and what it logs. */
function openAdmission(space: DiskSpace, waitMs = 0) {
  const lines: string[] = [];
  const disk = { ...space };
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const options = { workDir: '/work', reserveBytes: 100 * MB, log, waitMs, lookEveryMs: 1, readDisk: async () => disk };
  return { ...createAdmission(options), disk, lines };
}

it('needs 2.5 times the source in addition to the reserve', async () => {
  const needed = spaceFor(100 * MB);
  expect(needed).toBe(250 * MB);
  const exact = openAdmission({ free: needed + 100 * MB, total: 10_000 * MB });
  (await exact.admit(100 * MB, signal)).release();
  const short = openAdmission({ free: needed + 100 * MB - 1, total: 10_000 * MB });
  await expect(short.admit(100 * MB, signal)).rejects.toMatchObject({ code: 'disk_waiting' });
});

it('needs less by what the job already has on the disk', async () => {
  const admission = openAdmission({ free: 150 * MB, total: 10_000 * MB });
  await expect(admission.admit(100 * MB, signal, 199 * MB)).rejects.toMatchObject({ code: 'disk_waiting' });
  const { release } = await admission.admit(100 * MB, signal, 200 * MB);
  await expect(admission.admit(100 * MB, signal, 249 * MB)).rejects.toMatchObject({ code: 'disk_waiting' });
  release();
  (await admission.admit(100 * MB, signal, 400 * MB)).release();
});

it('reserves what running jobs may need until they end', async () => {
  const admission = openAdmission({ free: 500 * MB, total: 10_000 * MB });
  const { release } = await admission.admit(100 * MB, signal);
  await expect(admission.admit(100 * MB, signal)).rejects.toMatchObject({ code: 'disk_waiting' });
  release();
  release();
  (await admission.admit(100 * MB, signal)).release();
});

it('admits a waiting job when there is space, and logs once that jobs wait', async () => {
  const admission = openAdmission({ free: 0, total: 10_000 * MB }, 10_000);
  const waiting = [admission.admit(10 * MB, signal), admission.admit(20 * MB, signal)];
  await expect.poll(() => admission.lines.length).toBe(1);
  admission.disk.free = 1000 * MB;
  for (const { release } of await Promise.all(waiting)) release();
  expect(admission.lines).toHaveLength(1);
  expect(JSON.parse(admission.lines[0] ?? '')).toMatchObject({ event: 'disk.waiting', freeBytes: 0 });
});

it('does not wait for space that the disk can never have', async () => {
  const admission = openAdmission({ free: 200 * MB, total: 300 * MB }, 10_000);
  await expect(admission.admit(100 * MB, signal)).rejects.toMatchObject({ code: 'disk_too_small' });
});

it('stops waiting with its signal, for its reason', async () => {
  const admission = openAdmission({ free: 0, total: 10_000 * MB }, 60_000);
  const controller = new AbortController();
  const waiting = admission.admit(MB, controller.signal);
  await expect.poll(() => admission.lines.length).toBe(1);
  controller.abort(new Error('stop'));
  await expect(waiting).rejects.toThrow('stop');
});

it('reserves what the results may need, once it is known, and gives back what they do not', async () => {
  const admission = openAdmission({ free: 1000 * MB, total: 10_000 * MB });
  const first = await admission.admit(100 * MB, signal);
  const second = await admission.admit(100 * MB, signal);
  // 900 without the reserve, of which 250 are promised to the second.
  expect(await first.extend(650 * MB, 0, signal)).toBe(650 * MB);
  await expect(second.extend(251 * MB, 0, signal)).rejects.toMatchObject({ code: 'disk_waiting' });
  // The source was written meanwhile: it is no longer free, and no longer promised.
  admission.disk.free -= 100 * MB;
  expect(await first.extend(300 * MB, 100 * MB, signal)).toBe(300 * MB);
  expect(await second.extend(600 * MB, 0, signal)).toBe(600 * MB);
});

it('gives a job that is alone what there is, where its results may need more', async () => {
  const admission = openAdmission({ free: 1000 * MB, total: 1200 * MB });
  const alone = await admission.admit(100 * MB, signal);
  expect(await alone.extend(60_000 * MB, 0, signal)).toBe(892 * MB);
  // Nobody else gets any of it meanwhile.
  await expect(admission.admit(10 * MB, signal)).rejects.toMatchObject({ code: 'disk_waiting' });
  alone.release();
  (await admission.admit(10 * MB, signal)).release();
});

it('lets the first go on of jobs that wait for each other', async () => {
  const admission = openAdmission({ free: 1000 * MB, total: 1200 * MB }, 10_000);
  const first = await admission.admit(100 * MB, signal);
  const second = await admission.admit(100 * MB, signal);
  const waiting = second.extend(5000 * MB, 0, signal);
  await expect.poll(() => admission.lines.length).toBe(1);
  expect(await first.extend(5000 * MB, 0, signal)).toBe(642 * MB);
  first.release();
  expect(await waiting).toBe(892 * MB);
});

it('names a full disk as the cause of an incomplete output, and of nothing else', async () => {
  const broken = new MediaError({ code: 'output_invalid', message: 'A segment is empty.' });
  const disk = (free: number) => async () => ({ free, total: 1000 * MB });
  expect((await detectDiskFull(broken, '/work', disk(MB))).code).toBe('disk_full');
  expect(await detectDiskFull(broken, '/work', disk(100 * MB))).toBe(broken);
  const gone = new MediaError({ code: 'object_missing', message: 'There is no such object.' });
  expect(await detectDiskFull(gone, '/work', disk(MB))).toBe(gone);
});
