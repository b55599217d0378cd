/** One transfer in a process of its own. Argument: which; the rest by variables, as `contenders/transfers.ts` names them. */
import { readFile, writeFile } from 'node:fs/promises';
import { createClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import { SUPABASE_OPTIONS } from '@supabase-media/core/supabase-options';
import { openStorage } from '@supabase-media/storage/connection';
import { downloadFile } from '@supabase-media/storage/download';
import { loadConfig } from '@supabase-media/worker/load-config';

const { SUPABASE_URL = '', KEY = '', FILE: file = '', BUCKET: bucket = '', NAME: path = '' } = process.env;

const client = () => createClient(SUPABASE_URL, KEY, SUPABASE_OPTIONS as SupabaseClientOptions<'public'>);

const TRANSFERS: Readonly<Record<string, () => Promise<void>>> = {
  'upload by supabase-js': async () => {
    const body = await readFile(file);
    const options = { contentType: 'video/mp4', upsert: true };
    const { error } = await client().storage.from(bucket).upload(path, body, options);
    if (error !== null) throw error;
  },
  'download by supabase-js': async () => {
    const { data, error } = await client().storage.from(bucket).download(path);
    if (error !== null) throw error;
    await writeFile(file, Buffer.from(await data.arrayBuffer()));
  },
  'download as the worker': async () => {
    const connection = openStorage({ url: SUPABASE_URL, serviceRoleKey: KEY });
    const { upload } = loadConfig({ environment: process.env });
    await downloadFile({
      ...{ connection, bucket, path, file },
      timeouts: upload,
      maxRetries: upload.maxRetries,
    }).finally(() => connection.close());
  },
};

await TRANSFERS[process.argv[2] ?? '']?.();
