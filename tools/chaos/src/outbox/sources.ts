/** What an outbox run is made of: one tiny clip, its copies in Storage, and rows that only SQL writes. */
import { execFile } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Pool } from 'pg';
import type { StorageAccess } from '../objects.ts';

const SOURCE_BUCKET = 'project-videos';

/** Uploads at the same time. */
const AT_ONCE = 8;

const sourcePath = (folder: string, index: number): string => `${folder}/${index}.mp4`;

/** A fifth of a second that is copied as it is. */
export async function makeTinyClip(ffmpeg: string, folder: string): Promise<string> {
  const file = join(folder, 'tiny.mp4');
  const picture = 'testsrc2=size=128x72:rate=25:duration=0.2';
  const codec = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -movflags +faststart'.split(' ');
  await promisify(execFile)(ffmpeg, ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', picture, ...codec, file], {
    timeout: 60_000,
  });
  return file;
}

export async function sendSources(
  { url, serviceRoleKey }: StorageAccess,
  { clip, folder, count }: { readonly clip: string; readonly folder: string; readonly count: number },
): Promise<void> {
  const body = await openAsBlob(clip);
  let next = 0;
  const send = async () => {
    while (next < count) {
      const path = sourcePath(folder, next++);
      const response = await fetch(`${url}/storage/v1/object/${SOURCE_BUCKET}/${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${serviceRoleKey}`,
          apikey: serviceRoleKey,
          'content-type': 'video/mp4',
        },
        body,
      });
      if (!response.ok) throw new Error(`Storage rejected ${path}: ${await response.text()}`);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
}

/** As a team would by hand: bucket, path and project, and nothing that this product needs beside. */
export async function insertRows(
  pool: Pool,
  { project, from, to }: { readonly project: string; readonly from: number; readonly to: number },
): Promise<void> {
  await pool.query(
    `insert into public.videos (project, source_bucket, source_path)
     select $1, $2, $1 || '/' || number || '.mp4' from generate_series($3::int, $4::int) as number`,
    [project, SOURCE_BUCKET, from, to - 1],
  );
}
