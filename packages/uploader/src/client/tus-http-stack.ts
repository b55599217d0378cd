/**
 * Lets tus-js-client send through our transport, which knows timeouts and, in Node, files. Addresses that Storage names
 * are rebased: behind proxies, and in production mode over plain HTTP, it names hosts and schemes that are not its own.
 */
import { uploadIdOf } from '@supabase-media/upload-protocol/tus';
import type { HttpRequest, HttpResponse, HttpStack } from 'tus-js-client';
import {
  lastPartTimeouts,
  METADATA_TIMEOUTS,
  partTimeouts,
  sendWithTimeouts,
  type Transport,
  type TransportAnswer,
  type TransportTimeouts,
} from './transport.ts';

export interface TusHttpStackOptions {
  readonly transport: Transport;
  /** Of the whole file. */
  readonly fileBytes: number;
  /** How long no byte may move, in milliseconds. */
  readonly stallMs: number;
  /** Where uploads are made; theirs are its children. */
  readonly endpoint: string;
}

/** The address of an upload, by the last segment of whatever address Storage named. */
export function rebaseUpload(endpoint: string, location: string): string {
  return `${endpoint.replace(/\/+$/, '')}/${uploadIdOf(location)}`;
}

export function createTusHttpStack(options: TusHttpStackOptions): HttpStack {
  return { getName: () => 'transport', createRequest: (method, url) => createRequest(options, method, url) };
}

function createRequest(options: TusHttpStackOptions, method: string, url: string): HttpRequest {
  const headers: Record<string, string> = {};
  const controller = new AbortController();
  let onSent: ((bytes: number) => void) | undefined;
  return {
    getMethod: () => method,
    getURL: () => url,
    setHeader: (name, value) => {
      headers[name] = value;
    },
    getHeader: (name) => headers[name],
    setProgressHandler: (handler) => {
      onSent = handler;
    },
    send: async (value) => {
      const body = (value ?? undefined) as Blob | undefined;
      const request = { method, url, headers, body, onSent, signal: controller.signal };
      const timeouts = timeoutsFor(options, body, Number(headers['Upload-Offset']));
      return responseOf(await sendWithTimeouts(options.transport, request, timeouts), options.endpoint);
    },
    abort: async () => controller.abort(),
    getUnderlyingObject: () => undefined,
  };
}

function timeoutsFor(options: TusHttpStackOptions, body: Blob | undefined, offset: number): TransportTimeouts {
  if (body === undefined) return METADATA_TIMEOUTS;
  const isLast = offset + body.size >= options.fileBytes;
  return isLast ? lastPartTimeouts(options.fileBytes, options.stallMs) : partTimeouts(options.stallMs);
}

function responseOf(answer: TransportAnswer, endpoint: string): HttpResponse {
  return {
    getStatus: () => answer.status,
    getHeader: (name) => {
      const value = answer.header(name) ?? undefined;
      return name.toLowerCase() === 'location' && value !== undefined ? rebaseUpload(endpoint, value) : value;
    },
    getBody: () => answer.body,
    getUnderlyingObject: () => answer,
  };
}
