/**
 * `/upload/resumable`, the TUS 1.0 protocol by @tus/server, with Storage's rights, limits and names around it.
 * Under `/upload/resumable/sign` the token in `x-signature` authorizes, as for signed uploads in one request.
 */
import type { IncomingMessage } from 'node:http';
import { ERRORS, Server } from '@tus/server';
import { findBucket } from './buckets-table.ts';
import { readCaller } from './caller.ts';
import type { Exchange, ExchangeHandler } from './exchange.ts';
import { resumableLimit } from './limits.ts';
import { createResumableHooks } from './resumable-hooks.ts';
import { ResumableLocker } from './resumable-lock.ts';
import { type ResumableRequest, rememberRequest, requestOf } from './resumable-request.ts';
import type { UploadStore } from './resumable-store.ts';
import type { StorageService } from './service.ts';
import { StorageError } from './storage-error.ts';

export const RESUMABLE_PATH = '/upload/resumable';

/** How long a request may continue after another asked for the lock, as on the Storage server. */
const LEAVE_TIMEOUT_MS = 3_000;

export function createResumableHandler(service: StorageService, store: UploadStore, prefix: string): ExchangeHandler {
  const hooks = createResumableHooks({ service, store, prefix });
  const server = new Server({
    path: `${prefix}${RESUMABLE_PATH}`,
    datastore: store,
    locker: new ResumableLocker(),
    lockDrainTimeout: LEAVE_TIMEOUT_MS,
    disableTerminationForFinishedUploads: true,
    respectForwardedHeaders: true,
    allowedHeaders: ['Authorization', 'X-Upsert', 'ApiKey', 'x-signature'],
    exposedHeaders: ['Tus-Complete'],
    maxSize: async (request) => {
      const { target } = requestOf(request);
      if (!target) return service.limits.global;
      const bucket = await service.database.asStorage((transaction) => findBucket(transaction, target.bucket));
      return resumableLimit(service.limits, bucket);
    },
    onResponseError: (_request, error) => (error instanceof StorageError ? describeRefusal(error) : undefined),
    ...hooks,
  });
  return async (exchange) => {
    rememberRequest(exchange.request, await readRequest(service, exchange));
    await server.handle(exchange.request, exchange.response);
  };
}

/** What the S3 client says goes through the TUS library as it is; only what the server itself refuses is its message. */
function describeRefusal(error: StorageError): { status_code: number; body: string } {
  const isStoreAway = error.code === 'S3Error' && error.status === 500;
  const body = isStoreAway ? `${ERRORS.UNKNOWN_ERROR.body}${error.error}\n` : error.message;
  return { status_code: error.status, body };
}

/** @throws StorageError when the token is not ours: then REST's error form answers, in TUS too (as measured) */
async function readRequest(service: StorageService, exchange: Exchange): Promise<ResumableRequest> {
  const { request, path } = exchange;
  const signed = path[2] === 'sign';
  const needsToken = !signed && request.method !== 'OPTIONS';
  const caller = needsToken ? await readCaller(request, service.verify) : undefined;
  return { signed, caller, owner: caller?.owner, upsert: isUpsert(request), target: undefined };
}

function isUpsert(request: IncomingMessage): boolean {
  return request.headers['x-upsert'] === 'true';
}
