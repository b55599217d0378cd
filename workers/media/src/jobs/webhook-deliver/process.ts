/** A `webhook.deliver` job: one signed POST, and what became of it. */
import { startDeadline } from '@supabase-media/core/deadline';
import type { Log } from '@supabase-media/core/log';
import type { JobContext, JobHandlers } from '@supabase-media/queue/job-type';
import { request } from 'undici';
import { addressKey, type WebhookPayload } from './contract.ts';
import { webhookError } from './errors.ts';
import { type Answer, judgeAnswer } from './judge-answer.ts';
import { assertProved } from './prove-payload.ts';
import { signatureHeaders } from './sign.ts';
import type { WebhookSettings } from './variables.ts';

/** What a delivery returns. */
export interface DeliveryResult {
  readonly id: string;
  readonly status: number;
}

/** An answer's body says nothing that we act on; so many bytes of it are read to keep the exchange orderly. */
const BODY_MAX_BYTES = 16_384;

/** Makes what the queue calls for `webhook.deliver` jobs. */
export function createWebhookHandlers(
  settings: WebhookSettings,
  log: Log,
): JobHandlers<WebhookPayload, DeliveryResult> {
  const about = ({ id, origin, event }: WebhookPayload) => ({ id, origin, type: event.type, ...videoOf(event) });
  return {
    process: async (payload, context) => {
      const { id, origin, event } = payload;
      assertProved(payload, settings.secrets);
      const url = settings.urls.find((known) => addressKey(known) === payload.address);
      if (url === undefined)
        throw webhookError({ code: 'webhook_address_unknown', message: `${origin} is not in WEBHOOK_URLS here.` });
      const body = JSON.stringify(event);
      const answer = await post({ url, origin, id, body, settings, context });
      const failure = judgeAnswer(answer, { origin, now: Date.now() });
      if (failure !== undefined) throw failure;
      log.info(
        { event: 'webhook.delivered', ...about(payload), status: answer.status },
        `Told ${origin}: ${event.type}`,
      );
      return { id, status: answer.status };
    },
    fail: async (payload, error) => {
      log.error({ event: 'webhook.failed', ...about(payload), code: error.code }, `Not delivered: ${error.message}`);
      return true;
    },
    wait: async (payload, error) => {
      log.warn({ event: 'webhook.waiting', ...about(payload), code: error.code }, `Will be retried: ${error.message}`);
    },
  };
}

const videoOf = ({ data }: WebhookPayload['event']) => ({ videoId: data.videoId });

interface Post {
  readonly url: string;
  readonly origin: string;
  readonly id: string;
  readonly body: string;
  readonly settings: WebhookSettings;
  readonly context: Pick<JobContext, 'signal'>;
}

/** @throws {MediaError} `webhook_failed` when there is no answer in time; the signal's reason. */
async function post({ url, origin, id, body, settings, context }: Post): Promise<Answer> {
  const { timeoutMs, secrets } = settings;
  const deadline = startDeadline(timeoutMs, context.signal);
  const timestamp = Math.floor(Date.now() / 1000);
  try {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signatureHeaders({ id, timestamp, body }, secrets) },
      body,
      signal: deadline.signal,
      // One delivery now and then: no connection is kept for the next one.
      reset: true,
    });
    await answer.body.dump({ limit: BODY_MAX_BYTES, signal: deadline.signal }).catch(() => {});
    const [retryAfter] = [answer.headers['retry-after']].flat();
    return { status: answer.statusCode, retryAfter };
  } catch (cause) {
    context.signal.throwIfAborted();
    const why = deadline.isOver()
      ? `did not answer within ${timeoutMs / 1000} s`
      : `was not reached: ${wordsOf(cause)}`;
    throw webhookError({ code: 'webhook_failed', message: `${origin} ${why}.`, cause });
  } finally {
    deadline.clear();
  }
}

/** A system's code says what happened without the address. */
function wordsOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return String(code ?? message ?? error);
}
