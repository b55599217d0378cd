/** Storage as one node:http handler. */
import { join } from 'node:path';
import type { Pool } from 'pg';
import type { TokenVerifier } from '../api/verify-token.ts';
import { addCorsHeaders, answerPreflight, isPreflight } from '../http/cors.ts';
import type { NodeHandler } from '../http/server.ts';
import { BlobStore } from './blob-store.ts';
import { StorageDatabase } from './database.ts';
import { openExchange, sendError } from './exchange.ts';
import type { Limits } from './limits.ts';
import { createResumableHandler, RESUMABLE_PATH } from './resumable.ts';
import { ResumablePartsStore } from './resumable-parts-store.ts';
import { ResumableStore, type UploadStore } from './resumable-store.ts';
import { routeRest } from './router.ts';
import type { StorageService } from './service.ts';
import { UrlSigner } from './signed-urls.ts';
import { type Backend, createObjectStore, type ObjectStore } from './store/object-store.ts';
import { createStoreControl } from './store-control.ts';

export interface StorageOptions {
  readonly pool: Pool;
  readonly verify: TokenVerifier;
  readonly jwtSecret: string;
  readonly dataFolder: string;
  readonly limits: Limits;
  readonly backend: Backend;
  /** How long a resumable upload lives; undefined: as the backend does by default. */
  readonly uploadExpiryMs: number | undefined;
}

export interface StorageHandlers {
  readonly storage: NodeHandler;
  /** For tests: see `store-control.ts`. */
  readonly control: NodeHandler;
}

/** Where Storage is found on the stack's port; URLs that it makes begin with it. */
export const STORAGE_PREFIX = '/storage/v1';

export async function startStorage(options: StorageOptions): Promise<StorageHandlers> {
  const store = createObjectStore(options.backend, options.uploadExpiryMs);
  const service: StorageService = {
    database: new StorageDatabase(options.pool),
    blobs: await BlobStore.open(join(options.dataFolder, 'storage')),
    store,
    verify: options.verify,
    signer: new UrlSigner({ jwtSecret: options.jwtSecret, verify: options.verify }),
    limits: options.limits,
  };
  const uploads = openUploadStore(service.blobs.resumableFolder, store);
  const handleResumable = createResumableHandler(service, uploads, STORAGE_PREFIX);
  const control = createStoreControl({ verify: options.verify, objects: store, uploads });
  const storage: NodeHandler = (request, response) => {
    addCorsHeaders(request, response);
    if (isPreflight(request)) {
      answerPreflight(request, response);
      return;
    }
    const exchange = openExchange(request, response, STORAGE_PREFIX);
    if (!exchange) {
      // The one error whose statusCode is a number: the HTTP framework of the real server answers it.
      response.writeHead(400, { 'content-type': 'application/json; charset=utf-8' });
      response.end(
        JSON.stringify({
          error: 'Bad Request',
          code: 'FST_ERR_BAD_URL',
          message: `'${request.url ?? ''}' is not a valid url component`,
          statusCode: 400,
        }),
      );
      return;
    }
    const isResumable = `/${exchange.path.slice(0, 2).join('/')}` === RESUMABLE_PATH;
    const work = isResumable ? handleResumable(exchange) : routeRest(service, exchange);
    work.catch((error: unknown) => sendError(exchange, error));
  };
  return { storage, control };
}

function openUploadStore(directory: string, objects: ObjectStore): UploadStore {
  if (objects.backend === 's3') return new ResumablePartsStore({ directory, objects });
  return new ResumableStore({ directory, expirationPeriodInMilliseconds: objects.uploadExpiryMs });
}
