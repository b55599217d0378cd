/**
 * Proves that a worker made a delivery. Whoever can write to the queue could otherwise have any event signed and sent to
 * the receivers, who believe it. Pure.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { WebhookPayload } from './contract.ts';
import { webhookError } from './errors.ts';
import { keyOf } from './sign.ts';

type Unproved = Omit<WebhookPayload, 'proof'>;

/** A key of its own (RFC 5869): a proof in the queue is no signature that a receiver would take. */
const proofKey = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', keyOf(secret), '', 'webhook payload in the queue', 32));

/** PostgreSQL's jsonb gives keys back in another order. */
const inOrder = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const digest = (payload: Unproved, secret: string): Buffer =>
  createHmac('sha256', proofKey(secret)).update(JSON.stringify(payload, inOrder)).digest();

/**
 * The payload with its proof.
 *
 * @param secrets as in WEBHOOK_SECRETS; the first one proves.
 */
export const provePayload = (payload: Unproved, [secret = '']: readonly string[]): WebhookPayload => ({
  ...payload,
  proof: digest(payload, secret).toString('base64url'),
});

/**
 * @param secrets any of them may have proved it: while one is replaced, deliveries of both wait.
 * @throws {MediaError} `webhook_unproved`.
 */
export function assertProved({ proof, ...payload }: WebhookPayload, secrets: readonly string[]): void {
  const given = Buffer.from(proof, 'base64url');
  const isProved = secrets.some((secret) => {
    const expected = digest(payload, secret);
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  if (!isProved)
    throw webhookError({
      code: 'webhook_unproved',
      message: `What ${payload.origin} was to be sent was not made by a worker with our WEBHOOK_SECRETS.`,
    });
}
