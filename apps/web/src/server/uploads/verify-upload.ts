/** Whether the object in Storage is what was announced, and a video. */

import { formatBytes } from '@supabase-media/core/format';
import type { SourceProof } from '@supabase-media/database/videos';
import { type Content, sniffContent } from '@supabase-media/media/sniff';
import type { Proof } from '@supabase-media/upload-protocol/decide-proof';
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import type { UploadStorage } from '../storage/upload-storage.ts';
import type { ObjectProver } from './prove-object.ts';

export interface VerifyOptions {
  readonly storage: UploadStorage;
  readonly prover: ObjectProver;
  readonly session: UploadSession;
  /** Asked only where the object is missing: how much of it has arrived. */
  readonly readConfirmed: () => Promise<number>;
  /** Called before the object is read, which may take minutes: throws where that would be for nothing. */
  readonly beforeReading: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Refusals after which the object is worthless. */
export const FINAL_REFUSALS: ReadonlySet<string> = new Set(['content_refused', 'digest_mismatch', 'size_refused']);

/** What was proved of an object, and how. */
export type VerifiedSource = SourceProof & { readonly verified: Proof };

/** Undefined where it may be a video; ffprobe has the last word on those. */
const nameRefusedContent = (content: Content): string | undefined =>
  content.certain && (content.kind === 'other' || content.kind === 'audio') ? (content.name ?? 'no video') : undefined;

/**
 * Verifies size, content and bytes, the cheapest first.
 *
 * @returns what it proved of the object, for whoever processes it: the upload's token goes on working.
 * @throws {ApiError} `upload_incomplete`, and those of {@link FINAL_REFUSALS}.
 */
export async function verifyUpload(options: VerifyOptions): Promise<VerifiedSource> {
  const { storage, session, signal } = options;
  const object = await storage.info(session);
  if (object === undefined) throw incomplete(session, await options.readConfirmed());
  if (object.size !== session.size) throw otherSize(session, object.size);
  await options.beforeReading();
  const refused = nameRefusedContent(await sniffContent(await storage.readHead(session, signal)));
  if (refused !== undefined)
    throw new ApiError({
      code: 'content_refused',
      message: `The file is ${refused}, not a video, whatever its name says.`,
      details: { detectedType: refused },
    });
  return { size: object.size, etag: object.etag, ...(await options.prover.prove(session, object, signal)) };
}

/** The object has another size than the session. */
export const otherSize = ({ size }: UploadSession, storedBytes: number): ApiError =>
  new ApiError({
    code: 'size_refused',
    message: `${size} bytes were announced, ${storedBytes} are stored.`,
    details: { sizeBytes: size, storedBytes },
  });

function incomplete(session: UploadSession, confirmedBytes: number): ApiError {
  const missing = session.size - confirmedBytes;
  return new ApiError({
    code: 'upload_incomplete',
    message:
      missing > 0
        ? `${formatBytes(confirmedBytes)} of ${formatBytes(session.size)} have arrived; ${missing} bytes are missing.`
        : 'All bytes have arrived, but Storage has not finished the object yet.',
    details: { confirmedBytes, sizeBytes: session.size },
  });
}
