/**
 * What users are promised, at full size, wherever SUPABASE_URL points: 79 MB, 200 MB and 1 GB arrive whole in constant
 * memory, directly and through the relay, over cuts, gateways with limits, and servers that die.
 */
import { join } from 'node:path';
import { SEED } from '@supabase-media/test-support/random';
import { openFileStore } from '@supabase-media/uploader/node/file-store';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClientLab, openClientLab, type TestFile } from '../support/client-lab.ts';
import { closedPort } from '../support/closed-port.ts';
import { measureMemory } from '../support/measure-memory.ts';

const MIB = 1024 * 1024;
const SENT_TWICE_MAX = 6 * MIB;
/** Of this process, which sends: buffers of two connections and what V8 has not cleared away. */
const MEMORY_MAX = 150 * MIB;
const TIMEOUT_MS = 600_000;

let lab: ClientLab;
let file: TestFile;

beforeAll(async () => {
  process.stdout.write(`seed ${SEED}\n`);
  lab = await openClientLab();
  file = await lab.makeFile({ bytes: 200_000_000, seed: SEED });
}, TIMEOUT_MS);
afterEach(() => lab.endTest());
afterAll(() => lab?.close());

function noteMemory(bytes: number): number {
  process.stdout.write(`${(bytes / 1e6).toFixed(0)} MB of memory more at the most\n`);
  return bytes;
}

describe('sizes', () => {
  it.each([79_000_000, 200_000_000, 1_000_000_000])(
    '%i bytes arrive directly',
    async (bytes) => {
      const { source, sha256 } = bytes === file.source.size ? file : await lab.makeFile({ bytes, seed: SEED });
      const api = await lab.startApi();
      const memory = measureMemory();
      const { sessionId } = await lab.uploader(api.url).uploadVideo(source).finished;
      expect(noteMemory(memory.stop())).toBeLessThan(MEMORY_MAX);
      expect(await lab.storedSha256(sessionId)).toBe(sha256);
    },
    TIMEOUT_MS,
  );

  it(
    '1 GB arrives through the relay',
    async () => {
      const { source, sha256 } = await lab.makeFile({ bytes: 1_000_000_000, seed: SEED });
      const api = await lab.startApi({ publicUrl: await closedPort() });
      const memory = measureMemory();
      const { sessionId } = await lab.uploader(api.url).uploadVideo(source).finished;
      expect(noteMemory(memory.stop())).toBeLessThan(MEMORY_MAX);
      expect(await lab.storedSha256(sessionId)).toBe(sha256);
    },
    TIMEOUT_MS,
  );
});

describe('200 MB, and the page is closed in the middle', () => {
  it(
    'is taken up by the next page where it was',
    async () => {
      const path = join(lab.folder, 'places.json');
      const api = await lab.startApi();
      const closing = new AbortController();
      const before = lab.uploader(api.url, { storage: openFileStore(path) }).uploadVideo(file.source, {
        signal: closing.signal,
        onProgress: ({ percentage }) => percentage > 40 && closing.abort(),
      });
      await expect(before.finished).rejects.toMatchObject({ code: 'stopped' });
      const uploader = lab.uploader(api.url, { storage: openFileStore(path) });
      const [record] = await uploader.listUnfinished();
      let resumedFrom = 0;
      const { sessionId } = await uploader.uploadVideo(file.source, {
        onState: (state) => {
          if (state.name === 'uploading') resumedFrom = state.resumedFrom;
        },
      }).finished;
      expect(sessionId).toBe(record?.sessionId);
      expect(resumedFrom).toBeGreaterThan(0);
      expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    },
    TIMEOUT_MS,
  );
});

describe('200 MB through the relay', () => {
  it.each([50, 100, 150])(
    'cut after %i MB, less than 6 MiB is sent twice',
    async (megabytes) => {
      const api = await lab.startApi({ publicUrl: await closedPort() });
      let sent = 0;
      let isCut = false;
      const front = await lab.behind(
        ({ method, bytes }) => {
          // Within the request that reaches the place, however long the chunks have become on a fast way.
          const before = megabytes * 1e6 - sent;
          if (method !== 'PATCH' || isCut || before > bytes) return { kind: 'pass' };
          isCut = true;
          return { kind: 'cut', afterBytes: before };
        },
        {
          target: api.url,
          onBytes: (bytes) => {
            sent += bytes;
          },
        },
      );
      const { sessionId } = await lab.uploader(front.url).uploadVideo(file.source).finished;
      expect(isCut).toBe(true);
      expect(sent - file.source.size).toBeLessThan(SENT_TWICE_MAX);
      expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    },
    TIMEOUT_MS,
  );

  it.each([1, 2, 3, 4, 5])(
    'behind a gateway that takes %i MB',
    async (megabytes) => {
      const api = await lab.startApi({ publicUrl: await closedPort() });
      const front = await lab.behind(
        ({ bytes }) =>
          bytes > megabytes * 1e6 ? { kind: 'answer', status: 413, body: '<html>413</html>' } : { kind: 'pass' },
        { target: api.url },
      );
      const { sessionId } = await lab.uploader(front.url).uploadVideo(file.source).finished;
      expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    },
    TIMEOUT_MS,
  );

  it(
    'over two processes without sticky sessions, one of which is killed',
    async () => {
      const publicUrl = await closedPort();
      const apis = [await lab.startApi({ publicUrl }), await lab.startApi({ publicUrl })];
      const balancer = await lab.roundRobin(apis.map(({ url }) => url));
      let killed: Promise<void> | undefined;
      const handle = lab.uploader(balancer.url).uploadVideo(file.source, {
        onProgress: ({ percentage }) => {
          const victim = balancer.busyTarget();
          if (percentage > 30 && victim !== undefined) killed ??= apis[victim]?.kill('SIGKILL');
        },
      });
      const { sessionId } = await handle.finished;
      expect(killed).toBeDefined();
      expect(await lab.storedSha256(sessionId)).toBe(file.sha256);
    },
    TIMEOUT_MS,
  );
});
