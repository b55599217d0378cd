/**
 * Proves that a worker made a delivery. Whoever can write to the queue could otherwise have any event signed and sent to
 * the receivers, who believe it. Pure.
 */
import { createSeal } from '@supabase-media/core/seal';
import type { WebhookPayload } from './contract.ts';
import { webhookError } from './errors.ts';
import { keyOf } from './sign.ts';

/** A proof in the queue is no signature that a receiver would take. */
const sealOf = (secret: string) => createSeal(keyOf(secret), 'webhook payload in the queue');

/**
 * The payload with its proof.
 *
 * @param secrets as in WEBHOOK_SECRETS; the first one proves.
 */
export const provePayload = (
  payload: Omit<WebhookPayload, 'proof'>,
  [secret = '']: readonly string[],
): WebhookPayload => ({ ...payload, proof: sealOf(secret).sign(payload) });

/**
 * @param secrets any of them may have proved it: while one is replaced, deliveries of both wait.
 * @throws {MediaError} `webhook_unproved`.
 */
export function assertProved({ proof, ...payload }: WebhookPayload, secrets: readonly string[]): void {
  if (secrets.some((secret) => sealOf(secret).isGenuine(payload, proof))) return;
  throw webhookError({
    code: 'webhook_unproved',
    message: `What ${payload.origin} was to be sent was not made by a worker with our WEBHOOK_SECRETS.`,
  });
}
