/** The page before anything is known; `index.html` has the same for the time before there are scripts. */
import type { ReactElement } from 'react';
import { Skeleton } from './library/skeleton.tsx';

export function PageSkeleton({ isSignedIn }: { readonly isSignedIn: boolean }): ReactElement {
  if (!isSignedIn)
    return (
      <main className="sign-in" role="status" aria-label="Loading">
        <div className="panel sign-in__form sign-in__form--skeleton" />
      </main>
    );
  return (
    <>
      <header className="top">
        <span className="top__brand">
          <img src={ICON} alt="" width="28" height="28" />
          Videos
        </span>
      </header>
      <main className="content content__library">
        <div className="zone-skeleton panel" />
        <Skeleton label="Loading" />
      </main>
    </>
  );
}

const ICON = new URL('./icon.svg', import.meta.url).href;
