/** The queue dashboard: protected by a password, and correct on both backends. */

import { openQueueClient } from '@supabase-media/client';
import { freePort } from '@supabase-media/test-support/ports';
import { createQueueDatabase, request } from '@supabase-media/test-support/queue';
import { queueBackends, startRedis, type TestRedis } from '@supabase-media/test-support/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiLab, openApiLab } from './support/api-lab.ts';

const PASSWORD = 'correct horse battery';
const KEY = { authorization: `Basic ${Buffer.from(`me:${PASSWORD}`).toString('base64')}` };

let lab: ApiLab;
let redis: TestRedis;
beforeAll(async () => {
  lab = await openApiLab();
  redis = await startRedis();
});
afterAll(async () => {
  await lab?.close();
  await redis?.stop();
});

describe.each(queueBackends())('the board on %s', (kind) => {
  it('shows the queue and its jobs with the password, and allows no changes', async () => {
    const queueUrl = kind === 'redis' ? redis.url : await createQueueDatabase();
    const address = kind === 'redis' ? { redisUrl: queueUrl } : { databaseUrl: queueUrl };
    const client = openQueueClient({ ...address, rows: 'elsewhere' });
    const { jobId } = await client.enqueueVideo(request());
    await client.close();
    const port = await freePort();
    const api = await lab.start({
      BOARD_PORT: String(port),
      BOARD_PASSWORD: PASSWORD,
      ...(kind === 'redis' ? { REDIS_URL: queueUrl } : { DATABASE_URL: queueUrl }),
    });
    const url = `http://127.0.0.1:${port}`;
    for (const headers of [undefined, { authorization: `Basic ${Buffer.from('me:wrong').toString('base64')}` }])
      for (const path of ['/', '/api/queues', '/static/']) {
        const refused = await fetch(url + path, headers && { headers });
        expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
          401,
          expect.stringContaining('Basic'),
        ]);
      }
    const page = await fetch(url, { headers: KEY });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Media queue')]);
    const read = async () => {
      const answer = await fetch(`${url}/api/queues?activeQueue=media&status=prioritized&page=1&jobsPerPage=10`, {
        headers: KEY,
      });
      return (await answer.json()) as {
        queues: { name: string; counts: Record<string, number>; jobs: { id: string }[] }[];
      };
    };
    const { queues } = await read();
    expect(queues).toMatchObject([{ name: 'media', counts: { prioritized: 1 }, jobs: [{ id: jobId }] }]);
    for (const action of [
      '/api/queues/media/clean/prioritized',
      `/api/queues/media/${jobId}/clean`,
      '/api/queues/media/pause',
    ]) {
      const refused = await fetch(url + action, { method: 'PUT', headers: KEY });
      expect(refused.status, action).toBeGreaterThanOrEqual(400);
    }
    expect((await read()).queues).toMatchObject([{ counts: { prioritized: 1 } }]);
    // It is not on the port that the world reaches.
    expect((await fetch(`${api.url}/api/queues`, { headers: KEY })).status).toBe(404);
    expect(await api.end('SIGTERM')).toBe(0);
    expect(api.log()).not.toContain(PASSWORD);
  });
});

it('a dashboard without a password is a configuration error, and one without its queue says so', async () => {
  const { exitCode, stderr } = await lab.run(['serve'], { BOARD_PORT: '4000' });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('BOARD_PASSWORD')]);
  const port = await freePort();
  const api = await lab.start({
    BOARD_PORT: String(port),
    BOARD_PASSWORD: PASSWORD,
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  });
  const answer = await fetch(`http://127.0.0.1:${port}/api/queues`, { headers: KEY });
  expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('cannot be reached')]);
  expect(await api.end('SIGTERM')).toBe(0);
});
