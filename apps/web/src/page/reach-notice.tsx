/** Says that a server cannot be reached, and that it is being tried. */
import type { ReactElement } from 'react';

export interface ReachNoticeProps {
  /** As in `Cannot reach app.example.` */
  readonly what: string;
  readonly onTry?: (() => void) | undefined;
}

export function ReachNotice({ what, onTry }: ReachNoticeProps): ReactElement {
  return (
    <div className="reach" role="alert">
      <p>{navigator.onLine ? `Cannot reach ${what}, trying again …` : 'You are offline, waiting for the network …'}</p>
      {onTry !== undefined && (
        <button type="button" className="link" onClick={onTry}>
          Try now
        </button>
      )}
    </div>
  );
}
