/** One upload by a library, as its documentation shows it. Started by the benchmark; arguments: name, upload as JSON. */
import { createReadStream, openAsBlob } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import { SUPABASE_OPTIONS } from '@supabase-media/core/supabase-options';
import { printLine } from '@supabase-media/local-stack/stack/output';
import type { BenchUpload } from './upload-clients.ts';

const CHUNK_BYTES = 6 * 1024 * 1024;

async function uploadBySupabase(upload: BenchUpload, body: Buffer | Blob): Promise<void> {
  const client = createClient(upload.url, upload.key, SUPABASE_OPTIONS as SupabaseClientOptions<'public'>);
  const options = { contentType: 'video/mp4', upsert: true };
  const { error } = await client.storage.from(upload.bucket).upload(upload.path, body, options);
  if (error !== null) throw error;
}

async function uploadByTus(upload: BenchUpload, chunkSize: number): Promise<void> {
  const { Upload } = await import('tus-js-client');
  const { size } = await stat(upload.file);
  await new Promise<void>((resolve, reject) => {
    new Upload(createReadStream(upload.file), {
      endpoint: `${upload.url}/storage/v1/upload/resumable`,
      uploadSize: size,
      chunkSize,
      headers: { authorization: `Bearer ${upload.key}`, apikey: upload.key, 'x-upsert': 'true' },
      metadata: { bucketName: upload.bucket, objectName: upload.path, contentType: 'video/mp4' },
      onError: reject,
      onSuccess: () => resolve(),
    }).start();
  });
}

const CLIENTS: Readonly<Record<string, (upload: BenchUpload) => Promise<void>>> = {
  'supabase-js Buffer': async (upload) => uploadBySupabase(upload, await readFile(upload.file)),
  'supabase-js Blob': async (upload) => uploadBySupabase(upload, await openAsBlob(upload.file, { type: 'video/mp4' })),
  'tus-js-client 6 MB': (upload) => uploadByTus(upload, CHUNK_BYTES),
  'tus-js-client one PATCH': (upload) => uploadByTus(upload, Number.POSITIVE_INFINITY),
};

const [name = '', upload = '{}'] = process.argv.slice(2);
await CLIENTS[name]?.(JSON.parse(upload) as BenchUpload);
printLine(JSON.stringify({ peakRssMb: Math.round((process.resourceUsage().maxRSS * 1024) / 1e5) / 10 }));
