/** One TUS request on a session, passed on to Storage and its answer told in the session's own addresses. */
import type { IncomingMessage } from 'node:http';
import { parseByteCount, TUS_HEADERS, uploadIdOf } from '@supabase-media/upload-protocol/tus';
import type { Dispatcher } from 'undici';
import { ApiError } from '../api-error.ts';
import type { UploadSession } from '../database/upload-session.ts';
import { countRelayed } from '../observability/count-relayed.ts';
import { relayPath } from '../uploads/present-upload.ts';
import type { UploadServices } from '../uploads/services.ts';
import { exchange, type RelayAnswer } from './relay-exchange.ts';
import { type RelayMethod, readRelayRequest } from './relay-request.ts';
import type { RelaySlots } from './relay-slots.ts';

export interface RelayServices extends UploadServices {
  readonly dispatcher: Dispatcher;
  readonly slots: RelaySlots;
  /** Told of bytes that were passed on, so that their buffers are collected. */
  readonly collectChunks: (bytes: number) => void;
  /** Aborted when the server has waited long enough for its requests. */
  readonly signal: AbortSignal;
}

export interface RelayOptions {
  readonly method: RelayMethod;
  /** Absent for a creation. */
  readonly uploadId: string | undefined;
  readonly session: UploadSession;
  readonly incoming: IncomingMessage;
}

/** What the client is told. */
export interface RelayReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Headers of Storage's answer that are the protocol's. */
const PASSED_HEADERS = [
  TUS_HEADERS.version,
  TUS_HEADERS.offset,
  TUS_HEADERS.length,
  TUS_HEADERS.expires,
  TUS_HEADERS.complete,
] as const;

/** The row learns of progress once in so many bytes, not at each small chunk. */
const CONFIRM_EVERY_BYTES = 8 * 1024 * 1024;

/** @throws {ApiError} `relay_busy`, `relay_refused`, `relay_too_slow`, `session_not_found`, `storage_unavailable`. */
export async function relayUpload(services: RelayServices, options: RelayOptions): Promise<RelayReply> {
  const { method, session, uploadId } = options;
  // The key of the service is used, so an upload of anyone else's must not be named here.
  if (uploadId !== undefined && uploadId !== session.storageUploadId)
    throw new ApiError({
      code: 'session_not_found',
      message: 'The upload session has no such upload; begin another.',
    });
  const request = readRelayRequest({ method, headers: options.incoming.headers, target: session });
  const { serviceRoleKey } = services.config.supabase;
  const begins = method === 'POST';
  const release =
    begins || method === 'PATCH'
      ? services.slots.take({ ownerId: session.ownerId, sessionId: session.id, begins })
      : () => {};
  try {
    const { incoming } = options;
    const counted = {
      bytes: request.bodyBytes ?? request.maxBytes,
      offset: parseByteCount(request.headers[TUS_HEADERS.offset]) ?? 0,
      isTold: () => services.signal.aborted || (incoming.socket.destroyed && !incoming.complete),
    };
    const pass = () =>
      exchange({
        dispatcher: services.dispatcher,
        method,
        url: `${services.storage.url}/upload/resumable${uploadId === undefined ? '' : `/${uploadId}`}`,
        request: {
          ...request,
          headers: {
            ...request.headers,
            apikey: serviceRoleKey,
            authorization: `Bearer ${serviceRoleKey}`,
            // On every request: an upload begun with it and continued without is refused as a duplicate.
            'x-upsert': 'true',
          },
        },
        incoming,
        fileBytes: session.size,
        stallMs: services.config.relay.stallMs,
        minBytesPerSecond: services.config.relay.minBytesPerSecond,
        timeoutMs: services.config.relay.timeoutMs,
        signal: services.signal,
        onPassed: services.collectChunks,
      });
    return await tellAnswer(services, options, await countRelayed(services.metrics, counted, pass));
  } finally {
    release();
  }
}

async function tellAnswer(services: RelayServices, options: RelayOptions, answer: RelayAnswer): Promise<RelayReply> {
  const { session, method } = options;
  // Ours, not the client's: the service's key is what was refused.
  if (answer.status === 400 || answer.status === 401 || answer.status === 403)
    throw new ApiError({
      code: 'storage_unavailable',
      message: `Storage refused the relay's request (${answer.status}).`,
      retryAfterSeconds: 5,
      cause: new Error(answer.text),
    });
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  for (const name of PASSED_HEADERS) {
    const value = answer.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  if (method === 'POST' && answer.status === 201) {
    const uploadId = uploadIdOf(String(answer.headers.location ?? ''));
    await adoptUpload(services, session, uploadId);
    headers.location = relayPath(session.id, uploadId);
  }
  if (method === 'DELETE' && answer.status === 204)
    await services.sessions.replaceUpload(session.id, session.storageUploadId, null);
  await noteProgress(services, options, answer);
  return { status: answer.status, headers, text: method === 'HEAD' ? '' : answer.text };
}

/** A new upload replaces the session's earlier one, which would stay in Storage for ever. */
async function adoptUpload(services: RelayServices, session: UploadSession, uploadId: string): Promise<void> {
  const { sessions, storage, log } = services;
  const isOurs = await sessions.replaceUpload(session.id, session.storageUploadId, uploadId);
  const replaced = isOurs ? session.storageUploadId : uploadId;
  if (replaced !== undefined)
    await storage.terminate(replaced).catch((error: unknown) => {
      log.warn(
        { event: 'relay.terminate_failed', sessionId: session.id, err: error },
        'A replaced upload was not ended',
      );
    });
  if (!isOurs)
    throw new ApiError({
      code: 'relay_refused',
      message: 'Another request began an upload of this session meanwhile.',
    });
}

async function noteProgress(services: RelayServices, options: RelayOptions, answer: RelayAnswer): Promise<void> {
  const offset = parseByteCount(answer.headers[TUS_HEADERS.offset]);
  const { session, method } = options;
  if (method === 'DELETE' || answer.status > 299 || offset === undefined) return;
  const isStep = Math.floor(offset / CONFIRM_EVERY_BYTES) > Math.floor(session.confirmedBytes / CONFIRM_EVERY_BYTES);
  if (offset > session.confirmedBytes && (isStep || offset >= session.size))
    // The row is only what other devices see; a client that was told its offset continues either way.
    await services.sessions.confirm(session.id, Math.min(offset, session.size)).catch(() => {});
}
