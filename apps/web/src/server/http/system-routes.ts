/** What needs no sign-in: whether the process lives and can work, and what a page must know to begin. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ACCEPTED_TYPES, TYPE_OF_EXTENSION } from '../../contract/accepted-types.ts';
import { SINGLE_BELOW_BYTES } from '../../contract/limits.ts';
import { publicConfig } from '../../contract/public-config.ts';
import type { WebConfig } from '../config.ts';

const tags = ['system'];

const live = z.object({ status: z.literal('live') });
const ready = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.record(z.string(), z.enum(['ok', 'failed', 'stopping'])),
});

/** A check answers within this or has failed, in milliseconds. */
const CHECK_MS = 5000;

/** Checks are repeated no more often than this, however many ask, in milliseconds. */
const REMEMBER_MS = 2000;

export interface SystemRoutesOptions {
  readonly config: WebConfig;
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly signal: AbortSignal;
}

type Outcome = 'ok' | 'failed' | 'stopping';

export const systemRoutes: FastifyPluginAsyncZod<SystemRoutesOptions> = async (app, { config, checks, signal }) => {
  let remembered: { readonly until: number; readonly results: Promise<Record<string, Outcome>> } | undefined;
  const runChecks = async (): Promise<Record<string, Outcome>> => {
    const runs = Object.entries(checks).map(async ([name, check]): Promise<[string, Outcome]> => {
      const late = new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error('too late')), CHECK_MS).unref();
      });
      return [
        name,
        await Promise.race([check(), late]).then(
          () => 'ok' as const,
          () => 'failed' as const,
        ),
      ];
    });
    return Object.fromEntries(await Promise.all(runs));
  };

  app.get('/live', { schema: { tags, response: { 200: live } } }, () => ({ status: 'live' as const }));

  app.get('/ready', { schema: { tags, response: { 200: ready, 503: ready } } }, async (_request, reply) => {
    if (signal.aborted)
      return reply.code(503).send({ status: 'not_ready' as const, checks: { server: 'stopping' as const } });
    if (remembered === undefined || remembered.until < performance.now())
      remembered = { until: performance.now() + REMEMBER_MS, results: runChecks() };
    const results = await remembered.results;
    const isReady = Object.values(results).every((result) => result === 'ok');
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not_ready', checks: results });
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
