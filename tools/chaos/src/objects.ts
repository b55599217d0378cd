/** The objects of a run in Storage, with a checksum for each, by names that are comparable between runs. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Pool } from 'pg';

const RESULT_BUCKET = 'project-processed-videos';

export interface StorageAccess {
  readonly url: string;
  readonly serviceRoleKey: string;
  readonly pool: Pool;
}

/** The names of all objects below a project. */
export async function listObjects({ pool }: StorageAccess, project: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'select name from storage.objects where bucket_id = $1 and starts_with(name, $2) order by name',
    [RESULT_BUCKET, `${project}/`],
  );
  return rows.map(({ name }) => name);
}

function getObject(access: StorageAccess, name: string): Promise<Response> {
  const key = name.split('/').map(encodeURIComponent).join('/');
  return fetch(`${access.url}/storage/v1/object/${RESULT_BUCKET}/${key}`, {
    headers: { authorization: `Bearer ${access.serviceRoleKey}`, apikey: access.serviceRoleKey },
  });
}

/** Saves an object to a file for inspection. */
export async function saveObject(access: StorageAccess, name: string, file: string): Promise<void> {
  await writeFile(file, Buffer.from(await (await getObject(access, name)).arrayBuffer()));
}

/** The SHA-256 of an object, downloaded from Storage. */
async function digestObject(access: StorageAccess, name: string): Promise<string> {
  const response = await getObject(access, name);
  if (!response.ok || response.body === null) return `HTTP ${response.status}`;
  const hash = createHash('sha256');
  for await (const chunk of response.body) hash.update(chunk);
  return hash.digest('hex');
}

/** The checksums of one video's objects, by their names without project and video. */
export async function digestVideo(
  access: StorageAccess,
  project: string,
  videoId: string,
): Promise<ReadonlyMap<string, string>> {
  const prefix = `${project}/${videoId}/`;
  const digests = new Map<string, string>();
  for (const name of await listObjects(access, project))
    if (name.startsWith(prefix)) digests.set(name.slice(prefix.length), await digestObject(access, name));
  return digests;
}
