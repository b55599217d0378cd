/** Shows the sign-in or the videos, depending on who is signed in. */

import { createUploader } from '@supabase-media/uploader';
import type { PublicConfig } from '@supabase-media/uploader/contract';
import { UploadError } from '@supabase-media/uploader/errors';
import { type ReactElement, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { type Auth, mayBeSignedIn, openAuth, type SignedIn } from './auth/open-auth.ts';
import { SignIn } from './auth/sign-in.tsx';
import { Home } from './home.tsx';
import { PageSkeleton } from './page-skeleton.tsx';
import { createReach, type Reach } from './reach.ts';
import { ReachNotice } from './reach-notice.tsx';

type Start =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly words: string }
  | { readonly state: 'ready'; readonly auth: Auth; readonly supabaseHost: string };

/** An answer that does not come within this, in milliseconds, is said to be waited for. */
const SLOW_MS = 4000;

export function App(): ReactElement {
  const [reach] = useState(() =>
    createReach({ fetch: (input, init) => globalThis.fetch(input, init), question: '/api/config' }),
  );
  useEffect(() => reach.start(), [reach]);
  const isAway = useSyncExternalStore(reach.subscribe, reach.getSnapshot);
  return (
    <>
      {isAway && <ReachNotice what={location.host} onTry={reach.askNow} />}
      <Begin reach={reach} />
    </>
  );
}

function Begin({ reach }: { readonly reach: Reach }): ReactElement {
  const [start, setStart] = useState<Start>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again.
  useEffect(() => {
    const stop = new AbortController();
    void readConfig(reach, stop.signal).then((next) => !stop.signal.aborted && setStart(next));
    return () => stop.abort();
  }, [reach, attempt]);
  if (start.state === 'ready') return <Gate auth={start.auth} supabaseHost={start.supabaseHost} reach={reach} />;
  if (start.state === 'loading') return <PageSkeleton isSignedIn={mayBeSignedIn()} />;
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

/** Needs no sign-in. Asks until there is an answer. */
async function readConfig(reach: Reach, signal: AbortSignal): Promise<Start> {
  const guest = createUploader({
    apiUrl: '',
    getToken: () => '',
    fetch: reach.fetch,
    connectivity: reach.connectivity,
  });
  for (;;) {
    try {
      return begin(await guest.getConfig({ signal }));
    } catch (error) {
      const mayPass = error instanceof UploadError && error.retryBy === 'client';
      if (!mayPass || signal.aborted)
        return { state: 'failed', words: error instanceof Error ? error.message : String(error) };
    }
  }
}

function begin(config: PublicConfig): Start {
  try {
    return { state: 'ready', auth: openAuth(config), supabaseHost: new URL(config.supabaseUrl).host };
  } catch (error) {
    return { state: 'failed', words: error instanceof Error ? error.message : String(error) };
  }
}

interface GateProps {
  readonly auth: Auth;
  readonly supabaseHost: string;
  readonly reach: Reach;
}

function Gate({ auth, supabaseHost, reach }: GateProps): ReactElement {
  const [who, setWho] = useState<SignedIn | null | undefined>();
  useEffect(
    () =>
      auth.onChange((next) =>
        // A refreshed token belongs to the same user: keep everything.
        setWho((now) => (now?.userId === next?.userId && now !== undefined ? now : next)),
      ),
    [auth],
  );
  const isSlow = useLater(SLOW_MS);
  const userId = who?.userId;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another user gets another uploader.
  const uploader = useMemo(
    () => createUploader({ apiUrl: '', getToken: auth.getToken, fetch: reach.fetch, connectivity: reach.connectivity }),
    [auth, reach, userId],
  );
  if (who === undefined)
    return (
      <>
        {isSlow && <ReachNotice what={supabaseHost} />}
        <PageSkeleton isSignedIn={mayBeSignedIn()} />
      </>
    );
  if (who === null) return <SignIn auth={auth} />;
  return <Home key={who.userId} uploader={uploader} auth={auth} who={who} />;
}

/** True after so many milliseconds. */
function useLater(ms: number): boolean {
  const [isLater, setIsLater] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLater(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return isLater;
}
