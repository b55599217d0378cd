/** The clocks of requests that carry no file: Storage answers them in milliseconds, or something is wrong. */
import type { TransportClocks } from './transport.ts';

export const SHORT_CLOCKS: TransportClocks = { timeoutMs: 60_000, stallMs: 60_000, answerMs: 60_000 };
