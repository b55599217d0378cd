/** What can be done with a file on its way: over the place where its picture will be. */
import type { UploadAction } from '@supabase-media/uploader/react/describe-upload';
import { Icon, type IconName } from '@supabase-media/uploader/react/icons';
import type { UploadItem } from '@supabase-media/uploader/react/upload-list';
import type { ReactElement } from 'react';

const BUTTONS: Readonly<Record<UploadAction, { readonly icon: IconName; readonly words: string }>> = {
  pause: { icon: 'pause', words: 'Pause' },
  resume: { icon: 'resume', words: 'Resume' },
  try_now: { icon: 'retry', words: 'Try now' },
  retry: { icon: 'retry', words: 'Try again' },
  cancel: { icon: 'close', words: 'Cancel' },
  dismiss: { icon: 'close', words: 'Dismiss' },
};

export interface UploadButtonsProps {
  readonly item: UploadItem;
  readonly actions: readonly UploadAction[];
  readonly onAction: (action: UploadAction, item: UploadItem) => void;
}

export function UploadButtons({ item, actions, onAction }: UploadButtonsProps): ReactElement {
  return (
    <div className="card__controls">
      {actions.map((action, index) => (
        <button
          // By place: pause becomes resume under the finger, and keeps the focus.
          key={action === 'cancel' || action === 'dismiss' ? 'end' : index}
          type="button"
          className="button card__control"
          aria-label={`${BUTTONS[action].words} ${item.fileName}`}
          onClick={() => onAction(action, item)}
        >
          <Icon name={BUTTONS[action].icon} />
          {BUTTONS[action].words}
        </button>
      ))}
    </div>
  );
}
