/** Following a video by server-sent events, and by its row where there are none. */

import { SEED } from '@supabase-media/test-support/random';
import { stackValue } from '@supabase-media/test-support/stack';
import type { VideoEvent } from '@supabase-media/uploader';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiProcess, type ClientLab, openClientLab } from './support/client-lab.ts';

let lab: ClientLab;
let api: ApiProcess;
let apiLab: ClientLab;

beforeAll(async () => {
  apiLab = await openClientLab();
  api = await apiLab.startApi();
  lab = await openClientLab();
});
afterEach(() => lab.endTest());
afterAll(async () => {
  await lab?.close();
  await apiLab?.close();
});

/** A queued video of the lab's user. */
async function uploadOne(): Promise<string> {
  const { source } = await lab.makeFile({ bytes: 2000, seed: SEED });
  return (await lab.uploader(api.url).uploadVideo(source).finished).videoId;
}

/** Changes the row as a worker does. */
async function change(videoId: string, values: Record<string, unknown>): Promise<void> {
  const key = stackValue('SUPABASE_SERVICE_ROLE_KEY');
  const answer = await fetch(`${stackValue('SUPABASE_URL')}/rest/v1/videos?id=eq.${videoId}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${key}`, apikey: key, 'content-type': 'application/json' },
    body: JSON.stringify(values),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Collects events and says when one of a kind has come. */
function collect() {
  const events: VideoEvent[] = [];
  let look = (): void => {};
  return {
    events,
    onEvent: (event: VideoEvent) => {
      events.push(event);
      look();
    },
    seen: (wanted: (event: VideoEvent) => boolean) =>
      new Promise<void>((resolve) => {
        look = () => {
          if (events.some(wanted)) resolve();
        };
        look();
      }),
  };
}

const at = (percent: number) => (event: VideoEvent) => event.kind === 'progress' && event.percent === percent;
const END = { status: 'failed', error_code: 'encode_failed', error_message: 'It broke.' };

describe('a video', () => {
  it('is followed to its end', async () => {
    const videoId = await uploadOne();
    const { events, onEvent, seen } = collect();
    const end = lab.uploader(api.url).watchVideo(videoId, { onEvent });
    await seen((event) => event.status === 'queued');
    await change(videoId, { status: 'processing', step: 'encode', progress: 40 });
    await seen(at(40));
    await change(videoId, END);
    expect(await end).toMatchObject({ kind: 'ended', status: 'failed', errorMessage: 'It broke.' });
    expect(events.at(-1)?.kind).toBe('ended');
  });

  it('is followed on after the stream was cut, from the last event', async () => {
    const videoId = await uploadOne();
    const front = await lab.behind(
      ({ path, count }) =>
        path.endsWith('/events') && count === 1 ? { kind: 'cut-answer', afterBytes: 10 } : { kind: 'pass' },
      { target: api.url },
    );
    const lastIds: (string | null)[] = [];
    const spy: typeof fetch = (input, init) => {
      if (String(input).endsWith('/events')) lastIds.push(new Headers(init?.headers).get('last-event-id'));
      return fetch(input, init);
    };
    const { onEvent, seen } = collect();
    const end = lab.uploader(front.url, { fetch: spy }).watchVideo(videoId, { onEvent });
    await seen((event) => event.status === 'queued');
    await change(videoId, { status: 'processing', step: 'encode', progress: 40 });
    await seen(at(40));
    await change(videoId, END);
    await end;
    expect(lastIds.length).toBeGreaterThan(1);
    expect(lastIds[0]).toBeNull();
  });

  it('is followed by its row where no stream comes through', async () => {
    const videoId = await uploadOne();
    const front = await lab.behind(
      ({ path }) =>
        path.endsWith('/events') ? { kind: 'answer', status: 502, body: '<html></html>' } : { kind: 'pass' },
      { target: api.url },
    );
    const { onEvent, seen } = collect();
    const end = lab.uploader(front.url).watchVideo(videoId, { onEvent });
    await seen((event) => event.status === 'queued');
    await change(videoId, END);
    expect(await end).toMatchObject({ kind: 'ended', status: 'failed', errorCode: 'encode_failed' });
  });

  it('is left when the page asks for it', async () => {
    const videoId = await uploadOne();
    const leaving = new AbortController();
    const { onEvent, seen } = collect();
    const end = lab.uploader(api.url).watchVideo(videoId, { onEvent, signal: leaving.signal });
    await seen(() => true);
    leaving.abort();
    await expect(end).rejects.toMatchObject({ code: 'stopped' });
  });

  it('of somebody else is not there', async () => {
    const end = lab.uploader(api.url).watchVideo(crypto.randomUUID(), { onEvent: () => {} });
    await expect(end).rejects.toMatchObject({ code: 'not_found' });
  });
});
