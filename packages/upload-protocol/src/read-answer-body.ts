/** The forms of errors that an upload meets: our API's JSON, Storage's JSON, plain text, a page of an edge. */

/** What can be read from the body of an answer that is no success. */
export interface AnswerBody {
  /** Who writes in this form; `text` may be anyone's: TUS answers in plain text, and HEAD has no body at all. */
  readonly form: 'api' | 'storage' | 'edge' | 'text';
  /** The API's `error.code`, or Storage's `code`. */
  readonly code: string | undefined;
  /** The status that Storage means: REST and token errors arrive as HTTP 400 with the true one in the body. */
  readonly status: number | undefined;
  readonly message: string;
}

/** No longer text is kept of an answer, in characters. */
const MESSAGE_MAX = 300;

export function readAnswerBody(body: string): AnswerBody {
  const text = body.trim();
  const parsed = parseObject(text);
  if (parsed === undefined) {
    const message = text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
    return { form: text.startsWith('<') ? 'edge' : 'text', code: undefined, status: undefined, message: cut(message) };
  }
  const { error } = parsed;
  if (typeof error === 'object' && error !== null) {
    const { code, message } = error as Record<string, unknown>;
    return { form: 'api', code: textOf(code), status: undefined, message: cut(textOf(message) ?? '') };
  }
  const status = Number(parsed.statusCode ?? Number.NaN);
  const code = textOf(parsed.code);
  return {
    // A gateway's own JSON has neither of the two.
    form: code !== undefined || Number.isInteger(status) ? 'storage' : 'edge',
    code,
    status: Number.isInteger(status) ? status : undefined,
    message: cut(textOf(parsed.message) ?? textOf(error) ?? text),
  };
}

const cut = (text: string): string => text.trim().slice(0, MESSAGE_MAX);

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
