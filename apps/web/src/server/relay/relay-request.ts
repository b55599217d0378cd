/** What a TUS request may ask of the relay, and what is passed on to Storage. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import {
  encodeUploadMetadata,
  parseByteCount,
  TUS_BODY_TYPE,
  TUS_HEADERS,
  TUS_VERSION,
} from '@supabase-media/upload-protocol/tus';
import { ApiError } from '../api-error.ts';
import { CACHE_CONTROL } from '../uploads/present-upload.ts';

export type RelayMethod = 'POST' | 'HEAD' | 'PATCH' | 'DELETE';

/** The session's side of the matter. */
export interface RelayTarget {
  readonly bucket: string;
  readonly path: string;
  readonly size: number;
  readonly contentType: string;
}

/** What is sent on. */
export interface RelayRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** At most so many bytes of body are passed on; 0: none. */
  readonly maxBytes: number;
  /** As announced; undefined for a chunked body. */
  readonly bodyBytes: number | undefined;
}

const refuse = (message: string, details?: Record<string, unknown>): ApiError =>
  new ApiError({ code: 'relay_refused', message, details });

/**
 * Reads a request. Bucket, key and type are the session's, whatever Upload-Metadata says.
 *
 * @throws {ApiError} `relay_refused`.
 */
export function readRelayRequest(options: {
  readonly method: RelayMethod;
  readonly headers: IncomingHttpHeaders;
  readonly target: RelayTarget;
}): RelayRequest {
  const { method, headers, target } = options;
  if (headers[TUS_HEADERS.version] !== TUS_VERSION)
    throw refuse(`The header Tus-Resumable must be ${TUS_VERSION}.`, { version: TUS_VERSION });
  if (headers['x-http-method-override'] !== undefined)
    throw refuse('X-HTTP-Method-Override is not taken; send the method itself.');
  const common = { [TUS_HEADERS.version]: TUS_VERSION };
  if (method === 'HEAD' || method === 'DELETE') return { headers: common, maxBytes: 0, bodyBytes: 0 };

  const offset = method === 'POST' ? 0 : parseByteCount(headers[TUS_HEADERS.offset]);
  if (offset === undefined || offset > target.size)
    throw refuse(`The header Upload-Offset must be a number of bytes up to ${target.size}.`, {
      sizeBytes: target.size,
    });
  const body = readBody(headers, target.size - offset, method);
  if (method === 'PATCH')
    return { headers: { ...common, ...body.headers, [TUS_HEADERS.offset]: String(offset) }, ...body.size };

  if (parseByteCount(headers[TUS_HEADERS.length]) !== target.size)
    throw refuse(`The header Upload-Length must be ${target.size}, as the session says.`, { sizeBytes: target.size });
  const metadata = encodeUploadMetadata({
    bucketName: target.bucket,
    objectName: target.path,
    contentType: target.contentType,
    cacheControl: CACHE_CONTROL,
  });
  const creation = { [TUS_HEADERS.length]: String(target.size), [TUS_HEADERS.metadata]: metadata };
  return { headers: { ...common, ...body.headers, ...creation }, ...body.size };
}

function readBody(headers: IncomingHttpHeaders, room: number, method: 'POST' | 'PATCH') {
  const isChunked = headers['transfer-encoding'] !== undefined;
  const bodyBytes = isChunked ? undefined : (parseByteCount(headers['content-length']) ?? 0);
  if (bodyBytes !== undefined && bodyBytes > room)
    throw refuse(`The body has ${bodyBytes} bytes; ${room} are left of the file.`, { bodyBytes, roomBytes: room });
  const hasBody = bodyBytes !== 0;
  if ((hasBody || method === 'PATCH') && headers['content-type'] !== TUS_BODY_TYPE)
    throw refuse(`The header Content-Type must be ${TUS_BODY_TYPE}.`);
  return {
    headers: {
      ...(hasBody || method === 'PATCH' ? { 'content-type': TUS_BODY_TYPE } : {}),
      ...(bodyBytes === undefined ? {} : { 'content-length': String(bodyBytes) }),
    } as Record<string, string>,
    size: { maxBytes: hasBody ? room : 0, bodyBytes },
  };
}
