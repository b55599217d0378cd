/** Offers to take back what was just done. */
import { type FocusEvent, type ReactElement, useEffect } from 'react';
import type { UndoState } from './use-undo-list.ts';

/** Ctrl+Z, or ⌘Z, takes the latest back, except in a text field, which has an undo of its own. */
const isUndoKey = (event: KeyboardEvent): boolean =>
  (event.ctrlKey || event.metaKey) &&
  !event.shiftKey &&
  event.key.toLowerCase() === 'z' &&
  !(event.target instanceof Element && event.target.matches('input:not([type=file]), textarea, [contenteditable]'));

export function UndoBar({ list, offers }: UndoState): ReactElement {
  const latest = offers.at(-1)?.id;
  useEffect(() => {
    if (latest === undefined) {
      list.release();
      return undefined;
    }
    const onKey = (event: KeyboardEvent) => {
      if (!isUndoKey(event)) return;
      event.preventDefault();
      list.undo(latest);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [list, latest]);
  const onBlur = (event: FocusEvent) => {
    if (!event.currentTarget.contains(event.relatedTarget)) list.release();
  };
  return (
    <div
      className="video-uploader__undo-bar"
      role="status"
      onPointerEnter={list.hold}
      onPointerLeave={list.release}
      onFocus={list.hold}
      onBlur={onBlur}
    >
      {offers.map(({ id, words }) => (
        <p key={id} className="video-uploader__undo">
          <span>{words}</span>
          <button
            type="button"
            className="video-uploader__button"
            aria-keyshortcuts="Control+Z"
            onClick={() => list.undo(id)}
          >
            Undo
          </button>
        </p>
      ))}
    </div>
  );
}
