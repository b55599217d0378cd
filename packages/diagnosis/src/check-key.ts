/** Checks that the key is the service role's key of this project. Pure: it decodes the key and sends nothing. */
import { type Finding, found } from './findings.ts';
import { readKey } from './read-key.ts';

/** The project id in the address of a hosted project. */
const projectOf = (url: string): string | undefined =>
  /^([a-z0-9]+)(?:\.storage)?\.supabase\.(?:co|in)$/.exec(new URL(url).hostname)?.[1];

/** Ends of the addresses of single APIs, as Supabase's pages show them. */
const ONE_API = /\/(rest|auth|storage|functions|realtime|graphql)\/v1(\/.*)?$/;

/** The problems of the address; empty if there are none. */
export const judgeAddress = (url: string): readonly Finding[] =>
  ONE_API.test(new URL(url).pathname)
    ? [found('storage', 'url_of_one_api', { message: `SUPABASE_URL has the path ${new URL(url).pathname}.` })]
    : [];

/** The problems of the key; empty if there are none. */
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
      found('storage', 'key_not_service_role', { message: `The key has the role ${role ?? 'publishable'}.` }),
    );
  if (expiresAt !== undefined && expiresAt <= options.now)
    findings.push(
      found('storage', 'key_expired', { message: `The key expired on ${new Date(expiresAt).toISOString()}.` }),
    );
  const wanted = projectOf(options.url);
  if (project !== undefined && wanted !== undefined && project !== wanted)
    findings.push(
      found('storage', 'key_other_project', { message: `The key is for ${project}, SUPABASE_URL is ${wanted}.` }),
    );
  return findings;
}
