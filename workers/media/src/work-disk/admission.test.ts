import { MediaError } from '@supabase-media/core/errors';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createAdmission, spaceFor } from './admission.ts';
import { detectDiskFull } from './detect-disk-full.ts';
import type { DiskSpace } from './disk-space.ts';

const MB = 1_000_000;
const { signal } = new AbortController();

/** A gate before a disk whose space the test sets, and what it logs. */
function createGate(space: DiskSpace, waitMs = 0) {
  const lines: string[] = [];
  const disk = { ...space };
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const options = { workDir: '/work', reserveBytes: 100 * MB, log, waitMs, lookEveryMs: 1, readDisk: async () => disk };
  return { ...createAdmission(options), disk, lines };
}

it('asks for 2.5 times the source beside the reserve', async () => {
  const needed = spaceFor(100 * MB);
  expect(needed).toBe(250 * MB);
  const exact = createGate({ free: needed + 100 * MB, total: 10_000 * MB });
  (await exact.admit(100 * MB, signal))();
  const short = createGate({ free: needed + 100 * MB - 1, total: 10_000 * MB });
  await expect(short.admit(100 * MB, signal)).rejects.toMatchObject({ code: 'disk_waiting' });
});

it('asks for less by what the job has on the disk already', async () => {
  const gate = createGate({ free: 150 * MB, total: 10_000 * MB });
  await expect(gate.admit(100 * MB, signal, 199 * MB)).rejects.toMatchObject({ code: 'disk_waiting' });
  const release = await gate.admit(100 * MB, signal, 200 * MB);
  await expect(gate.admit(100 * MB, signal, 249 * MB)).rejects.toMatchObject({ code: 'disk_waiting' });
  release();
  (await gate.admit(100 * MB, signal, 400 * MB))();
});

it('keeps what running jobs may need until they end', async () => {
  const gate = createGate({ free: 500 * MB, total: 10_000 * MB });
  const release = await gate.admit(100 * MB, signal);
  await expect(gate.admit(100 * MB, signal)).rejects.toMatchObject({ code: 'disk_waiting' });
  release();
  release();
  (await gate.admit(100 * MB, signal))();
});

it('lets a waiting job in when there is room, and says once that jobs wait', async () => {
  const gate = createGate({ free: 0, total: 10_000 * MB }, 10_000);
  const waiting = [gate.admit(10 * MB, signal), gate.admit(20 * MB, signal)];
  await expect.poll(() => gate.lines.length).toBe(1);
  gate.disk.free = 1000 * MB;
  for (const release of await Promise.all(waiting)) release();
  expect(gate.lines).toHaveLength(1);
  expect(JSON.parse(gate.lines[0] ?? '')).toMatchObject({ event: 'disk.waiting', freeBytes: 0 });
});

it('does not wait for what no emptying of the disk can bring', async () => {
  const gate = createGate({ free: 200 * MB, total: 300 * MB }, 10_000);
  await expect(gate.admit(100 * MB, signal)).rejects.toMatchObject({ code: 'disk_too_small' });
});

it('stops waiting with its signal, for its reason', async () => {
  const gate = createGate({ free: 0, total: 10_000 * MB }, 60_000);
  const controller = new AbortController();
  const waiting = gate.admit(MB, controller.signal);
  await expect.poll(() => gate.lines.length).toBe(1);
  controller.abort(new Error('stop'));
  await expect(waiting).rejects.toThrow('stop');
});

it('blames a full disk for an output that is not whole, and nothing else', async () => {
  const broken = new MediaError({ code: 'output_invalid', message: 'A segment is empty.' });
  const disk = (free: number) => async () => ({ free, total: 1000 * MB });
  expect((await detectDiskFull(broken, '/work', disk(MB))).code).toBe('disk_full');
  expect(await detectDiskFull(broken, '/work', disk(100 * MB))).toBe(broken);
  const gone = new MediaError({ code: 'object_missing', message: 'There is no such object.' });
  expect(await detectDiskFull(gone, '/work', disk(MB))).toBe(gone);
});
