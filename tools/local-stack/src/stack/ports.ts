/** Finding TCP ports on the loopback interface, the only one that the stack listens on. */
import { createServer } from 'node:net';
import { StackError } from './stack-error.ts';

export const LOOPBACK = '127.0.0.1';

/** A port that is free now. Another process may take it before it is used. */
export async function findFreePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === undefined) throw new Error('The system has no free TCP port.');
  return port;
}

/** The port (1–65535) if nobody listens on it now, else undefined; 0 asks the system for any. */
export function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address ? address.port : undefined;
      server.close(() => resolve(found));
    });
  });
}

export function portInUse(port: number, cause?: unknown): StackError {
  const remedy = 'Choose another with --port P, or leave it out for a free one.';
  return new StackError(`Port ${port} is in use.`, remedy, { cause });
}
