/** Guessing the dashboard's password: a few tries for each address, and for all addresses together. */
import { freePort } from '@supabase-media/test-support/ports';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ATTEMPTS_OVERALL, ATTEMPTS_PER_ADDRESS } from '../../src/server/board/attempt-limit.ts';
import { type ApiLab, openApiLab } from '../support/api-lab.ts';

const PASSWORD = 'correct horse battery';

let lab: ApiLab;
let url: string;
beforeAll(async () => {
  lab = await openApiLab();
  const port = await freePort();
  await lab.start({ BOARD_PORT: String(port), BOARD_PASSWORD: PASSWORD });
  url = `http://127.0.0.1:${port}/`;
});
afterAll(() => lab?.close());

/** @param from any address of 127.0.0.0/8 is this machine's. */
async function open(from: string, password: string | undefined) {
  const dispatcher = new Agent({ localAddress: from });
  const authorization = password === undefined ? {} : { authorization: `Basic ${btoa(`me:${password}`)}` };
  try {
    const answer = await request(url, { dispatcher, headers: authorization });
    await answer.body.dump();
    return { status: answer.statusCode, retryAfter: Number(answer.headers['retry-after'] ?? 0) };
  } finally {
    await dispatcher.close();
  }
}

it('is refused with 429 after a few, even with the right one, and nobody else is', async () => {
  for (let attempt = 0; attempt < ATTEMPTS_PER_ADDRESS; attempt++) {
    // What a browser asks before it asks a person does not count.
    expect((await open('127.0.0.9', undefined)).status).toBe(401);
    expect((await open('127.0.0.9', `guess ${attempt}`)).status).toBe(401);
  }
  for (const password of ['another guess', PASSWORD]) {
    const refused = await open('127.0.0.9', password);
    expect(refused.status).toBe(429);
    expect(refused.retryAfter).toBeGreaterThan(500);
  }
  expect((await open('127.0.0.2', PASSWORD)).status).toBe(200);
});

it('many at once are counted, too', async () => {
  const all = await Promise.all(Array.from({ length: 30 }, (_, at) => open('127.0.0.8', `guess ${at}`)));
  expect(all.filter(({ status }) => status === 401)).toHaveLength(ATTEMPTS_PER_ADDRESS);
});

it('is bounded over all addresses; who knew the password before is let in', async () => {
  let tried = 0;
  for (let at = 0; at < ATTEMPTS_OVERALL; at++) {
    const { status } = await open(`127.0.1.${at + 1}`, 'guess');
    if (status === 401) tried++;
  }
  // Both tests above used some up.
  expect(tried).toBeLessThan(ATTEMPTS_OVERALL);
  expect((await open('127.0.2.1', PASSWORD)).status).toBe(429);
  expect((await open('127.0.0.2', PASSWORD)).status).toBe(200);
  expect((await open('127.0.0.2', 'wrong')).status).toBe(401);
});
