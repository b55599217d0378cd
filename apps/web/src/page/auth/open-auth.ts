/** Signing in with Supabase Auth. Only this file knows its client. */
import { AuthClient, type AuthError, isAuthRetryableFetchError } from '@supabase/auth-js';
import type { PublicConfig } from '@supabase-media/uploader/contract';

/** Who is signed in. */
export interface SignedIn {
  readonly userId: string;
  readonly email: string;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** What came of an attempt; `words` are for the person. */
export type SignInResult =
  | { readonly outcome: 'signed_in' }
  | { readonly outcome: 'confirm_email' }
  | { readonly outcome: 'refused'; readonly words: string };

export interface Auth {
  readonly signIn: (credentials: Credentials) => Promise<SignInResult>;
  readonly signUp: (credentials: Credentials) => Promise<SignInResult>;
  readonly signOut: () => Promise<void>;
  /** Empty when nobody is signed in (any more). @throws {Error} when a token that ran out cannot be renewed just now. */
  readonly getToken: (options: { readonly refresh: boolean }) => Promise<string>;
  /** Calls back now and at every change, also in another tab; null: nobody. Returns what ends it. */
  readonly onChange: (listener: (who: SignedIn | null) => void) => () => void;
}

const WORDS: Readonly<Record<string, string>> = {
  invalid_credentials: 'E-mail or password is not right.',
  email_not_confirmed: 'This e-mail address is not confirmed yet. Open the link that was sent to it.',
  user_already_exists: 'There is an account with this e-mail address. Sign in instead.',
  weak_password: 'This password is too weak. Choose a longer one.',
  over_request_rate_limit: 'Too many attempts. Wait a minute, then try again.',
  signup_disabled: 'New accounts are not taken here.',
};

/** @throws {Error} where the API was not told the project's public key. */
export function openAuth(config: PublicConfig): Auth {
  const { supabaseUrl, supabaseKey } = config;
  if (supabaseKey === null)
    throw new Error('This installation has no public key for signing in: SUPABASE_ANON_KEY is not set.');
  const client = new AuthClient({
    url: `${supabaseUrl}/auth/v1`,
    headers: { apikey: supabaseKey, authorization: `Bearer ${supabaseKey}` },
    storageKey: 'supabase-media:session',
  });
  return {
    signIn: async (credentials) => {
      const { error } = await client.signInWithPassword(credentials);
      return error === null ? { outcome: 'signed_in' } : refusal(error);
    },
    signUp: async (credentials) => {
      const { data, error } = await client.signUp(credentials);
      if (error !== null) return refusal(error);
      return { outcome: data.session === null ? 'confirm_email' : 'signed_in' };
    },
    signOut: async () => {
      // Here at least, whatever the server says.
      await client.signOut({ scope: 'local' });
    },
    getToken: async ({ refresh }) => {
      const { data, error } = refresh ? await client.refreshSession() : await client.getSession();
      // The network is away or the server is down; the session is kept, so the person is signed in.
      if (isAuthRetryableFetchError(error)) throw error;
      return data.session?.access_token ?? '';
    },
    onChange: (listener) => {
      const { data } = client.onAuthStateChange((_event, session) => {
        listener(session === null ? null : { userId: session.user.id, email: session.user.email ?? '' });
      });
      return () => data.subscription.unsubscribe();
    },
  };
}

function refusal(error: AuthError): SignInResult {
  const known = WORDS[error.code ?? ''];
  if (known !== undefined) return { outcome: 'refused', words: known };
  // 400 without a code: older servers, and the local stack.
  if (error.status === 400 && /credential|password/i.test(error.message))
    return { outcome: 'refused', words: WORDS.invalid_credentials ?? error.message };
  const isNetwork = error.status === undefined || error.status === 0;
  return {
    outcome: 'refused',
    words: isNetwork ? 'The server does not answer. Check your connection and try again.' : `${error.message}.`,
  };
}
