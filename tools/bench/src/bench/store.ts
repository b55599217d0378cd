/** Brings sources into Storage and takes everything out of it again; neither is measured. */
import { openStorage } from '@supabase-media/storage/connection';
import { openResumeStore } from '@supabase-media/storage/resume-store';
import { uploadFile } from '@supabase-media/storage/uploader';
import type { loadConfig } from '@supabase-media/worker/load-config';
import { RESULT_BUCKET, SOURCE_BUCKET } from './lab.ts';

export interface Store {
  readonly sendSources: (file: string, paths: readonly string[]) => Promise<void>;
  readonly empty: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export function openStore(
  stack: Readonly<Record<string, string>>,
  policy: ReturnType<typeof loadConfig>['upload'],
): Store {
  const url = String(stack.SUPABASE_URL);
  const key = String(stack.SUPABASE_SERVICE_ROLE_KEY);
  const connection = openStorage({ url, serviceRoleKey: key });
  const resumeStore = openResumeStore(policy.stateDir);
  return {
    sendSources: async (file, paths) => {
      const upload = { connection, policy, resumeStore, file, bucket: SOURCE_BUCKET };
      for (const path of paths) await uploadFile({ ...upload, path, contentType: 'video/mp4', upsert: true });
    },
    empty: async () => {
      for (const bucket of [SOURCE_BUCKET, RESULT_BUCKET]) {
        const headers = { authorization: `Bearer ${key}`, apikey: key };
        const response = await fetch(`${url}/storage/v1/bucket/${bucket}/empty`, { method: 'POST', headers });
        if (!response.ok) throw new Error(`${bucket} was not emptied: ${response.status} ${await response.text()}`);
      }
    },
    close: () => connection.close(),
  };
}
