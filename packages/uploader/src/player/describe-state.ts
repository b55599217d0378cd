/** What stands in the player's place while there is nothing to play. Pure. */
import type { PlayableState } from './follow-video.ts';

export interface StateWords {
  readonly title: string;
  readonly detail: string;
  /** Something went wrong: it is said at once, and what can help is offered. */
  readonly isProblem: boolean;
}

export function describeState(state: Exclude<PlayableState, { readonly phase: 'playable' }>): StateWords {
  switch (state.phase) {
    case 'loading':
      return { title: 'Loading the video', detail: '', isProblem: false };
    case 'waiting':
      return state.video.status === 'queued'
        ? { title: 'Waiting to be converted', detail: 'It plays here as soon as it can.', isProblem: false }
        : { title: `Converting, ${state.percent} %`, detail: 'It plays here as soon as it can.', isProblem: false };
    case 'ended':
      return {
        title: state.video.status === 'canceled' ? 'This video was canceled' : 'This video cannot be played',
        detail: state.video.errorMessage ?? '',
        isProblem: state.video.status !== 'canceled',
      };
    case 'problem':
      return state.error.code === 'not_found'
        ? {
            title: 'This video cannot be shown',
            detail: 'It does not exist or belongs to another user.',
            isProblem: true,
          }
        : {
            title: 'This video cannot be shown',
            detail: `${state.error.message} ${state.error.action}`,
            isProblem: true,
          };
  }
}
