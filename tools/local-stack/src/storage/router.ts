/** Maps methods and paths of `/storage/v1` to handlers. */
import {
  createBucketRoute,
  deleteBucketRoute,
  emptyBucketRoute,
  getBucketRoute,
  listBucketsRoute,
  updateBucketRoute,
} from './bucket-routes.ts';
import { type Exchange, sendJson } from './exchange.ts';
import { listObjectsRoute } from './object-listing.ts';
import { objectInfoRoute, readObjectRoute, readSignedObjectRoute } from './object-reading.ts';
import { signDownloadRoute, signDownloadsRoute, signUploadRoute, uploadSignedRoute } from './object-signing.ts';
import {
  copyObjectRoute,
  deleteObjectRoute,
  deleteObjectsRoute,
  moveObjectRoute,
  uploadRoute,
} from './object-writing.ts';
import type { StorageService } from './service.ts';

/** Runs the handler of a REST route. @throws StorageError as the handlers do */
export function routeRest(service: StorageService, exchange: Exchange): Promise<void> {
  const [root, ...rest] = exchange.path;
  if (root === 'bucket') return routeBucket(service, exchange, rest);
  if (root === 'object') return routeObject(service, exchange, rest);
  if (root === 'status' || root === 'health' || root === '') return answerOk(exchange);
  return answerUnknown(exchange);
}

function routeBucket(service: StorageService, exchange: Exchange, path: string[]): Promise<void> {
  const [id = '', action] = path;
  const method = exchange.request.method ?? 'GET';
  switch (`${method} ${id === '' ? '' : '{id}'}${action === undefined || action === '' ? '' : `/${action}`}`) {
    case 'GET ':
      return listBucketsRoute(service, exchange);
    case 'POST ':
      return createBucketRoute(service, exchange);
    case 'GET {id}':
      return getBucketRoute(service, exchange, id);
    case 'PUT {id}':
      return updateBucketRoute(service, exchange, id);
    case 'DELETE {id}':
      return deleteBucketRoute(service, exchange, id);
    case 'POST {id}/empty':
      return emptyBucketRoute(service, exchange, id);
    default:
      return answerUnknown(exchange);
  }
}

function routeObject(service: StorageService, exchange: Exchange, path: string[]): Promise<void> {
  switch (exchange.request.method) {
    case 'GET':
    case 'HEAD':
      return routeRead(service, exchange, path);
    case 'POST':
      return routePost(service, exchange, path);
    case 'PUT':
      if (path[0] === 'upload' && path[1] === 'sign') return uploadSignedRoute(service, exchange, path.slice(2));
      return path.length > 1 ? uploadRoute(service, exchange, path) : answerUnknown(exchange);
    case 'DELETE':
      if (path.length === 1 && path[0]) return deleteObjectsRoute(service, exchange, path[0]);
      return deleteObjectRoute(service, exchange, path);
    default:
      return answerUnknown(exchange);
  }
}

function routeRead(service: StorageService, exchange: Exchange, path: string[]): Promise<void> {
  const [first, second] = path;
  if (first === 'info' && exchange.request.method === 'GET') {
    if (second === 'authenticated') return objectInfoRoute(service, exchange, path.slice(2), 'token');
    if (second === 'public') return objectInfoRoute(service, exchange, path.slice(2), 'public');
    return objectInfoRoute(service, exchange, path.slice(1), 'token');
  }
  if (first === 'sign') return readSignedObjectRoute(service, exchange, path.slice(1));
  if (first === 'authenticated') return readObjectRoute(service, exchange, path.slice(1), 'token');
  if (first === 'public') return readObjectRoute(service, exchange, path.slice(1), 'public');
  return path.length > 1 ? readObjectRoute(service, exchange, path, 'tokenOrPublic') : answerUnknown(exchange);
}

function routePost(service: StorageService, exchange: Exchange, path: string[]): Promise<void> {
  const [first, second = ''] = path;
  if (first === 'list' && path.length === 2) return listObjectsRoute(service, exchange, second);
  if (first === 'move' && path.length === 1) return moveObjectRoute(service, exchange);
  if (first === 'copy' && path.length === 1) return copyObjectRoute(service, exchange);
  if (first === 'sign' && path.length === 2) return signDownloadsRoute(service, exchange, second);
  if (first === 'sign') return signDownloadRoute(service, exchange, path.slice(1));
  if (first === 'upload' && second === 'sign') return signUploadRoute(service, exchange, path.slice(2));
  return path.length > 1 ? uploadRoute(service, exchange, path) : answerUnknown(exchange);
}

async function answerOk(exchange: Exchange): Promise<void> {
  sendJson(exchange, { healthy: true });
}

async function answerUnknown(exchange: Exchange): Promise<void> {
  const message = `Route ${exchange.request.method}:/${exchange.path.join('/')} not found`;
  sendJson(exchange, { statusCode: '404', error: 'not_found', message, code: 'NotFound' }, 404);
}
