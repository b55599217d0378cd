/** Shows the sign-in or the videos, depending on who is signed in. */

import { createUploader } from '@supabase-media/uploader';
import type { PublicConfig } from '@supabase-media/uploader/contract';
import { type ReactElement, useEffect, useMemo, useState } from 'react';
import { type Auth, openAuth, type SignedIn } from './auth/open-auth.ts';
import { SignIn } from './auth/sign-in.tsx';
import { Home } from './home.tsx';

type Start =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly words: string }
  | { readonly state: 'ready'; readonly auth: Auth };

/** Reads the configuration, which needs no sign-in. */
const guest = createUploader({ apiUrl: '', getToken: () => '' });

export function App(): ReactElement {
  const [start, setStart] = useState<Start>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again.
  useEffect(() => {
    const stop = new AbortController();
    guest.getConfig({ signal: stop.signal }).then(
      (config) => setStart(begin(config)),
      (error: Error) => !stop.signal.aborted && setStart({ state: 'failed', words: error.message }),
    );
    return () => stop.abort();
  }, [attempt]);
  if (start.state === 'ready') return <Gate auth={start.auth} />;
  if (start.state === 'loading') return <p className="page-wait" role="status" aria-label="Loading" />;
  return (
    <main className="page-failed">
      <h1>The page cannot start</h1>
      <p role="alert">{start.words}</p>
      <button type="button" className="button button--primary" onClick={() => setAttempt(attempt + 1)}>
        Try again
      </button>
    </main>
  );
}

function begin(config: PublicConfig): Start {
  try {
    return { state: 'ready', auth: openAuth(config) };
  } catch (error) {
    return { state: 'failed', words: error instanceof Error ? error.message : String(error) };
  }
}

function Gate({ auth }: { readonly auth: Auth }): ReactElement {
  const [who, setWho] = useState<SignedIn | null | undefined>();
  useEffect(
    () =>
      auth.onChange((next) =>
        // A refreshed token belongs to the same user: keep everything.
        setWho((now) => (now?.userId === next?.userId && now !== undefined ? now : next)),
      ),
    [auth],
  );
  const userId = who?.userId;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another user gets another uploader.
  const uploader = useMemo(() => createUploader({ apiUrl: '', getToken: auth.getToken }), [auth, userId]);
  if (who === undefined) return <p className="page-wait" role="status" aria-label="Loading" />;
  if (who === null) return <SignIn auth={auth} />;
  return <Home key={who.userId} uploader={uploader} auth={auth} who={who} />;
}
