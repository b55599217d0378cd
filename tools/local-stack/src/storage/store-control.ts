/**
 * What tests steer and look at: `GET /stack/storage` → the unfinished resumable uploads and how the store is;
 * `POST /stack/storage/away` with `{"seconds": 3}` → the store is unreachable for that long, or back with 0. Only for who
 * has the service key.
 */
import type { TokenVerifier } from '../api/verify-token.ts';
import type { NodeHandler } from '../http/server.ts';
import { readCaller } from './caller.ts';
import { type Exchange, openExchange, readJson, sendError, sendJson } from './exchange.ts';
import type { UploadStore } from './resumable-store.ts';
import { refuseAccess, refuseRequest } from './storage-error.ts';
import type { ObjectStore } from './store/object-store.ts';

export const CONTROL_PREFIX = '/stack/storage';

const MAX_AWAY_SECONDS = 3_600;

export function createStoreControl(parts: {
  verify: TokenVerifier;
  objects: ObjectStore;
  uploads: UploadStore;
}): NodeHandler {
  return (request, response) => {
    const exchange = openExchange(request, response, CONTROL_PREFIX);
    if (!exchange) {
      response.writeHead(400).end();
      return;
    }
    control(parts, exchange).catch((error: unknown) => sendError(exchange, error));
  };
}

async function control(
  { verify, objects, uploads }: Parameters<typeof createStoreControl>[0],
  exchange: Exchange,
): Promise<void> {
  const { request, path } = exchange;
  const caller = await readCaller(request, verify);
  if (caller.role !== 'service_role') throw refuseAccess('Only for the service key');
  if (request.method === 'POST' && path.join('/') === 'away') {
    const { seconds } = await readJson(request);
    if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= MAX_AWAY_SECONDS)) {
      throw refuseRequest(`body/seconds must be a number from 0 to ${MAX_AWAY_SECONDS}`);
    }
    objects.goAway(seconds * 1000);
  } else if (request.method !== 'GET' || path.length > 0) {
    throw refuseRequest('Only GET /stack/storage and POST /stack/storage/away are known');
  }
  sendJson(exchange, { backend: objects.backend, away: objects.isAway, unfinished: await uploads.unfinished() });
}
