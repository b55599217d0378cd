/** The name of a card while it is changed: Enter or leaving the field keeps it, Escape does not. */
import { type KeyboardEvent, type ReactElement, useEffect, useRef } from 'react';

/** The API's limit, in characters. */
const TITLE_MAX = 200;

export interface RenameFormProps {
  readonly title: string;
  /** `title`: undefined where it stays as it was. `isKept`: the person pressed a key, so the focus goes back. */
  readonly onEnd: (end: { readonly title: string | undefined; readonly byKey: boolean }) => void;
}

export function RenameForm({ title, onEnd }: RenameFormProps): ReactElement {
  const field = useRef<HTMLInputElement>(null);
  const isOver = useRef(false);
  useEffect(() => {
    const input = field.current;
    input?.focus();
    // Without the ending: who renames trip.mov does not mean its type.
    const end = title.search(/\.[A-Za-z0-9]{2,4}$/);
    input?.setSelectionRange(0, end > 0 ? end : title.length);
  }, [title]);
  const end = (byKey: boolean, isWanted: boolean): void => {
    if (isOver.current) return;
    isOver.current = true;
    const typed = field.current?.value.trim() ?? '';
    onEnd({ title: isWanted && typed !== '' && typed !== title ? typed : undefined, byKey });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // An input method's own Enter chooses a word.
    if (event.nativeEvent.isComposing || (event.key !== 'Enter' && event.key !== 'Escape')) return;
    event.preventDefault();
    end(true, event.key === 'Enter');
  };
  return (
    <input
      ref={field}
      className="card__rename"
      aria-label={`New name of ${title}`}
      defaultValue={title}
      maxLength={TITLE_MAX}
      enterKeyHint="done"
      autoComplete="off"
      onKeyDown={onKeyDown}
      onBlur={() => end(false, true)}
    />
  );
}
