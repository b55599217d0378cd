/** What the page of the browser tests runs: the client as a bundler takes it. */
import { createUploader } from '../../src/client/create-uploader.ts';
import type { UploadState } from '../../src/client/upload-types.ts';

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

Object.assign(globalThis, { uploadChosen });
