/** What a `webhook.deliver` job carries, and what its receiver is sent. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

export const WEBHOOK_DELIVER = 'webhook.deliver';

/** How a video ended. */
const EVENT_TYPES = ['video.ready', 'video.rejected', 'video.failed', 'video.canceled'] as const;

/** Loose: what a newer worker says of an output is proved, and sent, whole. */
const output = z.looseObject({
  kind: z.string(),
  bucket: z.string(),
  path: z.string(),
  contentType: z.string(),
  /** In bytes. */
  bytes: z.number(),
  files: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  durationSeconds: z.number().optional(),
});

/** The body, by Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks. */
const webhookEvent = z.strictObject({
  type: z.enum(EVENT_TYPES),
  /** When the video ended, ISO 8601. */
  timestamp: z.iso.datetime(),
  data: z.strictObject({
    videoId: z.string(),
    ownerId: z.string().nullable(),
    project: z.string(),
    source: z.strictObject({ bucket: z.string(), path: z.string() }),
    /** `processed`, `remuxed` or `rejected`. */
    outcome: z.string().nullable(),
    /** Why it was rejected, failed or canceled, as a stable code. */
    code: z.string().nullable(),
    reason: z.string().nullable(),
    outputs: z.array(output),
  }),
});

export type WebhookEvent = z.infer<typeof webhookEvent>;

export const webhookPayload = z.strictObject({
  version: z.literal(1),
  /** `webhook-id`: one for each ending of a video, the same for every address and every try. */
  id: z.string().regex(/^msg_[0-9a-f]{32}$/),
  /** As {@link addressKey} names it: an address may have a token in it, which must not stand in the queue. */
  address: z.string(),
  /** Its scheme, host and port, for people. */
  origin: z.string(),
  event: webhookEvent,
  /** That a worker made it: `provePayload`. */
  proof: z.string().max(100),
});

/** The payload of a `webhook.deliver` job. */
export type WebhookPayload = z.infer<typeof webhookPayload>;

const digest = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);

/** Names an address without telling it, in 16 hex digits. */
export const addressKey = (url: string): string => digest(url, 16);

/** Names the end of one request for a job. */
export const messageId = ({ jobId, request }: { readonly jobId: string; readonly request: string }): string =>
  `msg_${digest(`${jobId}\n${request}`, 32)}`;

/** One job for each ending and address. */
export const webhookJobId = ({ id, address }: Pick<WebhookPayload, 'id' | 'address'>): string =>
  `webhook-${digest(`${id}\n${address}`, 32)}`;
