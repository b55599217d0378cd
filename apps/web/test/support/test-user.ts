/** Users of the stack: signed up where that is possible, else made by the secret that signs tokens. */
import { createHmac, randomUUID } from 'node:crypto';
import { stackEnvironment, stackValue } from '@supabase-media/test-support/stack';

export interface TestUser {
  readonly id: string;
  /** An access token. */
  readonly token: () => string;
}

/** Signs up at Supabase Auth, as a page would. */
export async function createTestUser(): Promise<TestUser> {
  const apikey = stackEnvironment().SUPABASE_ANON_KEY ?? stackValue('SUPABASE_SERVICE_ROLE_KEY');
  const answer = await fetch(`${stackValue('SUPABASE_URL')}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey, 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${randomUUID()}@example.com`, password: randomUUID() }),
  });
  const body = (await answer.json()) as { access_token?: string; user?: { id: string } };
  const { access_token: token, user } = body;
  if (token === undefined || user === undefined)
    throw new Error(
      `Signing up was answered ${answer.status}; these tests need a project without e-mail confirmation.`,
    );
  return { id: user.id, token: () => token };
}

/** The stack's secret signs it: any claims, also ones that have run out. */
export function signToken(claims: Readonly<Record<string, unknown>>): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  const signature = createHmac('sha256', stackValue('SUPABASE_JWT_SECRET')).update(content).digest('base64url');
  return `${content}.${signature}`;
}

/** What a token claims, unproved. */
export function readClaims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
}
