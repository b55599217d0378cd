/** A question in the browser's own dialog, which traps the focus and closes on Escape. */
import { type ReactElement, useId, useLayoutEffect, useRef } from 'react';

export interface ConfirmDialogProps {
  readonly title: string;
  readonly words: string;
  readonly confirm: string;
  readonly keep: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function ConfirmDialog(props: ConfirmDialogProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // While the dialog is still on the page: one that is taken off it leaves the focus nowhere.
  useLayoutEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog panel"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <h2 id={titleId}>{props.title}</h2>
      <p>{props.words}</p>
      <div className="dialog__actions">
        <button type="button" className="button" onClick={props.onClose}>
          {props.keep}
        </button>
        <button type="button" className="button button--danger" onClick={props.onConfirm}>
          {props.confirm}
        </button>
      </div>
    </dialog>
  );
}
