/** Keys of the whole page, for the player that they are meant for. */
import { type RefObject, useEffect, useRef } from 'react';
import { actionOf, type KeyOwner, type PlayerAction } from './key-actions.ts';

/**
 * `page`: they work wherever the focus is, unless somebody is writing. `player`: only while the focus is in the player,
 * as WCAG 2.1.4 wants it of single letters where people speak to their computer. `none`: the page has keys of its own.
 */
export type Keys = 'page' | 'player' | 'none';

/** Every player of the page; one of them gets the keys. */
const PLAYERS = '.video-player__media';

/** Whoever is typing, and other players, keep all keys. */
const TEXT =
  'input:not([type=button],[type=submit],[type=reset],[type=image],[type=checkbox],[type=radio],[type=range],[type=file],[type=color]),' +
  'textarea,select,[role=textbox],[role=searchbox],[role=combobox],[role=spinbutton],iframe,embed,object';
const LIST =
  'input[type=radio],input[type=range],[role=slider],[role=menu],[role=menubar],[role=listbox],[role=radiogroup],[role=tablist],[role=tree],[role=grid]';
const BUTTON =
  'button,summary,input[type=button],input[type=submit],input[type=reset],input[type=image],input[type=checkbox],input[type=file],' +
  'input[type=color],[role=button],[role=checkbox],[role=switch],[role=menuitem],[role=option],[role=tab]';
const MODAL = 'dialog[open],[role=dialog],[role=alertdialog],[aria-modal=true]';

/**
 * Listens as long as the player is there. A key goes to the player that has the focus, else to the one that plays, else to
 * the first of the page; to none while a dialog above it has the focus.
 */
export function useKeys(player: RefObject<HTMLElement | null>, keys: Keys, act: (action: PlayerAction) => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    if (keys === 'none') return undefined;
    const onKey = (event: KeyboardEvent): void => {
      const own = player.current;
      if (own === null || event.defaultPrevented || event.isComposing) return;
      const path = event.composedPath().filter((node) => node instanceof Element);
      if (!path.includes(own) && (keys === 'player' || !isMeant(own, path))) return;
      const hasModifier = event.altKey || event.ctrlKey || event.metaKey;
      const action = actionOf({ key: event.key, isRepeated: event.repeat, hasModifier }, ownerOf(own, path));
      if (action === undefined) return;
      // The page would scroll.
      event.preventDefault();
      latest.current(action);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [player, keys]);
}

/** Of a key that was pressed outside of every player. */
function isMeant(own: HTMLElement, path: readonly Element[]): boolean {
  const players = [...document.querySelectorAll<HTMLElement>(PLAYERS)];
  if (path.some((element) => element.matches(`${MODAL},${PLAYERS}`))) return false;
  const isPlaying = (player: HTMLElement): boolean => player.querySelector('video')?.paused === false;
  return (players.find(isPlaying) ?? players[0]) === own;
}

function ownerOf(own: HTMLElement, path: readonly Element[]): KeyOwner {
  const isEditable = (element: Element): boolean => element instanceof HTMLElement && element.isContentEditable;
  const isOther = (element: Element): boolean => element instanceof HTMLMediaElement && !own.contains(element);
  if (path.some((element) => element.matches(TEXT) || isEditable(element) || isOther(element))) return 'text';
  if (path.some((element) => element.matches(LIST))) return 'list';
  return path.some((element) => element.matches(BUTTON)) ? 'button' : 'none';
}
