/**
 * Bull Board over the queue, read-only: on a port of its own, behind a password. What changes a job is `media jobs` and
 * `media cancel`, which know what else belongs to a job.
 */
import type { Log } from '@supabase-media/core/log';
import type { BoardQueue } from '@supabase-media/queue/board-queue';
import Fastify from 'fastify';
import { createAttemptLimit } from './attempt-limit.ts';
import { hasPassword } from './check-password.ts';

export interface StartBoardOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly password: string;
  readonly queue: BoardQueue;
  readonly log: Log;
}

export interface Board {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Starts it. The caller closes it, and its queue. @throws what listening throws: a port that is taken. */
export async function startBoard({ host, port, password, queue, log }: StartBoardOptions): Promise<Board> {
  // Only here: a process without a board loads none of it.
  const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/fastify'),
  ]);
  const app = Fastify({ forceCloseConnections: true, requestTimeout: 20_000, connectionTimeout: 60_000 });
  const attempts = createAttemptLimit();
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
    const { authorization } = request.headers;
    // A browser asks once without a password before it asks a person for one.
    const waitSeconds = authorization === undefined ? undefined : await attempts.take(request.ip);
    if (waitSeconds !== undefined) {
      log.warn({ event: 'board.locked', address: request.ip }, `Too many wrong passwords from ${request.ip}`);
      return reply
        .code(429)
        .headers({ 'retry-after': String(waitSeconds), 'cache-control': 'no-store' })
        .send({ error: `Too many wrong passwords. Try again in ${waitSeconds} s.` });
    }
    if (hasPassword(authorization, password)) return attempts.succeeded(request.ip);
    return reply
      .code(401)
      .headers({ 'www-authenticate': 'Basic realm="queue", charset="UTF-8"', 'cache-control': 'no-store' })
      .send({ error: 'The password of the board (BOARD_PASSWORD) is needed; any name will do.' });
  });
  app.addHook('preHandler', async (request, reply) => {
    if (!request.url.startsWith('/api/')) return;
    // BullMQ waits for a lost connection for ever.
    const problem = await queue.check().then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (problem !== undefined) return reply.code(503).send({ error: problem });
  });
  const serverAdapter = new FastifyAdapter();
  createBullBoard({
    queues: [new BullMQAdapter(queue.queue, { readOnlyMode: true, description: 'Jobs of every type' })],
    serverAdapter,
    options: { uiConfig: { boardTitle: 'Media queue' } },
  });
  serverAdapter.setBasePath('/');
  await app.register(serverAdapter.registerPlugin());
  await app.listen({ host, port });
  const address = app.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => app.close(),
  };
}
