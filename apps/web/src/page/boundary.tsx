/**
 * Keeps an error in one part from breaking the whole page. Usually a part that is loaded late is missing, because a newer
 * build was deployed.
 */
import { Component, type ReactNode } from 'react';

export interface BoundaryProps {
  /** What cannot be shown, as the start of a sentence. */
  readonly what: string;
  readonly children: ReactNode;
}

interface BoundaryState {
  readonly isBroken: boolean;
}

export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override readonly state: BoundaryState = { isBroken: false };

  static getDerivedStateFromError(): BoundaryState {
    return { isBroken: true };
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    return (
      <div className="boundary" role="alert">
        <p>{this.props.what} cannot be shown. There may be a newer version of this page, or no connection.</p>
        <button type="button" className="button button--primary" onClick={() => location.reload()}>
          Load again
        </button>
      </div>
    );
  }
}
