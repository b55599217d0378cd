/** Reads the bodies of answers: text that is small by its nature, and never more than a bound of it. */
import { MediaError } from '@supabase-media/core/errors';
import { formatBytes } from '@supabase-media/core/format';
import type { StorageAnswer } from './answer-error.ts';

/** A listing or a signing of 1000 objects takes up to 700 bytes for each. */
const ANSWER_MAX_BYTES = 1_048_576;

/** Of a refusal this much is read; an edge's error page says what it has to say long before. */
const REFUSAL_MAX_BYTES = 65_536;

export interface ReadAnswerOptions {
  readonly status: number;
  readonly headers: StorageAnswer['headers'];
  readonly body: AsyncIterable<Uint8Array>;
  /** As in "Listing project-videos/a", for messages. */
  readonly action: string;
  /** Told whenever something arrived. */
  readonly onPiece?: (() => void) | undefined;
}

/**
 * Reads the body as UTF-8. A refusal is cut at 64 KiB; what was asked for is whole or an error.
 *
 * @throws {MediaError} `storage_failed` when an answer of 2xx has more than 1 MiB, and whatever the body throws.
 */
export async function readAnswer(options: ReadAnswerOptions): Promise<StorageAnswer> {
  const { status, headers, action } = options;
  const isRefusal = status < 200 || status > 299;
  const maxBytes = isRefusal ? REFUSAL_MAX_BYTES : ANSWER_MAX_BYTES;
  // Joined before they are decoded: a character may lie in two pieces.
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of options.body) {
    options.onPiece?.();
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > maxBytes) break;
  }
  if (bytes > maxBytes && !isRefusal)
    throw new MediaError({
      code: 'storage_failed',
      message: `${action}: the answer has more than ${formatBytes(maxBytes)}; none of that size is expected.`,
      details: { status, maxBytes },
    });
  return { status, headers, body: Buffer.concat(pieces).subarray(0, maxBytes).toString('utf8') };
}
