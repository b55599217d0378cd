/**
 * Paths that would name another object, or none, are refused by whoever enqueues, before anything is in the queue or in
 * a row; and by the worker, where somebody puts one into the queue by other means.
 */
import { openQueueClient, type QueueClient } from '@supabase-media/client';
import { videoProcessPayload } from '@supabase-media/client/contract';
import { runCommand } from '@supabase-media/test-support/command';
import { createQueueDatabase } from '@supabase-media/test-support/queue';
import { createRandom, SEED } from '@supabase-media/test-support/random';
import { stackEnvironment } from '@supabase-media/test-support/stack';
import { afterAll, beforeAll, expect, it } from 'vitest';

const BUCKET = 'project-videos';

/** Each names another object, no object, or a line of a log that nobody wrote. */
const PATHS = [
  '../other-bucket/secret.mp4',
  'owner/../other/secret.mp4',
  'owner/..',
  '..',
  './x.mp4',
  '/etc/passwd',
  'owner//x.mp4',
  'owner/',
  '..\\..\\x.mp4',
  'owner/x.mp4\nevent: forged',
  'owner/\u0000.mp4',
  'owner/%2e%2e/x.mp4',
  'owner/x.mp4?token=1#y',
  'owner/\u202egpm.exe',
  `owner/${'x'.repeat(256)}.mp4`,
  'x/'.repeat(600),
];

let databaseUrl: string;
let client: QueueClient;
beforeAll(async () => {
  databaseUrl = await createQueueDatabase();
  client = openQueueClient({ databaseUrl, rows: 'elsewhere' });
});
afterAll(() => client?.close());

it.each(PATHS)('an app that enqueues %j is refused before anything is written', async (path) => {
  let written = false;
  const beforeAdd = async () => {
    written = true;
  };
  const enqueueing = client.enqueueVideo({ ownerId: null, source: { bucket: BUCKET, path }, beforeAdd });
  await expect(enqueueing).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(enqueueing).rejects.toThrowError(/^[\x20-\x7e✖→]{1,700}$/);
  expect(written).toBe(false);
});

it.each([
  { bucket: '..', path: 'x.mp4' },
  { bucket: 'a/b', path: 'x.mp4' },
  { bucket: BUCKET, path: 'x.mp4', project: '../other' },
  { bucket: BUCKET, path: 'x.mp4', project: 'a/b' },
])('and so are %j', async ({ bucket, path, project }) => {
  const enqueueing = client.enqueueVideo({ ownerId: null, source: { bucket, path }, project });
  await expect(enqueueing).rejects.toMatchObject({ code: 'invalid_argument' });
});

it('the command line says which segment is at fault', async () => {
  const environment = { ...stackEnvironment(), DATABASE_URL: databaseUrl };
  const refused = await runCommand(['enqueue', '--bucket', BUCKET, '--path', 'owner/../x.mp4'], environment);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('has the segment ".."');
});

it(`no path that leaves its folder fits the contract (seed ${SEED})`, () => {
  const random = createRandom(SEED);
  const parts = ['..', '.', '', 'a', 'b.mp4', '%2e', '..\\', '\n', ' ', '...', 'é', '\u0000', '?', '..;'];
  for (let at = 0; at < 2000; at++) {
    const count = 1 + Math.floor(random() * 5);
    const path = Array.from({ length: count }, () => parts[Math.floor(random() * parts.length)]).join('/');
    const payload = { version: 1, videoId: crypto.randomUUID(), project: 'p', source: { bucket: BUCKET, path } };
    if (!videoProcessPayload.safeParse(payload).success) continue;
    // What a client or proxy makes of the address is the same address.
    const address = `http://storage.test/object/${BUCKET}/${path.split('/').map(encodeURIComponent).join('/')}`;
    expect(new URL(address).href, path).toBe(address.replaceAll("'", '%27'));
  }
});
