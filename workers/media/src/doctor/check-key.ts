/** Is the key the one that the worker needs? Pure: it is read, not tried. */
import { type Finding, found } from './findings.ts';
import { readKey } from './read-key.ts';

/** The project that a hosted address names. */
const projectOf = (url: string): string | undefined =>
  /^([a-z0-9]+)(?:\.storage)?\.supabase\.(?:co|in)$/.exec(new URL(url).hostname)?.[1];

/** What is wrong with the key; nothing when nothing is. */
export function judgeKey(options: {
  readonly key: string;
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}): readonly Finding[] {
  const { kind, role, project, expiresAt } = readKey(options.key);
  const findings: Finding[] = [];
  if (kind === 'publishable' || (role !== undefined && role !== 'service_role'))
    findings.push(
      found('storage', 'key_not_service_role', { message: `The role of the key is ${role ?? 'publishable'}.` }),
    );
  if (expiresAt !== undefined && expiresAt <= options.now)
    findings.push(found('storage', 'key_expired', { message: `It ended on ${new Date(expiresAt).toISOString()}.` }));
  const wanted = projectOf(options.url);
  if (project !== undefined && wanted !== undefined && project !== wanted)
    findings.push(
      found('storage', 'key_other_project', { message: `The key is of ${project}, SUPABASE_URL of ${wanted}.` }),
    );
  return findings;
}
