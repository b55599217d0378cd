/** The headers of Standard Webhooks 1.0. Pure. */
import { createHmac } from 'node:crypto';

/** What a secret begins with; base64 follows. */
export const SECRET_PREFIX = 'whsec_';

/** The bytes that a secret stands for. */
export const keyOf = (secret: string): Buffer => Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');

export interface Message {
  /** Stays the same over all tries. */
  readonly id: string;
  /** Of this try, in seconds since the epoch: receivers refuse old ones. */
  readonly timestamp: number;
  readonly body: string;
}

/** @param secrets each signs: while one is being replaced, receivers may know the old or the new one. */
export function signatureHeaders({ id, timestamp, body }: Message, secrets: readonly string[]): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const digest = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
    return `v1,${digest}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
