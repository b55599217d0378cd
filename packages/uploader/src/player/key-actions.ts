/** Which key does what, as on YouTube, and when a key belongs to somebody else. Pure. */

export type PlayerAction =
  | { readonly kind: 'toggle_play' | 'toggle_mute' | 'toggle_fullscreen' | 'toggle_captions' }
  /** Seconds, forward or back. */
  | { readonly kind: 'seek_by'; readonly seconds: number }
  /** Part of the whole length, from 0 to 1. */
  | { readonly kind: 'seek_to'; readonly part: number }
  /** Part of the whole loudness, louder or quieter. */
  | { readonly kind: 'volume_by'; readonly part: number };

const ACTIONS: ReadonlyMap<string, PlayerAction> = new Map<string, PlayerAction>([
  [' ', { kind: 'toggle_play' }],
  ['k', { kind: 'toggle_play' }],
  ['m', { kind: 'toggle_mute' }],
  ['f', { kind: 'toggle_fullscreen' }],
  ['c', { kind: 'toggle_captions' }],
  ['ArrowLeft', { kind: 'seek_by', seconds: -5 }],
  ['ArrowRight', { kind: 'seek_by', seconds: 5 }],
  ['j', { kind: 'seek_by', seconds: -10 }],
  ['l', { kind: 'seek_by', seconds: 10 }],
  ['ArrowUp', { kind: 'volume_by', part: 0.05 }],
  ['ArrowDown', { kind: 'volume_by', part: -0.05 }],
  ['Home', { kind: 'seek_to', part: 0 }],
  ['End', { kind: 'seek_to', part: 1 }],
]);

/** What an element does with keys itself. `text`: all of them; `list`: those that move; `button`: those that press. */
export type KeyOwner = 'text' | 'list' | 'button' | 'none';

export interface PressedKey {
  readonly key: string;
  /** Held down: seeks and loudness go on, switches do not flicker. */
  readonly isRepeated: boolean;
  readonly hasModifier: boolean;
}

const MOVES = /^(Arrow|Home$|End$)/;

/** @returns undefined where the key is left to the page. */
export function actionOf({ key, isRepeated, hasModifier }: PressedKey, owner: KeyOwner): PlayerAction | undefined {
  if (hasModifier || owner === 'text') return undefined;
  if (owner === 'list' && (MOVES.test(key) || key === ' ')) return undefined;
  if (owner === 'button' && key === ' ') return undefined;
  // Capitals are the same keys, with Caps Lock on.
  const name = key.length === 1 ? key.toLowerCase() : key;
  const action = /^\d$/.test(name) ? { kind: 'seek_to' as const, part: Number(name) / 10 } : ACTIONS.get(name);
  return isRepeated && action?.kind.startsWith('toggle') ? undefined : action;
}
