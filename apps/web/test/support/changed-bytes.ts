/** Cases of a bit that turns on the way to Storage, for each kind of backend. */
import type { Fault, FaultRule } from '@supabase-media/test-support/fault-proxy';
import { SEED } from '@supabase-media/test-support/random';
import { stackValue } from '@supabase-media/test-support/stack';
import type { UploadState } from '@supabase-media/uploader';
import { describe, expect, it } from 'vitest';
import type { ApiProcess, ClientLab } from './client-lab.ts';
import { closedPort } from './closed-port.ts';

const MIB = 1024 * 1024;
/** Sent in one request. */
export const SMALL = 2 * MIB;
export const LARGE = 15 * MIB;

export const PASS: Fault = { kind: 'pass' };

/** Turns a bit in the bodies of files, of the first `times` that are long enough. */
function flip(at: number, times: number): FaultRule {
  let flipped = 0;
  return ({ method, bytes }) => {
    const isFile = (method === 'PUT' || method === 'PATCH') && bytes > at;
    return isFile && flipped++ < times ? { kind: 'flip-bit', at } : PASS;
  };
}

const PATHS = [
  { path: 'in one request', bytes: SMALL, isRelayed: false },
  { path: 'resumable, direct to Storage', bytes: LARGE, isRelayed: false },
  { path: 'through the relay', bytes: LARGE, isRelayed: true },
] as const;

/** An API whose uploads pass the rule's proxy. */
export async function openBehind(
  lab: ClientLab,
  rule: FaultRule,
  {
    isRelayed = false,
    environment = {},
  }: { readonly isRelayed?: boolean; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<ApiProcess> {
  const storage = await lab.behind(rule);
  // On the relay's way it is the API that speaks through the proxy, and browsers reach no Storage.
  return isRelayed
    ? lab.startApi({ publicUrl: await closedPort(), environment: { SUPABASE_URL: storage.url, ...environment } })
    : lab.startApi({ publicUrl: storage.url, environment });
}

const sessionsOf = (lab: ClientLab, fileName: string) =>
  lab.rows(
    `upload_sessions?file_name=eq.${encodeURIComponent(fileName)}&select=state,end_code,verified,bucket,path,video_id&order=created_at`,
  );

/** Whether Storage has the object of a row. */
async function isStored({ bucket, path }: Record<string, unknown>): Promise<boolean> {
  const service = stackValue('SUPABASE_SERVICE_ROLE_KEY');
  const url = `${stackValue('SUPABASE_URL')}/storage/v1/object/info/${bucket}/${path}`;
  return (await fetch(url, { headers: { authorization: `Bearer ${service}`, apikey: service } })).ok;
}

/**
 * A bit is turned on each path.
 *
 * @param largeProof what proves a file that is sent in more than one part.
 */
export function describeChangedBytes(lab: () => ClientLab, largeProof: 'md5' | 'multipart-etag'): void {
  describe.each(PATHS)('sent $path', (way) => {
    const proof = way.bytes === SMALL ? 'md5' : largeProof;
    it('once: what arrived is removed, and the file sent again', async () => {
      const api = await openBehind(lab(), flip(SMALL / 2, 1), way);
      const file = await lab().makeFile({ bytes: way.bytes, seed: SEED });
      const states: UploadState[] = [];
      const handle = lab()
        .uploader(api.url)
        .uploadVideo(file.source, { onState: (state) => states.push(state) });
      const result = await handle.finished;
      expect(result.verified).toBe(proof);
      expect(await lab().storedSha256(result.sessionId)).toBe(file.sha256);
      const rows = await sessionsOf(lab(), file.source.name);
      expect(rows).toMatchObject([
        { state: 'canceled', end_code: 'digest_mismatch', verified: null },
        { state: 'completed', end_code: null, verified: proof },
      ]);
      expect(await Promise.all(rows.map(isStored))).toEqual([false, true]);
      const told = states.find((state) => state.name === 'waiting' && state.error.code === 'digest_mismatch');
      expect(told).toBeDefined();
      const [video] = await lab().rows(`videos?id=eq.${result.videoId}&select=source_proof`);
      expect(video?.source_proof).toMatchObject({ size: way.bytes, verified: proof });
    });

    it('each time: it ends with a clear error, and nothing is kept or enqueued', async () => {
      const api = await openBehind(lab(), flip(SMALL / 2, Number.POSITIVE_INFINITY), way);
      const file = await lab().makeFile({ bytes: way.bytes, seed: SEED });
      await expect(lab().uploader(api.url).uploadVideo(file.source).finished).rejects.toMatchObject({
        code: 'digest_mismatch',
        message: expect.stringMatching(
          /^The stored bytes have another MD5 \([0-9a-f]{32}\) than the file \([0-9a-f]{32}\)\.$/,
        ),
      });
      const rows = await sessionsOf(lab(), file.source.name);
      expect(rows.map(({ end_code }) => end_code)).toEqual(['digest_mismatch', 'digest_mismatch']);
      expect(await Promise.all(rows.map(isStored))).toEqual([false, false]);
      for (const row of rows) expect(await lab().rows(`videos?id=eq.${row.video_id}`)).toEqual([]);
    });
  });
}
