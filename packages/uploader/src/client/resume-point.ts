/** The resume point of one file's upload, kept so that a reload or another day finds it. */
import type { OpenUpload, Upload } from '../contract.ts';
import { tabLockName } from './tab-lock.ts';
import { UploadError } from './upload-error.ts';
import { fingerprintOf, isExpired, type UploadRecord, userOfToken } from './upload-record.ts';
import type { UploadSource } from './upload-source.ts';
import type { TaskTools } from './upload-types.ts';

export interface ResumePoint {
  readonly record: () => UploadRecord | undefined;
  readonly remember: (
    session: OpenUpload,
    at: {
      readonly confirmedBytes: number;
      readonly uploadId?: string | null;
      readonly requestEnds?: readonly number[] | null;
    },
  ) => Promise<void>;
  readonly forget: () => Promise<void>;
  /** What ended at the server is not asked for again. */
  readonly forgetIfOver: (error: UploadError) => Promise<void>;
  readonly release: () => void;
}

const OVER = new Set(['session_ended', 'session_expired', 'refused_content', 'digest_mismatch', 'bad_size']);

/**
 * Of two uploads of the same file at once only the first has a resume point.
 *
 * @throws {UploadError} `signed_out`, `offline`; `sent_elsewhere` for the second, where it is to be sent `once`.
 */
export async function lockResumePoint(
  tools: TaskTools,
  source: UploadSource,
  { signal, once }: { readonly signal: AbortSignal; readonly once: boolean },
): Promise<ResumePoint> {
  const { records, client, underWay } = tools;
  const authorization = await client.withRetries(() => client.authorization({ refresh: false }), { signal });
  const user = userOfToken(authorization.slice('Bearer '.length));
  const key = fingerprintOf(source, { apiUrl: client.apiUrl, user });
  const release = await tabLockName(key, underWay);
  const isOurs = release !== undefined;
  if (!isOurs && once) throw new UploadError({ code: 'sent_elsewhere' });
  const stored = isOurs ? await records.read(key) : undefined;
  let record = stored !== undefined && !isExpired(stored, Date.now()) ? stored : undefined;
  const point: ResumePoint = {
    record: () => record,
    remember: async (session, at) => {
      if (!isOurs) return;
      record = {
        sessionId: session.id,
        apiUrl: client.apiUrl,
        user,
        fileName: source.name,
        size: source.size,
        confirmedBytes: at.confirmedBytes,
        uploadId: at.uploadId === undefined ? (record?.uploadId ?? null) : at.uploadId,
        requestEnds: at.requestEnds === undefined ? record?.requestEnds : (at.requestEnds ?? undefined),
        expiresAt: session.expiresAt,
      };
      await records.write(key, record);
    },
    forget: async () => {
      record = undefined;
      if (isOurs) await records.forget(key);
    },
    forgetIfOver: async (error) => {
      if (OVER.has(error.code)) await point.forget();
    },
    release: () => release?.(),
  };
  return point;
}

/** What an earlier visit left. `stored`: nothing may be left to send; completing it tells. */
export type FoundSession =
  | { readonly kind: 'open'; readonly session: OpenUpload }
  | { readonly kind: 'stored'; readonly sessionId: string };

/** Sessions that came to nothing: a new one replaces them. */
const LOST: ReadonlySet<Upload['state']> = new Set(['canceled', 'abandoned']);

/** The session of an earlier visit, if it can be resumed or completed; the resume point of any other is forgotten. */
export async function findSession(
  tools: TaskTools,
  point: ResumePoint,
  signal: AbortSignal,
): Promise<FoundSession | undefined> {
  const record = point.record();
  if (record === undefined) return undefined;
  const { sessionId } = record;
  try {
    return { kind: 'open', session: await tools.uploads.resume(sessionId, { signal }) };
  } catch (error) {
    const isOver = error instanceof UploadError && OVER.has(error.code);
    if (!isOver) throw error;
    // Also said of one that is completed, or that a process holds (or died over) while it completes it. Forgotten now,
    // all of the file would be sent again.
    if (error.apiCode === 'session_ended') {
      const { state } = await tools.uploads.get(sessionId, { signal });
      if (!LOST.has(state)) return { kind: 'stored', sessionId };
    }
    await point.forget();
    return undefined;
  }
}
