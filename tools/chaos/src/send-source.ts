/** Uploads a clip to the bucket of sources, bypassing the fault proxy. */
import { openAsBlob } from 'node:fs';
import type { Clip } from './clips.ts';
import type { StorageAccess } from './objects.ts';

const SOURCE_BUCKET = 'project-videos';

export async function sendSource(
  { url, serviceRoleKey }: StorageAccess,
  clip: Clip,
  project: string,
): Promise<{ readonly bucket: string; readonly path: string }> {
  const path = `${project}/${clip.name}`;
  const response = await fetch(`${url}/storage/v1/object/${SOURCE_BUCKET}/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${serviceRoleKey}`,
      apikey: serviceRoleKey,
      'content-type': 'video/mp4',
      'x-upsert': 'true',
    },
    body: await openAsBlob(clip.file),
  });
  if (!response.ok) throw new Error(`Storage rejected ${path}: ${await response.text()}`);
  return { bucket: SOURCE_BUCKET, path };
}
