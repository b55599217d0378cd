import { MediaError } from '@supabase-media/core/errors';
import type { JobEnd } from '@supabase-media/queue/job-end';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../load-config.ts';
import { addressKey, webhookJobId, webhookPayload } from './contract.ts';
import { followVideo } from './follow.ts';
import { judgeAnswer } from './judge-answer.ts';
import { WEBHOOK_POLICY } from './policy.ts';
import { assertProved } from './prove-payload.ts';
import { signatureHeaders } from './sign.ts';
import { webhookSettings } from './variables.ts';

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const secrets = [SECRET];
const urls = ['https://one.example/a?key=k', 'https://two.example/b'];
const now = new Date('2026-01-01T00:00:00Z');

const end: JobEnd = {
  type: 'video.process',
  jobId: 'video-1',
  request: 'r',
  payload: { version: 1, videoId: '1', project: 'p', source: { bucket: 'b', path: 'p' } },
  outcome: 'failed',
  error: new MediaError({ code: 'storage_refused', message: 'It said hush.' }),
};

describe('what follows from the end of a video', () => {
  it('is one delivery for each address, the same whenever it is asked', () => {
    const told = followVideo(end, { urls, secrets, now });
    const later = followVideo(end, { urls, secrets, now: new Date() });
    expect(new Set(told.map(webhookJobId)).size).toBe(2);
    expect(told.map(webhookJobId)).toEqual(later.map(webhookJobId));
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    for (const one of told) expect(webhookPayload.parse(one)).toEqual(one);
  });

  it('tells no secret: neither that of an address nor that of a message', () => {
    const told = JSON.stringify(followVideo(end, { urls, secrets, now }));
    expect(told).not.toMatch(/hush|key=/);
    expect(told).toContain('https://one.example');
  });

  it('is another for another request, and nothing for a job that is no video', () => {
    const [one] = followVideo(end, { urls, secrets, now });
    const [two] = followVideo({ ...end, request: 's' }, { urls, secrets, now });
    expect(two?.id).not.toBe(one?.id);
    expect(followVideo({ ...end, type: 'webhook.deliver' }, { urls, secrets, now })).toEqual([]);
  });
});

describe('the proof of a delivery', () => {
  const [told] = followVideo(end, { urls, secrets, now });
  if (told === undefined) throw new Error('nothing follows');
  const other = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;

  it('holds for what a worker made, also while a secret is replaced and in another order of keys', () => {
    const { event, ...rest } = told;
    const turned = { event: Object.fromEntries(Object.entries(event).reverse()) as typeof event, ...rest };
    expect(() => assertProved(turned, [other, SECRET])).not.toThrow();
  });

  it.each([
    ['another event', { event: { ...told.event, type: 'video.ready' as const } }],
    ['another address', { address: addressKey('https://two.example/b') }],
    ['no proof', { proof: '' }],
  ])('does not hold for %s', (_what, change) => {
    expect(() => assertProved({ ...told, ...change }, secrets)).toThrow(/WEBHOOK_SECRETS/);
  });

  it('does not hold with other secrets, nor with none', () => {
    for (const others of [[other], []]) expect(() => assertProved(told, others)).toThrow(/WEBHOOK_SECRETS/);
  });
});

describe('an answer', () => {
  const judge = (status: number, retryAfter?: string): MediaError | undefined =>
    judgeAnswer({ status, retryAfter }, { origin: 'https://one.example', now: 0 });

  it('of 2xx is a delivery', () => {
    expect([200, 202, 204].map((status) => judge(status))).toEqual([undefined, undefined, undefined]);
  });

  it('ends it where the same request would get it again, and is retried else', () => {
    for (const status of [400, 410, 413, 422]) expect(judge(status)).toMatchObject({ code: 'webhook_refused' });
    for (const status of [301, 401, 404, 408, 429, 500, 502, 503])
      expect(judge(status)).toMatchObject({ code: 'webhook_failed', retry: 'backoff' });
  });

  it('says when to come back', () => {
    expect(judge(503, '30')?.details.retryAfterMs).toBe(30_000);
  });
});

it('signs as the example of Standard Webhooks', () => {
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  expect(signatureHeaders(message, [secret])['webhook-signature']).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});

it('is retried for a day', () => {
  const { retries } = WEBHOOK_POLICY;
  const hours = 'scheduleMs' in retries ? retries.scheduleMs.reduce((sum, ms) => sum + ms, 0) / 3_600_000 : 0;
  expect(hours).toBeGreaterThan(23);
  expect(hours).toBeLessThan(25);
});

describe('the variables', () => {
  const load = (environment: Record<string, string>) => loadConfig({ environment });

  it('take lists with commas or spaces, each address once', () => {
    const config = load({ WEBHOOK_URLS: `${urls[0]},  ${urls[1]} ${urls[0]}`, WEBHOOK_SECRETS: `${SECRET},${SECRET}` });
    expect(webhookSettings(config.jobVariables)).toEqual({ urls, secrets: [SECRET, SECRET], timeoutMs: 15_000 });
    // Each by itself, for the log.
    expect(config.secrets).toEqual(expect.arrayContaining([SECRET, urls[0]]));
  });

  it('are off when unset', () => {
    expect(webhookSettings(load({}).jobVariables).urls).toEqual([]);
  });

  it.each([
    [{ WEBHOOK_URLS: urls.join() }, /WEBHOOK_SECRETS is not; what is sent has to be signed/],
    [{ WEBHOOK_URLS: 'ftp://one.example', WEBHOOK_SECRETS: SECRET }, /WEBHOOK_URLS is set to something else/],
    [{ WEBHOOK_SECRETS: 'whsec_c2hvcnQ=' }, /WEBHOOK_SECRETS is set to something else/],
    [{ WEBHOOK_SECRETS: SECRET.slice(6) }, /WEBHOOK_SECRETS/],
    [{ WEBHOOK_TIMEOUT_SECONDS: '0' }, /whole seconds from 1 to 60/],
  ])('are refused: %#', (environment, problem) => {
    const loading = () => load(environment);
    expect(loading).toThrowError(problem);
    expect(loading).not.toThrowError(/c2hvcnQ|key=|BwcHBw/);
  });
});
