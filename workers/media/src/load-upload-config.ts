/** Reads what uploads are set to, for the worker and for `media upload`, which starts in half the time without the rest. */
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type Environment, readVariables, type Variables } from '@supabase-media/service/settings-table';
import type { UploadConfig } from './config.ts';
import { UPLOAD_COMMAND_VARIABLES } from './transfer-variables.ts';

/**
 * Validates the variables that an upload depends on; others are not looked at.
 *
 * @throws {MediaError} `config_invalid`, as `loadConfig`.
 */
export function loadUploadConfig(environment: Environment): UploadConfig {
  const variables = readVariables(UPLOAD_COMMAND_VARIABLES, environment);
  variables.need('SUPABASE_URL', 'SUPABASE_SERVICE_ROLE_KEY');
  variables.refuse();
  return Object.freeze(readUploadConfig(variables));
}

/** Of values that were checked. */
export function readUploadConfig({
  get,
  maybe,
  secrets,
}: Pick<Variables<typeof UPLOAD_COMMAND_VARIABLES>, 'get' | 'maybe' | 'secrets'>): UploadConfig {
  const chunkMegabytes = maybe('UPLOAD_CHUNK_SIZE_MB');
  return {
    supabase: { url: maybe('SUPABASE_URL'), serviceRoleKey: maybe('SUPABASE_SERVICE_ROLE_KEY') },
    upload: {
      directMaxBytes: get('UPLOAD_DIRECT_MAX_MB') * 1_000_000,
      chunkBytes: chunkMegabytes === undefined ? undefined : chunkMegabytes * 1_048_576,
      timeoutMs: get('UPLOAD_TIMEOUT_SECONDS') * 1000,
      stallMs: get('UPLOAD_STALL_SECONDS') * 1000,
      connectMs: get('UPLOAD_CONNECT_SECONDS') * 1000,
      answerMs: get('UPLOAD_ANSWER_SECONDS') * 1000,
      stateDir: join(maybe('WORK_DIR') ?? defaultWorkDir(), 'uploads'),
      maxRetries: get('UPLOAD_MAX_RETRIES'),
      verify: get('UPLOAD_VERIFY'),
    },
    tracing: { endpoint: maybe('OTEL_EXPORTER_OTLP_ENDPOINT'), headers: maybe('OTEL_EXPORTER_OTLP_HEADERS') },
    log: { level: get('LOG_LEVEL'), format: get('LOG_FORMAT') },
    secrets,
  };
}

/** Where WORK_DIR names no folder: one of this user's own. */
export const defaultWorkDir = (): string => join(tmpdir(), `supabase-media-worker-${userName()}`);

/** Who we are; by the number where the system has no name for it, as for `docker run --user 12345`. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}
