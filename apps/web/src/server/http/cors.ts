/** Lets pages of the configured origins call the API (Fetch standard, CORS protocol). */
import fastifyPlugin from 'fastify-plugin';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';

const REQUEST_HEADERS =
  'authorization, content-type, last-event-id, tus-resumable, upload-length, upload-metadata, upload-offset, x-signature';

/** The response headers that pages may read, mainly those of TUS. */
const EXPOSED = 'location, retry-after, tus-complete, tus-resumable, upload-expires, upload-length, upload-offset';

/** How long a browser caches the permission, in seconds. */
const MAX_AGE = '3600';

export const allowOrigins = fastifyPlugin<{ readonly origins: readonly string[] }>(async (app, { origins }) => {
  if (origins.length === 0) return;
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    reply.header('vary', 'Origin');
    if (origin === undefined || !(origins.includes('*') || origins.includes(origin))) return undefined;
    reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
      return undefined;
    return reply
      .headers({
        'access-control-allow-methods': METHODS,
        'access-control-allow-headers': REQUEST_HEADERS,
        'access-control-max-age': MAX_AGE,
      })
      .code(204)
      .send();
  });
  // Without a route the hook above would not run for preflight requests.
  app.options('/api/*', { schema: { hide: true } }, (_request, reply) => reply.code(204).send());
});
