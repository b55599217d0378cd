/** The intake in this process, for what a test must set that no variable does. */

import { createQueueDatabase } from '@supabase-media/test-support/queue';
import { stackEnvironment } from '@supabase-media/test-support/stack';
import { pino } from 'pino';
import { loadWebConfig, type WebConfig } from '../../src/server/config.ts';
import { type ServerLimits, startServer, type WebServer } from '../../src/server/server.ts';

/** The configuration of an intake on the stack, with changes. */
export async function ownConfig(changes: Readonly<Record<string, string>> = {}): Promise<WebConfig> {
  return loadWebConfig({
    ...stackEnvironment(),
    DATABASE_URL: changes.DATABASE_URL ?? (await createQueueDatabase()),
    WEB_HOST: '127.0.0.1',
    WEB_PORT: '0',
    WEB_SHUTDOWN_GRACE_SECONDS: '0',
    SWEEP_EVERY_SECONDS: '0',
    ...changes,
  });
}

/** Starts an intake on the stack; whoever started it stops it. */
export async function startOwnServer(options: {
  readonly environment?: Readonly<Record<string, string>>;
  readonly limits?: ServerLimits;
}): Promise<WebServer> {
  const config = await ownConfig(options.environment);
  return startServer({ config, log: pino({ level: 'silent' }), limits: options.limits });
}
