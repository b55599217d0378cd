/** The parts of the intake API that `/ready` checks: database, Storage, queue, and the keys of users' tokens. */
import { blockingError } from '@supabase-media/diagnosis/assert-can-work';
import { found } from '@supabase-media/diagnosis/findings';
import { serviceHealthChecks } from '@supabase-media/diagnosis/health-checks';
import type { HealthCheck } from '@supabase-media/service/health';
import type { StorageConnection } from '@supabase-media/storage/connection';
import { checkTokens } from './check-intake.ts';
import type { WebConfig } from './config.ts';
import { SESSION_TABLE } from './database/upload-session.ts';
import type { MediaQueue } from './queue.ts';

/** Checks everything that a request needs, without changing anything. */
export function intakeHealthChecks(parts: {
  readonly config: WebConfig;
  readonly queue: Pick<MediaQueue, 'check'>;
  readonly storage: StorageConnection;
}): Readonly<Record<string, HealthCheck>> {
  const { config, queue, storage } = parts;
  const services = serviceHealthChecks({
    queue: config.queue,
    storage,
    bucket: config.sourceBucket,
    tables: [SESSION_TABLE],
    reachQueue: () => queue.check(),
  });
  const tokens: HealthCheck = async (signal) => {
    if ((await checkTokens(config.supabase, signal)) !== 'jwt_secret_missing') return;
    const message = 'The project publishes no key, and SUPABASE_JWT_SECRET is not set.';
    throw blockingError([found('intake', 'jwt_secret_missing', { message })]);
  };
  return {
    database: services.database,
    storage: services.storage,
    queue: services.queue,
    ...(config.supabase.jwtSecret === undefined && { tokens }),
  };
}
