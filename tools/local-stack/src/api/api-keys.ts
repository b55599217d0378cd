/** The two keys of a Supabase project in their legacy form: JWTs signed with the project's secret. */
import { SignJWT } from 'jose';

const TEN_YEARS_SECONDS = 10 * 365 * 24 * 3600;

export interface ApiKeys {
  readonly anonKey: string;
  readonly serviceRoleKey: string;
}

/** The same secret and time give the same keys. They are valid for ten years from `issuedAt` (Unix time, seconds). */
export async function signApiKeys(options: { jwtSecret: string; issuedAt: number }): Promise<ApiKeys> {
  const sign = (role: string): Promise<string> =>
    new SignJWT({ role, iss: 'supabase', iat: options.issuedAt, exp: options.issuedAt + TEN_YEARS_SECONDS })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(new TextEncoder().encode(options.jwtSecret));
  const [anonKey, serviceRoleKey] = await Promise.all([sign('anon'), sign('service_role')]);
  return { anonKey, serviceRoleKey };
}
