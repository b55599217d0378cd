/** The routes of `/bucket`. */
import {
  type Bucket,
  type BucketListOptions,
  deleteBucket,
  findBucket,
  insertBucket,
  listBuckets,
  updateBucket,
} from './buckets-table.ts';
import { readCaller } from './caller.ts';
import { type Exchange, readJson, sendJson } from './exchange.ts';
import { readAllowedMimeTypes, readFileSizeLimit } from './limits.ts';
import { checkBucketName } from './names.ts';
import { countObjects, deleteObjects, listObjectNames } from './objects-table.ts';
import type { StorageService } from './service.ts';
import { REFUSALS, refuseRequest } from './storage-error.ts';

/** POST `/bucket` */
export async function createBucketRoute(service: StorageService, exchange: Exchange): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const body = await readJson(exchange.request);
  if (typeof body.name !== 'string') throw refuseRequest("body must have required property 'name'");
  const { name } = body;
  const id = typeof body.id === 'string' && body.id !== '' ? body.id : name;
  checkBucketName(name);
  checkBucketName(id);
  const bucket = {
    id,
    name,
    owner: caller.owner,
    public: body.public === true,
    fileSizeLimit: readFileSizeLimit(body.file_size_limit ?? null, service.limits.global),
    allowedMimeTypes: readAllowedMimeTypes(body.allowed_mime_types),
  };
  await service.database.asCaller(caller, 'bucket.create', (transaction) => insertBucket(transaction, bucket));
  sendJson(exchange, { name });
}

/** GET `/bucket` */
export async function listBucketsRoute(service: StorageService, exchange: Exchange): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const options = readBucketListOptions(exchange.query);
  const buckets = await service.database.asCaller(caller, 'bucket.list', (transaction) =>
    listBuckets(transaction, options),
  );
  sendJson(
    exchange,
    buckets.map((bucket) => ({ ...toJson(bucket), type: 'STANDARD' })),
  );
}

/** GET `/bucket/{id}` */
export async function getBucketRoute(service: StorageService, exchange: Exchange, id: string): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const bucket = await service.database.asCaller(caller, 'bucket.get', (transaction) => findBucket(transaction, id));
  sendJson(exchange, toJson(bucket));
}

/** PUT `/bucket/{id}`: what the body leaves out stays. */
export async function updateBucketRoute(service: StorageService, exchange: Exchange, id: string): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const body = await readJson(exchange.request);
  const change = {
    public: body.public === undefined ? undefined : body.public === true,
    fileSizeLimit:
      body.file_size_limit === undefined ? undefined : readFileSizeLimit(body.file_size_limit, service.limits.global),
    allowedMimeTypes: body.allowed_mime_types === undefined ? undefined : readAllowedMimeTypes(body.allowed_mime_types),
  };
  if (Object.values(change).every((value) => value === undefined)) {
    throw refuseRequest("body must have required property 'public'");
  }
  await service.database.asCaller(caller, 'bucket.update', (transaction) => updateBucket(transaction, id, change));
  sendJson(exchange, { message: 'Successfully updated' });
}

/** POST `/bucket/{id}/empty`; done when it answers, whatever the sentence says that the real server sends. */
export async function emptyBucketRoute(service: StorageService, exchange: Exchange, id: string): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const deleted = await service.database.asCaller(caller, 'bucket.empty', async (transaction) => {
    await findBucket(transaction, id);
    return deleteObjects(transaction, id, await listObjectNames(transaction, id));
  });
  for (const object of deleted) await service.blobs.remove(object.version);
  sendJson(exchange, { message: 'Empty bucket has been queued. Completion may take up to an hour.' });
}

/** DELETE `/bucket/{id}`, an empty one only */
export async function deleteBucketRoute(service: StorageService, exchange: Exchange, id: string): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  await service.database.asStorage(async (transaction) => {
    await findBucket(transaction, id);
    if ((await countObjects(transaction, id)) > 0) throw REFUSALS.bucketNotEmpty();
  });
  await service.database.asCaller(caller, 'bucket.delete', (transaction) => deleteBucket(transaction, id));
  sendJson(exchange, { message: 'Successfully deleted' });
}

function toJson(bucket: Bucket): Record<string, unknown> {
  return {
    id: bucket.id,
    name: bucket.name,
    owner: bucket.owner ?? '',
    public: bucket.public,
    file_size_limit: bucket.fileSizeLimit,
    allowed_mime_types: bucket.allowedMimeTypes,
    created_at: bucket.createdAt,
    updated_at: bucket.updatedAt,
  };
}

function readBucketListOptions(query: URLSearchParams): BucketListOptions {
  const columns = ['id', 'name', 'created_at', 'updated_at'] as const;
  const count = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null) return undefined;
    if (!/^\d+$/.test(text)) throw refuseRequest(`querystring/${name} must be integer`);
    return Number(text);
  };
  return {
    limit: count('limit'),
    offset: count('offset') ?? 0,
    column: columns.find((column) => column === query.get('sortColumn')) ?? 'name',
    descending: query.get('sortOrder') === 'desc',
    search: query.get('search') ?? undefined,
  };
}
