/** What the page of the browser tests runs: the client as a bundler takes it. */

import type { UploadRecord, UploadState } from '@supabase-media/uploader';
import { createUploader } from '@supabase-media/uploader';

/** Uploads the chosen file; the page's variables say how it goes. */
async function uploadChosen(apiUrl: string, token: string): Promise<unknown> {
  const input = document.querySelector('input');
  const file = input?.files?.[0];
  if (!file) throw new Error('no file was chosen');
  const states: UploadState[] = [];
  const shown: number[] = [];
  Object.assign(globalThis, { states, shown });
  const handle = createUploader({ apiUrl, getToken: () => token }).uploadVideo(file, {
    onState: (state) => states.push(state),
    onProgress: ({ bytesUploaded }) => shown.push(bytesUploaded),
  });
  return handle.finished.catch((error: unknown) => ({ error: String(error) }));
}

function listUnfinished(apiUrl: string, token: string): Promise<readonly UploadRecord[]> {
  return createUploader({ apiUrl, getToken: () => token }).listUnfinished();
}

/** Discards whatever is remembered, listed or not; answers the last session's id. */
async function discardAll(apiUrl: string, token: string): Promise<string | undefined> {
  const uploader = createUploader({ apiUrl, getToken: () => token });
  let sessionId: string | undefined;
  for (const [key, value] of Object.entries(localStorage)) {
    if (!key.startsWith('supabase-media:upload:')) continue;
    const record = JSON.parse(String(value)) as UploadRecord;
    sessionId = record.sessionId;
    await uploader.discardUnfinished(record);
  }
  return sessionId;
}

Object.assign(globalThis, { uploadChosen, listUnfinished, discardAll });
