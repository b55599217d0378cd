/** Takes secrets out of an error. BullMQ keeps message and stack in the queue, where producers and dashboards read them. */

/** Changes the error itself: who threw it, and what BullMQ makes of its class, stay the same. */
export function redactError<Thrown>(thrown: Thrown, redact: (text: string) => string): Thrown {
  if (!(thrown instanceof Error)) return thrown;
  thrown.message = redact(thrown.message);
  if (thrown.stack !== undefined) thrown.stack = redact(thrown.stack);
  return thrown;
}
