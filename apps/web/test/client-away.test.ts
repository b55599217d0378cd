/** Storage whose store is away: it sees no upload and takes none, though it has them. What arrived is not sent again. */
import type { Fault, FaultProxy, FaultRule } from '@supabase-media/test-support/fault-proxy';
import { SEED } from '@supabase-media/test-support/random';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClientLab, IMPATIENT, openClientLab } from './support/client-lab.ts';
import { closedPort } from './support/closed-port.ts';

const MIB = 1024 * 1024;
const SIZE = 30 * MIB;
const TUS = { 'tus-resumable': '1.0.0' };

let lab: ClientLab;
beforeAll(async () => {
  lab = await openClientLab();
});
afterEach(() => lab.endTest());
afterAll(() => lab?.close());

/** As Storage with an S3 backend answers while its S3 server cannot be reached, for `questions` requests. */
function away(questions: number, status = 404) {
  let [patches, left] = [0, 0];
  const bodies: number[] = [];
  const rule: FaultRule = ({ method, path, bytes }): Fault => {
    if (!path.includes('/upload/resumable')) return { kind: 'pass' };
    if (method === 'PATCH' && left === 0) {
      patches++;
      bodies.push(bytes);
      if (patches !== 3) return { kind: 'pass' };
      left = questions;
      return { kind: 'cut', afterBytes: MIB };
    }
    if (left === 0) return { kind: 'pass' };
    left--;
    const gone: Fault = { kind: 'answer', status, headers: TUS, body: 'The file for this url was not found' };
    return method === 'POST' ? { kind: 'answer', status: 500, headers: TUS, body: 'Internal Server Error' } : gone;
  };
  return { rule, bodies };
}

/** The uploads that were asked for in such requests. */
const asked = ({ seen }: FaultProxy, method: string): (string | undefined)[] =>
  seen
    .filter((line) => line.startsWith(`${method} `) && line.includes('/upload/resumable'))
    .map((line) => line.split('/').at(-1));

describe.each([
  ['direct to Storage', false],
  ['through the relay', true],
])('an upload %s', (_, isRelayed) => {
  it('goes on where it was when Storage sees it again', async () => {
    const { rule, bodies } = away(8);
    const storage = await lab.behind(rule);
    const api = await lab.startApi({
      publicUrl: isRelayed ? await closedPort() : storage.url,
      environment: { SUPABASE_URL: storage.url },
    });
    const file = await lab.makeFile({ bytes: SIZE, seed: SEED });
    const uploader = lab.uploader(api.url, { connectivity: IMPATIENT });
    const result = await uploader.uploadVideo(file.source).finished;
    expect(result.verified).toBe('md5');
    expect(await lab.storedSha256(result.sessionId)).toBe(file.sha256);
    // Of the body that was cut some arrived; nothing before it is sent again.
    expect(bodies.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(SIZE + 13 * MIB);
    const [session] = await lab.rows(`upload_sessions?id=eq.${result.sessionId}&select=storage_upload_id`);
    const ids = asked(storage, 'PATCH');
    expect(new Set(ids)).toEqual(new Set([session?.storage_upload_id]));
  });
});

it('an upload that is over is not asked for again: another one is made, and it is ended', async () => {
  const { rule } = away(2, 410);
  const storage = await lab.behind((request) =>
    request.method === 'POST' && request.path.includes('/upload/resumable') ? { kind: 'pass' } : rule(request),
  );
  const api = await lab.startApi({ publicUrl: storage.url, environment: { SUPABASE_URL: storage.url } });
  const file = await lab.makeFile({ bytes: SIZE, seed: SEED });
  const result = await lab.uploader(api.url, { connectivity: IMPATIENT }).uploadVideo(file.source).finished;
  expect(await lab.storedSha256(result.sessionId)).toBe(file.sha256);
  const ids = asked(storage, 'PATCH');
  const [first, second] = [...new Set(ids)];
  expect(second).toBeDefined();
  expect(asked(storage, 'DELETE')).toEqual([first]);
});
