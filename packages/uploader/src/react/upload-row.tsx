/** One file on its way. */
import type { CSSProperties, ReactElement } from 'react';
import { describeUpload, type UploadAction, type UploadView } from './describe-upload.ts';
import { Icon, type IconName } from './icons.tsx';
import type { UploadItem } from './upload-list.ts';

const BUTTONS: Readonly<Record<UploadAction, { readonly icon: IconName; readonly words: string }>> = {
  pause: { icon: 'pause', words: 'Pause' },
  resume: { icon: 'resume', words: 'Resume' },
  try_now: { icon: 'retry', words: 'Try now' },
  retry: { icon: 'retry', words: 'Try again' },
  cancel: { icon: 'close', words: 'Cancel' },
  dismiss: { icon: 'close', words: 'Dismiss' },
};

const SIGNS: Readonly<Record<UploadView['tone'], IconName>> = {
  plain: 'film',
  moving: 'film',
  waiting: 'film',
  problem: 'problem',
};

export interface UploadRowProps {
  readonly item: UploadItem;
  readonly onAction: (action: UploadAction, item: UploadItem) => void;
}

export function UploadRow({ item, onAction }: UploadRowProps): ReactElement {
  const view = describeUpload(item);
  return (
    <li className="video-uploader__row" data-upload={item.id} data-tone={view.tone} data-state={item.state.name}>
      <span className="video-uploader__sign">
        <Icon name={SIGNS[view.tone]} />
      </span>
      <p className="video-uploader__name" title={item.fileName}>
        {item.fileName}
      </p>
      <p className="video-uploader__status">
        <span className="video-uploader__state">{view.status}</span>
        <span className="video-uploader__numbers">{joinWords(view.numbers, view.timeLeft)}</span>
      </p>
      {view.bar !== undefined && <Bar view={view} bar={view.bar} fileName={item.fileName} />}
      {view.problem !== undefined && <p className="video-uploader__problem">{view.problem}</p>}
      <div className="video-uploader__actions">
        {view.actions.map((action, index) => (
          <button
            // By place: pause becomes resume under the finger, and keeps the focus.
            key={action === 'cancel' || action === 'dismiss' ? 'end' : index}
            type="button"
            className="video-uploader__button"
            aria-label={`${BUTTONS[action].words} ${item.fileName}`}
            title={BUTTONS[action].words}
            onClick={() => onAction(action, item)}
          >
            <Icon name={BUTTONS[action].icon} />
            {(action === 'retry' || action === 'try_now' || action === 'resume') && (
              <span className="video-uploader__words">{BUTTONS[action].words}</span>
            )}
          </button>
        ))}
      </div>
    </li>
  );
}

const joinWords = (...words: readonly string[]): string => words.filter(Boolean).join(' · ');

interface BarProps {
  readonly view: UploadView;
  readonly bar: number | 'unknown';
  readonly fileName: string;
}

function Bar({ view, bar, fileName }: BarProps): ReactElement {
  const isUnknown = bar === 'unknown';
  const done = { '--_done': isUnknown ? 1 : bar / 100 } as CSSProperties;
  return (
    <div
      className="video-uploader__bar"
      role="progressbar"
      aria-label={`Upload of ${fileName}`}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(!isUnknown && { 'aria-valuenow': Math.round(bar) })}
      aria-valuetext={[view.status, joinWords(view.numbers, view.timeLeft)].filter(Boolean).join(', ')}
      data-unknown={isUnknown || undefined}
      style={done}
    >
      <span />
    </div>
  );
}
