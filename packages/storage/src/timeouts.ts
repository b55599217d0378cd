/** The timeouts of requests that carry no file: Storage answers them in milliseconds, or something is wrong. */
import type { TransportTimeouts } from './transport.ts';

export const METADATA_TIMEOUTS: TransportTimeouts = { timeoutMs: 60_000, stallMs: 60_000, answerMs: 60_000 };
