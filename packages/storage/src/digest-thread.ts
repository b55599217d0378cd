/**
 * Owns the thread that takes a file's digests: MD5 takes as long as sending does, so on one thread the two would add up.
 * The thread reads the file itself rather than being handed what is sent. From the page cache that costs a tenth of the
 * digest, and in return nothing waits for anything and a resumed upload needs no bookkeeping.
 */
import { Worker } from 'node:worker_threads';
import { MediaError } from '@supabase-media/core/errors';
import { changed, type SourceFile, unreadable } from './source-file.ts';

export interface DigestRequest {
  readonly algorithm: 'md5' | 'sha256';
  /** Where the pieces of each layout end, in bytes: ascending, the last one the file's size. */
  readonly layouts: readonly (readonly number[])[];
}

/** What the thread is told. */
export interface DigestJob extends DigestRequest {
  readonly path: string;
  /** In bytes; so many are read. */
  readonly size: number;
}

/** What the thread says at its end. */
export interface DigestReport {
  /** In the order of the layouts, one for each piece. */
  readonly digests: readonly (readonly Uint8Array[])[];
  /** Below the size, the file ended there. */
  readonly bytesRead: number;
}

/** The thread's heap holds its code and a few digests; left alone, V8 would let it grow to half of the process's. In MB. */
const HEAP = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 };

/** Failures of the thread itself rather than of its work: no permission, no process to be had, no memory. */
const NO_THREAD = /^ERR_(WORKER_|ACCESS_DENIED)/;

/**
 * Takes digests in a thread that has ended when this returns or throws.
 *
 * @returns those of the pieces of each layout; undefined where the system gives no thread.
 * @throws {MediaError} `file_missing`, `file_changed`; the signal's reason.
 */
export async function digestInThread(
  file: SourceFile,
  request: DigestRequest,
  signal?: AbortSignal,
): Promise<DigestReport['digests'] | undefined> {
  signal?.throwIfAborted();
  const job: DigestJob = { path: file.path, size: file.size, ...request };
  try {
    const { digests, bytesRead } = await runThread(job, signal);
    if (bytesRead < file.size) throw changed(file, bytesRead);
    return digests;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof MediaError) throw error;
    if (NO_THREAD.test(codeOf(error))) return undefined;
    throw unreadable(file.path, error);
  }
}

function runThread(job: DigestJob, signal: AbortSignal | undefined): Promise<DigestReport> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./digest-file-thread.js', import.meta.url), {
      name: 'digest',
      workerData: job,
      // It needs no setting and no key.
      env: {},
      execArgv: [],
      resourceLimits: HEAP,
    });
    const stop = () => void thread.terminate();
    let report: DigestReport | undefined;
    let failure: unknown;
    thread.once('message', (message: DigestReport) => {
      report = message;
    });
    thread.once('error', (error) => {
      failure = error;
    });
    thread.once('exit', () => {
      signal?.removeEventListener('abort', stop);
      if (report !== undefined) resolve(report);
      else reject(failure);
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
