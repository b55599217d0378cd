import { describe, expect, it } from 'vitest';
import { type ErrorCode, MediaError } from './errors.ts';
import { LOCKED_MAX, retry } from './retry.ts';

const fail = (code: ErrorCode, details = {}) => new MediaError({ code, message: 'for the test', details });

describe('retry', () => {
  it('tries again until it succeeds and says how long it waits', async () => {
    const waits: number[] = [];
    const result = await retry(
      async (number) => {
        if (number < 3) throw fail('storage_failed');
        return number;
      },
      { retries: 3, baseMs: 1, random: () => 0, onRetry: ({ waitMs }) => waits.push(waitMs) },
    );
    expect(result).toBe(3);
    expect(waits).toEqual([1, 2]);
  });

  it('gives up after the retries it was given', async () => {
    let attempts = 0;
    const work = retry(
      async () => {
        attempts++;
        throw fail('storage_failed');
      },
      { retries: 2, baseMs: 1 },
    );
    await expect(work).rejects.toMatchObject({ code: 'storage_failed' });
    expect(attempts).toBe(3);
  });

  it('counts what it gets from a Storage that is out of order apart', async () => {
    const attemptsAt = async (error: MediaError): Promise<number> => {
      let attempts = 0;
      const work = retry(
        async () => {
          attempts++;
          throw error;
        },
        { retries: 1, outageRetries: { away: 3, failing: 2 }, baseMs: 1 },
      );
      await expect(work).rejects.toBe(error);
      return attempts;
    };
    expect(await attemptsAt(fail('gateway_failed', { httpStatus: 502 }))).toBe(4);
    expect(await attemptsAt(fail('storage_failed', { httpStatus: 500 }))).toBe(3);
    expect(await attemptsAt(fail('storage_failed'))).toBe(2);
    expect(await attemptsAt(fail('upload_stalled'))).toBe(2);
  });

  it('resets its count after progress', async () => {
    let sent = 0;
    let before = 0;
    const work = retry(
      async () => {
        if (sent < 10) sent++;
        throw fail('storage_failed');
      },
      {
        retries: 2,
        baseMs: 1,
        hasProgressed: () => {
          const progressed = sent > before;
          before = sent;
          return progressed;
        },
      },
    );
    await expect(work).rejects.toMatchObject({ code: 'storage_failed' });
    expect(sent).toBe(10);
  });

  it('does not count waits for a lock, but limits them', async () => {
    let looks = 0;
    const waits: number[] = [];
    const work = retry(
      async () => {
        looks++;
        throw fail('upload_locked');
      },
      { retries: 0, baseMs: 1, random: () => 0, onRetry: ({ waitMs }) => waits.push(waitMs) },
    );
    await expect(work).rejects.toMatchObject({ code: 'upload_locked' });
    expect(looks).toBe(LOCKED_MAX + 1);
    expect(Math.max(...waits)).toBe(2);
  });

  it('does not retry a permanent failure', async () => {
    let attempts = 0;
    const work = retry(
      async () => {
        attempts++;
        throw fail('key_refused');
      },
      { retries: 5, baseMs: 1 },
    );
    await expect(work).rejects.toMatchObject({ code: 'key_refused' });
    expect(attempts).toBe(1);
  });

  it('waits as long as the server asked', async () => {
    const waits: number[] = [];
    await retry(
      async (number) => {
        if (number === 1) throw fail('storage_failed', { retryAfterMs: 30 });
      },
      { retries: 1, baseMs: 1, onRetry: ({ waitMs }) => waits.push(waitMs) },
    );
    expect(waits).toEqual([30]);
  });

  it('ends its wait when the signal aborts', async () => {
    const controller = new AbortController();
    const work = retry(
      async () => {
        throw fail('storage_failed');
      },
      { retries: 1, baseMs: 60_000, signal: controller.signal, onRetry: () => controller.abort() },
    );
    await expect(work).rejects.toMatchObject({ code: 'aborted' });
  });

  it('recognizes a full disk by its error number', async () => {
    const work = retry(
      async () => {
        throw Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' });
      },
      { retries: 0 },
    );
    await expect(work).rejects.toMatchObject({ code: 'disk_full' });
  });
});
