/** `/api/uploads/:id/relay`: TUS for browsers that cannot reach Storage. */
import { TUS_VERSION } from '@supabase-media/upload-protocol/tus';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ApiError } from '../api-error.ts';
import type { RelayMethod } from '../relay/relay-request.ts';
import { type RelayServices, relayUpload } from '../relay/relay-upload.ts';
import { assertUnfinished, findSession } from '../uploads/find-session.ts';
import { userOf } from './authenticate.ts';
import { allowSilence, stopBodyTimeout } from './body-timeout.ts';

const params = z.object({ id: z.guid() });
/** The last segment of an upload's address at Storage: base64url, or another server's format. */
const uploadParams = z.object({ id: z.guid(), uploadId: z.string().regex(/^[\w.~-]{1,2048}$/) });

const description = 'TUS 1.0.0 (core, creation, termination), streamed on to Storage.';

export const relayRoutes: FastifyPluginAsyncZod<{ readonly services: RelayServices }> = async (app, { services }) => {
  // The body is neither parsed nor stored: the handlers pass the stream on.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  app.addHook('onRequest', async (request) => {
    // The relay has its own timeouts; the connection may be silent while Storage finishes an object.
    stopBodyTimeout(request.raw);
    allowSilence(request.raw);
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('tus-resumable', TUS_VERSION);
  });

  const handle = async (
    request: FastifyRequest,
    reply: FastifyReply,
    address: { readonly id: string; readonly uploadId: string | undefined },
  ) => {
    const session = await findSession(services.sessions, userOf(request), address.id);
    assertUnfinished(session, Date.now());
    if (session.state !== 'open')
      throw new ApiError({ code: 'session_ended', message: 'The upload is being completed; nothing is left to send.' });
    const answer = await relayUpload(services, {
      method: request.method as RelayMethod,
      uploadId: address.uploadId,
      session,
      incoming: request.raw,
    });
    return reply.code(answer.status).headers(answer.headers).send(answer.text);
  };

  app.post(
    '/:id/relay',
    { schema: { tags: ['relay'], summary: 'Create a relayed upload', description, params } },
    (request, reply) => handle(request, reply, { id: request.params.id, uploadId: undefined }),
  );
  for (const method of ['HEAD', 'PATCH', 'DELETE'] as const)
    app.route({
      method,
      url: '/:id/relay/:uploadId',
      schema: { tags: ['relay'], summary: `${method} of a relayed upload`, description, params: uploadParams },
      handler: (request, reply) => handle(request, reply, request.params),
    });
};
