/** What we know about a TUS request beyond what the library passes to its hooks. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from './caller.ts';
import type { ResumableId } from './resumable-id.ts';
import { REFUSALS } from './storage-error.ts';

export interface ResumableRequest {
  /** Came by `/sign`: `x-signature` decides instead of a token. */
  readonly signed: boolean;
  readonly caller: Caller | undefined;
  /** Of the object that results. */
  owner: string | undefined;
  upsert: boolean;
  /** Known once the upload is named or its URL is read. */
  target: ResumableId | undefined;
}

/** The library's request: a web request that carries Node's own. */
export interface TusRequest {
  readonly runtime?: { readonly node?: { readonly req: object } };
}

const requests = new WeakMap<object, ResumableRequest>();

export function rememberRequest(request: IncomingMessage, known: ResumableRequest): void {
  requests.set(request, known);
}

export function requestOf(request: TusRequest): ResumableRequest {
  const known = requests.get(nodeRequestOf(request));
  if (!known) throw REFUSALS.internal();
  return known;
}

function nodeRequestOf(request: TusRequest): object {
  const node = request.runtime?.node?.req;
  if (!node) throw REFUSALS.internal();
  return node;
}
