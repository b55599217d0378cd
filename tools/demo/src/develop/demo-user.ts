/** The demo user. The stack is only reachable from this machine, so the password is not secret. */
import { StackError } from '@supabase-media/local-stack/stack/stack-error';

export const DEMO_USER = { email: 'demo@example.com', password: 'demo-password' } as const;

/**
 * Signs the demo user up, unless an earlier run did.
 *
 * @throws StackError when neither works.
 */
export async function ensureDemoUser(supabase: { readonly url: string; readonly anonKey: string }): Promise<void> {
  const ask = (path: string) =>
    fetch(`${supabase.url}/auth/v1/${path}`, {
      method: 'POST',
      headers: { apikey: supabase.anonKey, 'content-type': 'application/json' },
      body: JSON.stringify(DEMO_USER),
    });
  if ((await ask('token?grant_type=password')).ok) return;
  const answer = await ask('signup');
  if (answer.ok) return;
  throw new StackError(
    `The demo user could not be created: Auth responded with ${answer.status}.`,
    'Start with --fresh to empty the data folder.',
  );
}
