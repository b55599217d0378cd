/** The upload sessions of the API, typed. Every function throws {@link UploadError}. */
import type {
  CanceledUpload,
  CompletedUpload,
  CompleteUploadRequest,
  CreateUploadRequest,
  OpenUpload,
  ResumeUploadRequest,
  Upload,
  UploadList,
} from '../contract.ts';
import type { ApiClient } from './api-client.ts';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface UploadsApi {
  readonly create: (request: CreateUploadRequest, options?: CallOptions) => Promise<OpenUpload>;
  readonly get: (id: string, options?: CallOptions) => Promise<Upload>;
  /** Newest first, the user's own. */
  readonly list: (options?: CallOptions & { readonly state?: Upload['state'] }) => Promise<readonly Upload[]>;
  /** The session with a fresh token. `abandon`: an upload at Storage that another one is to replace. */
  readonly resume: (
    id: string,
    options?: CallOptions & { readonly abandon?: string | undefined },
  ) => Promise<OpenUpload>;
  /**
   * `digests`: of the file, to be compared with what is stored. `isDigestTold`: a SHA-256 was announced, and the API reads
   * the whole object, for as long as ten minutes.
   */
  readonly complete: (
    id: string,
    options?: CallOptions & CompleteUploadRequest & { readonly isDigestTold?: boolean },
  ) => Promise<CompletedUpload>;
  /** Ends the session: upload, object and job go. */
  readonly cancel: (id: string, options?: CallOptions) => Promise<CanceledUpload>;
  /** As `cancel`, while the page is left: sent at once, and nobody hears what became of it. */
  readonly cancelOnLeave: (id: string) => void;
  /** Tells other tabs and devices how far it is; a failure is nobody's business. */
  readonly reportProgress: (id: string, confirmedBytes: number, options?: CallOptions) => Promise<void>;
}

/** The API reads the object's beginning, and Storage may first have to read all of it, in milliseconds. */
const COMPLETE_TIMEOUT_MS = 120_000;

/** A little more than the API takes for it by default (INTAKE_PROVE_SECONDS), in milliseconds. */
const DIGEST_TIMEOUT_MS = 630_000;

/** Everything has been sent, and the API's queue may be restarted meanwhile: waits of ten minutes in all. */
const COMPLETE_RETRIES = 24;

export function openUploadsApi(client: ApiClient): UploadsApi {
  const at = (id: string, rest = ''): string => `/api/uploads/${encodeURIComponent(id)}${rest}`;
  return {
    create: (body, options) => client.request({ method: 'POST', path: '/api/uploads', body, ...options }),
    get: (id, options) => client.request({ method: 'GET', path: at(id), ...options }),
    list: async ({ state, signal } = {}) => {
      const path = `/api/uploads${state === undefined ? '' : `?state=${state}`}`;
      return (await client.request<UploadList>({ method: 'GET', path, signal })).uploads;
    },
    resume: (id, { signal, abandon } = {}) =>
      client.request({
        method: 'POST',
        path: at(id, '/resume'),
        ...(abandon !== undefined && { body: { abandon } satisfies ResumeUploadRequest }),
        signal,
      }),
    complete: (id, { signal, digests, isDigestTold = false } = {}) =>
      client.request({
        method: 'POST',
        path: at(id, '/complete'),
        ...(digests !== undefined && { body: { digests } satisfies CompleteUploadRequest }),
        timeoutMs: isDigestTold ? DIGEST_TIMEOUT_MS : COMPLETE_TIMEOUT_MS,
        retries: COMPLETE_RETRIES,
        signal,
      }),
    cancel: (id, options) => client.request({ method: 'DELETE', path: at(id), ...options }),
    cancelOnLeave: (id) => client.sendOnLeave({ method: 'DELETE', path: at(id) }),
    reportProgress: async (id, confirmedBytes, options) => {
      const body = { confirmedBytes };
      await client.request({ method: 'PUT', path: at(id, '/progress'), body, retries: 0, ...options }).catch(() => {});
    },
  };
}
