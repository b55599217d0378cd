/** Signed URLs: making them, and uploading to them. */
import { readCaller } from './caller.ts';
import { type Exchange, readJson, sendJson, splitObjectPath } from './exchange.ts';
import { checkNewObjectName, checkObjectName } from './names.ts';
import { getObject } from './objects-table.ts';
import type { StorageService } from './service.ts';
import { refuseRequest } from './storage-error.ts';
import { checkContentTypeHeader, checkUploadRight, receiveUpload } from './upload.ts';

/** POST `/object/sign/{bucket}/{name}` with `{expiresIn}` in seconds → `{signedURL}`, relative to `/storage/v1` */
export async function signDownloadRoute(
  service: StorageService,
  exchange: Exchange,
  path: readonly string[],
): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const { bucket, name } = splitObjectPath(path);
  const life = readExpiresIn(await readJson(exchange.request));
  checkObjectName(name);
  await service.database.asCaller(caller, 'object.sign', (transaction) => getObject(transaction, bucket, name));
  sendJson(exchange, { signedURL: await makeSignedUrl(service, `${bucket}/${name}`, life) });
}

/** POST `/object/sign/{bucket}` with `{expiresIn, paths}` → one entry for each path, in their order */
export async function signDownloadsRoute(service: StorageService, exchange: Exchange, bucket: string): Promise<void> {
  const caller = await readCaller(exchange.request, service.verify);
  const body = await readJson(exchange.request);
  const life = readExpiresIn(body);
  if (!Array.isArray(body.paths) || body.paths.length === 0) {
    throw refuseRequest("body must have required property 'paths'");
  }
  const names = body.paths.map(String);
  const visible = await service.database.asCaller(caller, 'object.sign_many', async (transaction) => {
    const { rows } = await transaction.query<{ name: string }>(
      'select name from storage.objects where bucket_id = $1 and name = any($2)',
      [bucket, names],
    );
    return new Set(rows.map((row) => row.name));
  });
  const results = names.map(async (path) =>
    visible.has(path)
      ? { error: null, path, signedURL: await makeSignedUrl(service, `${bucket}/${path}`, life) }
      : { error: 'Either the object does not exist or you do not have access to it', path, signedURL: null },
  );
  sendJson(exchange, await Promise.all(results));
}

/** POST `/object/upload/sign/{bucket}/{name}` → `{url, token}`; `x-upsert: true` goes into the token. */
export async function signUploadRoute(
  service: StorageService,
  exchange: Exchange,
  path: readonly string[],
): Promise<void> {
  const { request } = exchange;
  const caller = await readCaller(request, service.verify);
  const { bucket, name } = splitObjectPath(path);
  checkNewObjectName(bucket, name);
  const upsert = request.headers['x-upsert'] === 'true';
  const target = { bucket, name, upsert, owner: caller.owner, caller };
  await checkUploadRight(service, target, {});
  const token = await service.signer.signUpload(`${bucket}/${name}`, { owner: caller.owner, upsert });
  sendJson(exchange, { url: `/object/upload/sign/${encodePath(`${bucket}/${name}`)}?token=${token}`, token });
}

/** PUT `/object/upload/sign/{bucket}/{name}?token=…`: no other authorization is needed; the signer becomes the object's owner. */
export async function uploadSignedRoute(
  service: StorageService,
  exchange: Exchange,
  path: readonly string[],
): Promise<void> {
  checkContentTypeHeader(exchange);
  const { bucket, name } = splitObjectPath(path);
  const token = exchange.query.get('token');
  if (token === null) throw refuseRequest("querystring must have required property 'token'");
  const grant = await service.signer.readUpload(token, `${bucket}/${name}`);
  await receiveUpload(service, exchange, { bucket, name, ...grant, caller: undefined });
  sendJson(exchange, { Key: `${bucket}/${name}` });
}

async function makeSignedUrl(service: StorageService, path: string, life: number): Promise<string> {
  return `/object/sign/${encodePath(path)}?token=${await service.signer.signDownload(path, life)}`;
}

/** What a URL would misread (a question mark, a space) is escaped; slashes stay. */
function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** @throws StorageError InvalidRequest unless it is a whole number of seconds above 0 */
function readExpiresIn(body: Record<string, unknown>): number {
  const { expiresIn } = body;
  if (expiresIn === undefined) throw refuseRequest("body must have required property 'expiresIn'");
  if (!Number.isInteger(Number(expiresIn))) throw refuseRequest('body/expiresIn must be integer');
  if (Number(expiresIn) < 1) throw refuseRequest('body/expiresIn must be >= 1');
  return Number(expiresIn);
}
