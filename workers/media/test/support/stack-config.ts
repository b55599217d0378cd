/** A worker's configuration on the stack of the tests. */
import { stackEnvironment } from '@supabase-media/test-support/stack';
import type { Config } from '../../src/config.ts';
import { loadConfig } from '../../src/load-config.ts';

/** The configuration of a worker on the stack, with changes. */
export function stackConfig(changes: Record<string, string> = {}): Config {
  return loadConfig({ environment: { ...stackEnvironment(), LOG_LEVEL: 'silent', ...changes } });
}
