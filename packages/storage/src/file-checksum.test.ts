import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createEtagDigest, expectedPartEnds, WHOLE } from '@supabase-media/upload-protocol/multipart-etag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { etagsOfFile, sha256OfFile, THREAD_BYTES } from './file-checksum.ts';
import { openSourceFile } from './source-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-checksum-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const makeFile = async (bytes: Uint8Array) => {
  const path = join(folder, `${bytes.length}.mp4`);
  await writeFile(path, bytes);
  return openSourceFile(path);
};

const MIB = 1024 * 1024;

describe.each([
  ['an empty file', 0],
  ['the largest that needs no thread', THREAD_BYTES - 1],
  ['the smallest that has one', THREAD_BYTES],
  ['parts that end within a read', 53 * MIB + 1],
])('the digests of %s', (_what, size) => {
  const content = randomBytes(size);

  it('are those of its bytes, in one piece and in parts', async () => {
    const file = await makeFile(content);
    const requestEnds = [6 * MIB, 6 * MIB + 3, 20_000_001].filter((end) => end < size);
    const layouts = [
      WHOLE,
      expectedPartEnds({ size, route: 'rest' }),
      expectedPartEnds({ size, route: 'resumable', requestEnds }),
    ] as const;
    const expected = createEtagDigest(layouts, () => createHash('md5'));
    expected.update(content);
    expect(await etagsOfFile(file, layouts)).toEqual(expected.digest());
    expect(await sha256OfFile(file)).toBe(createHash('sha256').update(content).digest('hex'));
  });
});

describe('a thread that takes a digest', () => {
  /** Of this process, as Linux counts them. */
  const threads = async () => (await readdir('/proc/self/task')).length;

  it.runIf(process.platform === 'linux')('has ended when the signal has ended the wait', async () => {
    const path = join(folder, 'sparse.mp4');
    await writeFile(path, '');
    await truncate(path, 20_000_000_000);
    const file = await openSourceFile(path);
    const before = await threads();
    const controller = new AbortController();
    const taking = etagsOfFile(file, [WHOLE], controller.signal);
    taking.catch(() => {});
    await expect.poll(threads).toBeGreaterThan(before);
    controller.abort(new Error('enough'));
    await expect(taking).rejects.toThrow('enough');
    expect(await threads()).toBe(before);
  });

  it('says that the file changed where it ends early', async () => {
    const file = await makeFile(Buffer.alloc(40 * MIB));
    await truncate(file.path, 39 * MIB);
    await expect(sha256OfFile(file)).rejects.toMatchObject({ code: 'file_changed' });
    await expect(etagsOfFile(file, [WHOLE])).rejects.toMatchObject({ code: 'file_changed' });
  });

  it('says that the file cannot be read where it is gone', async () => {
    const file = await makeFile(Buffer.alloc(41 * MIB));
    await rm(file.path);
    await expect(sha256OfFile(file)).rejects.toMatchObject({ code: 'file_missing' });
  });

  it('is done without where the system gives none', async () => {
    const content = randomBytes(42 * MIB);
    const file = await makeFile(content);
    const checksum = new URL('../dist/file-checksum.js', import.meta.url);
    const script = `const { sha256OfFile } = await import(${JSON.stringify(checksum)});
      process.stdout.write(await sha256OfFile(${JSON.stringify(file)}));`;
    // Since Node 23.5 it is no experiment.
    const flags = process.allowedNodeEnvironmentFlags;
    const permission = flags.has('--permission') ? '--permission' : '--experimental-permission';
    const args = [permission, '--allow-fs-read=*', '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
    });
    expect(stdout).toBe(createHash('sha256').update(content).digest('hex'));
  });
});
