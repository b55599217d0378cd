/**
 * The direct route: the Supabase client, for files below 100 MB. The client is given a fetch of ours that streams
 * through the same transport as the other routes, because its own keeps the whole body in memory and knows neither
 * timeout nor progress nor cancel.
 */
import { Readable } from 'node:stream';
import { createClient } from '@supabase/supabase-js';
import { MediaError } from '@supabase-media/core/errors';
import { SUPABASE_OPTIONS } from '@supabase-media/core/supabase-options';
import { toAnswerError } from './answer-error.ts';
import { encodeObjectPath } from './object-key.ts';
import { bodyOf } from './source-file.ts';
import { actionOf, type UploadAttempt, type UploadRoute } from './upload-attempt.ts';

const toMethod = (method: string | undefined): 'POST' | 'PUT' => (method === 'PUT' ? 'PUT' : 'POST');

/**
 * A fetch that sends the attempt's file to the attempt's bucket and path, whatever body and address it is handed, and throws where
 * Storage refuses. The client does not encode the path: `clip.mp4?v=2` would replace `clip.mp4`.
 */
const createUploadFetch =
  (attempt: UploadAttempt): typeof fetch =>
  async (_input, init) => {
    const { connection, file } = attempt;
    const action = actionOf(attempt);
    const headers = new Headers(init?.headers);
    const answer = await connection.transport.send({
      method: toMethod(init?.method),
      url: `${connection.storageUrl}/object/${encodeObjectPath(attempt.bucket, attempt.path)}`,
      headers: Object.fromEntries(headers),
      body: bodyOf(file, { start: 0, bytes: file.size }),
      timeouts: attempt.timeouts,
      signal: attempt.signal,
      action,
      onSent: (bytes) => attempt.onSent(bytes, bytes),
    });
    // Thrown rather than answered: the client would keep neither the code nor Retry-After.
    if (answer.status < 200 || answer.status > 299) throw toAnswerError(answer, { action });
    return new Response(answer.body, { status: answer.status, headers: { 'content-type': 'application/json' } });
  };

/** Sends a file through the Supabase client. */
export const uploadDirect: UploadRoute = async (attempt) => {
  const client = createClient(attempt.connection.projectUrl, attempt.connection.serviceRoleKey, {
    ...SUPABASE_OPTIONS,
    global: { fetch: createUploadFetch(attempt) },
  });
  // A placeholder for the file: our fetch opens the stream itself, when the request is really sent.
  const { error } = await client.storage.from(attempt.bucket).upload(attempt.path, Readable.from([]), {
    contentType: attempt.contentType,
    upsert: attempt.upsert,
    metadata: attempt.metadata,
    cacheControl: '3600',
  });
  if (error === null) return;
  if ('originalError' in error && error.originalError instanceof MediaError) throw error.originalError;
  throw new MediaError({ code: 'storage_failed', message: `${actionOf(attempt)}: ${error.message}.`, cause: error });
};
