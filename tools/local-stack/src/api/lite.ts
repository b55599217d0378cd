/**
 * `/rest/v1` and `/auth/v1` by Supabase Lite, in this process. Its Storage is disabled, because ours streams.
 *
 * Lite only knows opaque sb_… keys, but accepts another resolver; ours reads the JWT keys. Lite verifies an Authorization
 * header that differs from the key as a user's token.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { App } from '@supabase/lite';
import { createPostgresConnection } from '@supabase/lite/postgres';
import type { TokenVerifier } from './verify-token.ts';

export interface LiteApi {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Runs now what Lite otherwise runs at its first request. */
  warmUp(): Promise<void>;
  close(): Promise<void>;
}

/** Connects, and creates Lite's system schemas (`auth`) in the database. */
export async function startLite(options: {
  databaseUrl: string;
  jwtSecret: string;
  verify: TokenVerifier;
  siteUrl: string;
}): Promise<LiteApi> {
  const connection = createPostgresConnection({
    url: options.databaseUrl,
    // "already exists, skipping" on every start.
    postgresOptions: { onnotice: () => {} },
  });
  const app = new App({
    connection,
    auth: { enabled: true, jwt_secret: options.jwtSecret, site_url: options.siteUrl },
    storage: { enabled: false },
    options: {
      server: {
        admin: false,
        apiKeys: {
          resolver: async (key: string) => {
            const claims = await options.verify(key).catch(() => undefined);
            if (claims?.role === 'service_role') return { type: 'secret', claims: { role: 'service_role' } };
            if (claims?.role === 'anon') return { type: 'publishable', claims: { role: 'anon' } };
            return null;
          },
        },
      },
    },
  });
  await app.init();
  await app.ensureSystemSchema();
  const listener = getRequestListener((request) => app.fetch(request, { peerAddress: null }), {
    overrideGlobalObjects: false,
  });
  return {
    handle: (request, response) => void listener(request, response),
    warmUp: () => connection.withContext({ auth: { role: 'anon' } }, async () => {}),
    close: () => connection.close(),
  };
}
