/**
 * What a command prints. stdout carries the result alone: words for people, or with `--json` exactly one JSON object.
 * Everything else goes to stderr.
 */
import { MediaError, toMediaError } from '@supabase-media/core/errors';

/** How one run of a command prints. */
export interface Output {
  readonly json: boolean;
  /** Prints the result: the object with `--json`, else the lines. */
  readonly result: (value: Readonly<Record<string, unknown>>, lines: readonly string[]) => void;
  /** Prints a failure: code, what happened and what to do next. */
  readonly failure: (error: MediaError) => void;
}

function print(stream: NodeJS.WritableStream, text: string): void {
  stream.write(`${text}\n`);
}

/** Creates a command's output. */
export const createOutput = (options: { readonly json: boolean }): Output => ({
  json: options.json,
  result: (value, lines) => print(process.stdout, options.json ? JSON.stringify(value) : lines.join('\n')),
  failure: ({ code, message, hint }) => {
    if (options.json) print(process.stdout, JSON.stringify({ error: { code, message, hint } }));
    else print(process.stderr, `error (${code}): ${message}\n  ${hint}`);
  },
});

/** The error as it may be shown: never a stack trace, never a secret that the logger would blot out. */
export function presentable(thrown: unknown, redact: (text: string) => string): MediaError {
  const error = toMediaError(thrown);
  const { code, retry, message } = error;
  const hint = redact(error.hint);
  // Its code may be one of a finding or of a job type, which the common table does not have.
  return new MediaError({ code, policy: { retry, meaning: message, hint }, message: redact(message), cause: error });
}
