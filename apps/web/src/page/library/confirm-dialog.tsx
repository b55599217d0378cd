/** A confirmation in the browser's own dialog, which traps the focus, closes on Escape, and restores the focus. */
import { type ReactElement, useEffect, useId, useRef } from 'react';

export interface ConfirmDialogProps {
  readonly title: string;
  readonly words: string;
  readonly confirm: string;
  readonly isBusy: boolean;
  readonly problem: string | undefined;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function ConfirmDialog(props: ConfirmDialogProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog panel"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        if (!props.isBusy) props.onClose();
      }}
    >
      <h2 id={titleId}>{props.title}</h2>
      <p>{props.words}</p>
      {props.problem !== undefined && (
        <p className="notice notice--problem" role="alert">
          {props.problem}
        </p>
      )}
      <div className="dialog__actions">
        <button type="button" className="button" disabled={props.isBusy} onClick={props.onClose}>
          Keep it
        </button>
        <button type="button" className="button button--danger" disabled={props.isBusy} onClick={props.onConfirm}>
          {props.isBusy ? 'Deleting …' : props.confirm}
        </button>
      </div>
    </dialog>
  );
}
