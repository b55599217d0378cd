/** Routes without authentication: liveness, readiness, and the settings of the page. */
import type { Readiness } from '@supabase-media/service/health';
import { ACCEPTED_TYPES, TYPE_OF_EXTENSION } from '@supabase-media/upload-protocol/accepted-types';
import { SINGLE_BELOW_BYTES } from '@supabase-media/upload-protocol/limits';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { publicConfig } from '../../contract/public-config.ts';
import type { WebConfig } from '../config.ts';

const tags = ['system'];

const live = z.object({ status: z.literal('live') });
const ready = z.object({
  status: z.enum(['ready', 'not_ready', 'stopping']),
  parts: z.record(z.string(), z.object({ ok: z.boolean(), ms: z.number(), code: z.string().optional() })),
});

export interface SystemRoutesOptions {
  readonly config: WebConfig;
  readonly readiness: Readiness;
}

export const systemRoutes: FastifyPluginAsyncZod<SystemRoutesOptions> = async (app, { config, readiness }) => {
  app.get('/live', { schema: { tags, response: { 200: live } } }, () => ({ status: 'live' as const }));

  app.get('/ready', { schema: { tags, response: { 200: ready, 503: ready } } }, async (_request, reply) => {
    const report = await readiness.read();
    return reply.code(report.status === 'ready' ? 200 : 503).send(report);
  });

  app.get('/api/config', { schema: { tags, response: { 200: publicConfig } } }, () => ({
    supabaseUrl: config.supabase.publicUrl,
    supabaseKey: config.supabase.anonKey ?? null,
    maxBytes: config.intake.maxBytes,
    acceptedTypes: [...ACCEPTED_TYPES],
    acceptedExtensions: Object.keys(TYPE_OF_EXTENSION),
    singleBelowBytes: SINGLE_BELOW_BYTES,
  }));

  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());
};
