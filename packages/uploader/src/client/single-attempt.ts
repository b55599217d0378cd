/** One attempt at sending a small file whole, to its signed address. */
import { AttemptError, failureOf, failureOfAnswer } from './failure.ts';
import { lastPartTimeouts, sendWithTimeouts, type Transport } from './transport.ts';
import type { UploadSource } from './upload-source.ts';

export interface SingleAttemptOptions {
  readonly transport: Transport;
  /** How long no byte may move, in milliseconds. */
  readonly stallMs: number;
  readonly source: UploadSource;
  /** Carries its own right to be written to. */
  readonly url: string;
  readonly contentType: string;
  readonly onSent: (position: number) => void;
  readonly signal: AbortSignal;
}

/** @throws {AttemptError}; the signal's reason when it ended the attempt. */
export async function runSingleAttempt(options: SingleAttemptOptions): Promise<void> {
  const bodyBytes = options.source.size;
  const asked = { asked: 'rest', bodyBytes } as const;
  const timeouts = lastPartTimeouts(bodyBytes, options.stallMs);
  const request = {
    method: 'PUT',
    url: options.url,
    headers: { 'content-type': options.contentType },
    body: options.source.slice(0, bodyBytes),
    onSent: options.onSent,
    signal: options.signal,
  };
  const answer = await sendWithTimeouts(options.transport, request, timeouts).catch((cause: unknown) => {
    throw options.signal.aborted ? cause : new AttemptError(failureOf(cause, asked));
  });
  if (answer.status >= 300) throw new AttemptError(failureOfAnswer(answer, asked));
}
