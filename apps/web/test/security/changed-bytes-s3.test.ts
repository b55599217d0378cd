/** As `changed-bytes.test.ts`, of a Storage that keeps objects in S3: no ETag of a file in parts is its MD5 there. */
import { startOwnStack } from '@supabase-media/test-support/stack';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { describeChangedBytes } from '../support/changed-bytes.ts';
import { type ClientLab, openClientLab } from '../support/client-lab.ts';

let lab: ClientLab;
let stop: () => Promise<void>;
beforeAll(async () => {
  stop = await startOwnStack(['--backend', 's3']);
  lab = await openClientLab();
});
afterEach(() => lab.endTest());
afterAll(async () => {
  await lab?.close();
  await stop?.();
});

describeChangedBytes(() => lab, 'multipart-etag');
