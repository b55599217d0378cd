/** The stream route: the whole file in one POST over REST, its length announced so that Storage can refuse it early. */
import { toAnswerError } from './answer-error.ts';
import { encodeObjectPath } from './object-key.ts';
import { bodyOf } from './source-file.ts';
import { actionOf, type UploadRoute } from './upload-attempt.ts';

/** Sends a file as the body of one request. Memory does not depend on its size. */
export const uploadStream: UploadRoute = async (attempt) => {
  const { connection, file } = attempt;
  const action = actionOf(attempt);
  const answer = await connection.transport.send({
    method: 'POST',
    url: `${connection.storageUrl}/object/${encodeObjectPath(attempt.bucket, attempt.path)}`,
    headers: {
      ...connection.headers,
      'content-type': attempt.contentType,
      'cache-control': 'max-age=3600',
      'x-upsert': String(attempt.upsert),
      'x-metadata': Buffer.from(JSON.stringify(attempt.metadata)).toString('base64'),
    },
    body: bodyOf(file, { start: 0, bytes: file.size }),
    timeouts: attempt.timeouts,
    signal: attempt.signal,
    action,
    onSent: (bytes) => attempt.onSent(bytes, bytes),
  });
  if (answer.status < 200 || answer.status > 299) throw toAnswerError(answer, { action });
};
