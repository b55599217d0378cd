/** Requires a user's access token for every request below it. */
import type { FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { ApiError } from '../api-error.ts';
import type { User, VerifyToken } from '../verify-token.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by {@link authenticate} before any handler runs. */
    user: User | null;
  }
}

/** RFC 6750, section 2.1. */
const readBearer = (header: string | undefined): string | undefined =>
  /^Bearer ([\w.~+/=-]+) *$/i.exec(header ?? '')?.[1];

export const authenticate = fastifyPlugin<{ readonly verify: VerifyToken }>(async (app, { verify }) => {
  app.decorateRequest('user', null);
  app.addHook('onRequest', async (request) => {
    const token = readBearer(request.headers.authorization);
    if (token === undefined)
      throw new ApiError({
        code: 'unauthorized',
        message: 'The request has no "Authorization: Bearer <access token>".',
      });
    request.user = await verify(token);
  });
});

/** The user of a request behind {@link authenticate}. */
export function userOf(request: FastifyRequest): User {
  if (request.user === null) throw new ApiError({ code: 'unauthorized', message: 'The request is not signed in.' });
  return request.user;
}
