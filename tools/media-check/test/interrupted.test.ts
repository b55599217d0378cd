/** A reader that is interrupted says so to its caller, and to nobody else: the process would end for it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findTools } from '../src/find-tools.ts';
import { readStreams } from '../src/measure/ffprobe.ts';
import { measureHeard } from '../src/measure/heard.ts';

/** A file that is never written: whoever opens it waits. */
let path: string;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-interrupted-'));
  path = join(folder, 'pipe');
  await promisify(execFile)('mkfifo', [path]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const [tools] = await findTools('all');

it.each([
  ['ffprobe', (signal: AbortSignal) => readStreams({ ffprobe: tools?.ffprobe.path ?? '', path, signal })],
  ['ffmpeg', (signal: AbortSignal) => measureHeard(tools?.ffmpeg.path ?? '', path, signal)],
] as const)('ends with the signal: %s', async (_, read) => {
  const interrupt = new AbortController();
  const reading = read(interrupt.signal);
  interrupt.abort();
  await expect(reading).rejects.toThrow('aborted');
});
