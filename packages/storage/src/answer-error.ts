/** An answer of Storage as an error: what it means is decided by `upload-protocol`, how it reads is written here. */
import { MediaError } from '@supabase-media/core/errors';
import { type Asked, type ClassifiedAnswer, classifyAnswer } from '@supabase-media/upload-protocol/classify-answer';

/** One answer, its body already read (bounded). */
export interface StorageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What was asked. */
export interface AnswerErrorContext {
  /** As in "Uploading project-videos/a.mp4", for the message. */
  readonly action: string;
  /** Over REST unless told. */
  readonly asked?: Asked;
}

/** The first value of a header; `name` in lower case. */
export function headerOf(answer: Pick<StorageAnswer, 'headers'>, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** What an answer outside 2xx means. */
export const classifyStorageAnswer = (answer: StorageAnswer, asked: Asked = 'rest'): ClassifiedAnswer =>
  classifyAnswer(
    { status: answer.status, body: answer.body, header: (name) => headerOf(answer, name) },
    { asked, hidesHeaders: false, now: Date.now() },
  );

/** The error that an answer outside 2xx stands for. */
export function toAnswerError(answer: StorageAnswer, { action, asked }: AnswerErrorContext): MediaError {
  const { fault, speaker, status, message, httpStatus, storageCode, retryAfterMs } = classifyStorageAnswer(
    answer,
    asked,
  );
  const who = speaker === 'storage' ? 'Storage' : 'A proxy or gateway in front of Storage';
  const said = message === '' ? ' without a word' : `, "${message}"`;
  return new MediaError({
    code: fault,
    message: `${action}: ${who} answered ${status}${said}.`,
    details: { httpStatus, storageCode, retryAfterMs },
  });
}
