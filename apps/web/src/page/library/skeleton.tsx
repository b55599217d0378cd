import type { ReactElement } from 'react';

/** What is on its way, as large as it will be. */
export function Skeleton({ label = 'Loading your videos' }: { readonly label?: string }): ReactElement {
  return (
    <div className="library__grid" role="status" aria-label={label}>
      {['first', 'second', 'third'].map((key) => (
        <div key={key} className="card panel card--skeleton" />
      ))}
    </div>
  );
}
