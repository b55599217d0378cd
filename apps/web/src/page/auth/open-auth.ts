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

/** The result of an attempt; `words` are shown to the user. */
export type SignInResult =
  | { readonly outcome: 'signed_in' }
  | { readonly outcome: 'confirm_email' }
  | { readonly outcome: 'refused'; readonly words: string };

export interface Auth {
  readonly signIn: (credentials: Credentials) => Promise<SignInResult>;
  readonly signUp: (credentials: Credentials) => Promise<SignInResult>;
  readonly signOut: () => Promise<void>;
  /** Empty if nobody is signed in. @throws {Error} if an expired token cannot be renewed now. */
  readonly getToken: (options: { readonly refresh: boolean }) => Promise<string>;
  /** Calls back now and at every change, also in another tab; null if nobody is signed in. Returns the unsubscriber. */
  readonly onChange: (listener: (who: SignedIn | null) => void) => () => void;
}

const WORDS: Readonly<Record<string, string>> = {
  invalid_credentials: 'The e-mail address or password is wrong.',
  email_not_confirmed: 'This e-mail address is not confirmed yet. Open the link that was sent to it.',
  user_already_exists: 'There is an account with this e-mail address. Sign in instead.',
  weak_password: 'This password is too weak. Choose a longer one.',
  over_request_rate_limit: 'Too many attempts. Wait a minute, then try again.',
  signup_disabled: 'Creating new accounts is disabled.',
};

/** Where the sign-in is kept in this browser. */
const SESSION_KEY = 'supabase-media:session';

/** Whether this browser keeps a sign-in; it may have ended meanwhile. */
export function mayBeSignedIn(): boolean {
  try {
    return localStorage.getItem(SESSION_KEY) !== null;
  } catch {
    return false;
  }
}

/** @throws {Error} if the API has no public key of the project. */
export function openAuth(config: PublicConfig): Auth {
  const { supabaseUrl, supabaseKey } = config;
  if (supabaseKey === null)
    throw new Error('This installation has no public key for signing in: SUPABASE_ANON_KEY is not set.');
  const client = new AuthClient({
    url: `${supabaseUrl}/auth/v1`,
    headers: { apikey: supabaseKey, authorization: `Bearer ${supabaseKey}` },
    storageKey: SESSION_KEY,
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
      // Sign out locally, even if the server fails.
      await client.signOut({ scope: 'local' });
    },
    getToken: async ({ refresh }) => {
      const { data, error } = refresh ? await client.refreshSession() : await client.getSession();
      // No network, or the server is down: the session is kept, so the user stays signed in.
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
    words: isNetwork ? 'The server does not respond. Check your connection and try again.' : `${error.message}.`,
  };
}
