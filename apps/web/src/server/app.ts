/** The Fastify application: limits and timeouts of every request, then the routes. It does not listen yet. */
import { randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import type { Readiness } from '@supabase-media/service/health';
import type { Log } from '@supabase-media/service/logger';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { ApiError } from './api-error.ts';
import type { WebConfig } from './config.ts';
import { answerErrors } from './http/answer-errors.ts';
import { authenticate, userOf } from './http/authenticate.ts';
import { startBodyTimeout } from './http/body-timeout.ts';
import { captionsRoutes } from './http/captions-routes.ts';
import { allowOrigins } from './http/cors.ts';
import { discardBody } from './http/discard-body.ts';
import { pageRoutes } from './http/page-routes.ts';
import { playlistRoutes } from './http/playlist-routes.ts';
import { relayRoutes } from './http/relay-routes.ts';
import { systemRoutes } from './http/system-routes.ts';
import { uploadRoutes } from './http/upload-routes.ts';
import { videoRoutes } from './http/video-routes.ts';
import type { RelayServices } from './relay/relay-upload.ts';
import type { ResultPlaylists } from './storage/result-playlists.ts';
import type { VerifyToken } from './verify-token.ts';
import { createListenerSlots } from './videos/listener-slots.ts';
import type { VideoServices } from './videos/video-actions.ts';
import type { VideoWatch } from './videos/video-watch.ts';

/** The largest JSON body, in bytes. */
const BODY_MAX_BYTES = 16 * 1024;

/** Time limit for the headers, in milliseconds. They contain tokens, so a slow phone needs some time. */
const HEADERS_TIMEOUT_MS = 20_000;

/** Time limit for a body that is not a relayed file, in milliseconds. */
const BODY_TIMEOUT_MS = 20_000;

/** An idle connection is closed after this, in milliseconds. Event streams send more often. */
const IDLE_TIMEOUT_MS = 60_000;

/** Overrides of the timeouts above, in milliseconds, for tests. */
export interface AppLimits {
  readonly bodyMs?: number;
  readonly idleMs?: number;
  readonly discardMs?: number;
}

export interface AppServices {
  readonly config: WebConfig;
  readonly log: Log;
  readonly verify: VerifyToken;
  readonly relay: RelayServices;
  readonly video: VideoServices;
  readonly playlists: ResultPlaylists;
  readonly watch: VideoWatch;
  readonly readiness: Readiness;
  readonly limits?: AppLimits | undefined;
  /** Aborted when the server starts to stop. */
  readonly stopping: AbortSignal;
}

/** Builds the application. */
export async function createApp(services: AppServices): Promise<FastifyInstance> {
  const { config, stopping } = services;
  const { bodyMs = BODY_TIMEOUT_MS, idleMs = IDLE_TIMEOUT_MS, discardMs } = services.limits ?? {};
  const app = Fastify({
    loggerInstance: services.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_MAX_BYTES,
    // A request may carry a whole file through the relay, which has its own timeouts.
    requestTimeout: 0,
    connectionTimeout: idleMs,
    keepAliveTimeout: 65_000,
    routerOptions: { maxParamLength: 2048 },
    http: { headersTimeout: HEADERS_TIMEOUT_MS, maxHeaderSize: 32 * 1024 },
    forceCloseConnections: 'idle',
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerErrors(app as unknown as FastifyInstance);

  // Before authentication: a rejected client must not hold a connection either by sending a byte a minute.
  app.addHook('onRequest', async (request) => startBodyTimeout(request.raw, bodyMs));
  // Before the response: after it the rest is not read, and a socket with unread bytes cannot serve another request.
  app.addHook('onSend', async (request) => discardBody(request.raw, discardMs));
  app.addHook('onSend', async (request, reply) => {
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Supabase Media intake API', version: '1', description: 'Uploads and videos of signed-in users.' },
      components: { securitySchemes: { user: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ user: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(allowOrigins, { origins: config.origins });
  await app.register(systemRoutes, { config, readiness: services.readiness });

  await app.register(async (signedIn) => {
    await signedIn.register(authenticate, { verify: services.verify });
    await signedIn.register(async (json) => {
      await json.register(rateLimit, {
        max: config.ratePerMinute,
        timeWindow: 60_000,
        hook: 'preHandler',
        keyGenerator: (request) => userOf(request).id,
        errorResponseBuilder: (_request, { max, ttl }) =>
          new ApiError({
            code: 'rate_limited',
            message: `Too many requests: at most ${max} per minute are allowed.`,
            details: { limit: max },
            retryAfterSeconds: Math.max(1, Math.ceil(ttl / 1000)),
          }),
      });
      await json.register(uploadRoutes, {
        prefix: '/api/uploads',
        services: services.relay,
        signal: services.relay.signal,
      });
      await json.register(videoRoutes, {
        prefix: '/api/videos',
        services: services.video,
        watch: services.watch,
        takeListenerSlot: createListenerSlots(config.events),
        signal: stopping,
      });
      await json.register(captionsRoutes, { prefix: '/api/videos', services: services.video });
      const playlists = { ...services.video, playlists: services.playlists };
      await json.register(playlistRoutes, { prefix: '/api/videos', services: playlists });
    });
    await signedIn.register(relayRoutes, { prefix: '/api/uploads', services: services.relay });
  });
  await app.register(pageRoutes, { supabaseUrl: config.supabase.publicUrl });
  return app as unknown as FastifyInstance;
}
