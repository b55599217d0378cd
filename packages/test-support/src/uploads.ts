/** What the upload tests share: a file, a way to Storage that may be broken, and a look at what arrived. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { downloadFile } from '@supabase-media/storage/download';
import { sha256OfFile } from '@supabase-media/storage/file-checksum';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { openSourceFile } from '@supabase-media/storage/source-file';
import { type UploadFileOptions, type UploadResult, uploadFile } from '@supabase-media/storage/uploader';
import { type FaultProxy, type FaultRule, startFaultProxy } from './fault-proxy.ts';
import { createRandom, randomContent } from './random.ts';
import { openStackStorage, stackValue, uniquePath } from './stack.ts';

export const SOURCES = 'project-videos';

/** Generous: only the tests of clocks set them low. */
export const TIMEOUTS = { timeoutMs: 60_000, stallMs: 30_000, answerMs: 30_000 };

export const POLICY = { ...TIMEOUTS, directMaxBytes: 100_000_000, maxRetries: 3, retryBaseMs: 20 };

/** A workshop for one test file; `close` ends what is left of it. */
export interface UploadWorkshop {
  readonly folder: string;
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  readonly open: (url?: string) => StorageConnection;
  /** A connection through a proxy that breaks what the rule says. */
  readonly behind: (rule: FaultRule) => Promise<{ connection: StorageConnection; proxy: FaultProxy }>;
  readonly upload: (connection: StorageConnection, changes?: Partial<UploadFileOptions>) => Promise<UploadResult>;
  readonly digestOf: (path: string) => Promise<string>;
  /** Ends the connections and proxies that a test opened. */
  readonly endTest: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Opens a workshop with one file of seeded content. */
export async function openWorkshop(options: { readonly seed: number; readonly size: number }): Promise<UploadWorkshop> {
  const { seed, size } = options;
  const folder = await mkdtemp(join(tmpdir(), 'media-uploads-'));
  const file = join(folder, 'clip.mp4');
  const content = randomContent(seed, size);
  await writeFile(file, content);
  const random = createRandom(seed);
  const closing: (() => Promise<void>)[] = [];
  const open = (url?: string) => {
    const connection = openStackStorage(url);
    closing.push(connection.close);
    return connection;
  };
  return {
    folder,
    file,
    size,
    sha256: createHash('sha256').update(content).digest('hex'),
    open,
    behind: async (rule) => {
      const proxy = await startFaultProxy(stackValue('SUPABASE_URL'), rule);
      closing.push(proxy.close);
      return { connection: open(proxy.url), proxy };
    },
    upload: (connection, changes = {}) =>
      uploadFile({
        connection,
        policy: POLICY,
        // A state of its own for each call, so that no test takes up what another left.
        resumeStore: openResumeStore(join(folder, `state-${Math.floor(random() * 1e9)}`)),
        file,
        bucket: SOURCES,
        path: uniquePath('clip.mp4'),
        contentType: 'video/mp4',
        ...changes,
      }),
    digestOf: async (path) => {
      const connection = openStackStorage();
      const target = join(folder, `back-${Math.floor(random() * 1e9)}`);
      try {
        const options = { connection, bucket: SOURCES, path, file: target, timeouts: TIMEOUTS, maxRetries: 0 };
        await downloadFile(options);
        return await sha256OfFile(await openSourceFile(target));
      } finally {
        await connection.close();
        await rm(target, { force: true });
      }
    },
    endTest: async () => {
      for (const close of closing.splice(0).reverse()) await close();
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
