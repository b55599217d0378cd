/** "We kept your place": uploads of earlier visits, which go on once the same file is chosen again. */

import { formatBytes } from '@supabase-media/core/format';
import { type ReactElement, useState } from 'react';
import type { Uploader } from '../client/create-uploader.ts';
import type { UploadRecord } from '../client/upload-record.ts';
import { Icon } from './icons.tsx';
import { whyNotSameFile } from './match-unfinished.ts';
import { acceptAttribute, type UploadLimits } from './validate-file.ts';

export interface UnfinishedUploadsProps {
  readonly records: readonly UploadRecord[];
  readonly uploader: Pick<Uploader, 'findUnfinished'>;
  readonly limits: UploadLimits;
  readonly onChosen: (file: File) => void;
  readonly onDiscard: (record: UploadRecord) => void;
}

export function UnfinishedUploads(props: UnfinishedUploadsProps): ReactElement | null {
  const [problem, setProblem] = useState<{ readonly sessionId: string; readonly words: string }>();
  if (props.records.length === 0) return null;
  const choose = async (record: UploadRecord, file: File): Promise<void> => {
    const words = whyNotSameFile(record, file, await props.uploader.findUnfinished(file));
    setProblem(words === undefined ? undefined : { sessionId: record.sessionId, words });
    if (words === undefined) props.onChosen(file);
  };
  return (
    <section className="video-uploader__unfinished" aria-label="Interrupted uploads">
      <h3 className="video-uploader__kept">We kept your place</h3>
      <p className="video-uploader__note">
        {props.records.length === 1 ? 'An upload was' : `${props.records.length} uploads were`} interrupted. Choose the
        same file again and only the rest is sent.
      </p>
      <ul className="video-uploader__list">
        {props.records.map((record) => (
          <li key={record.sessionId} className="video-uploader__row" data-tone="waiting" data-state="unfinished">
            <span className="video-uploader__sign">
              <Icon name="film" />
            </span>
            <p className="video-uploader__name" title={record.fileName}>
              {record.fileName}
            </p>
            <p className="video-uploader__status">
              <span className="video-uploader__state">{describeArrived(record)}</span>
              <span className="video-uploader__numbers">kept until {formatUntil(record.expiresAt)}</span>
            </p>
            {problem?.sessionId === record.sessionId && (
              <p className="video-uploader__problem" role="alert">
                {problem.words}
              </p>
            )}
            <div className="video-uploader__actions">
              <label className="video-uploader__button video-uploader__button--outlined">
                <input
                  className="video-uploader__input"
                  type="file"
                  accept={acceptAttribute(props.limits)}
                  aria-label={`Choose ${record.fileName} again`}
                  onChange={(event) => {
                    const file = event.target.files?.[0];
                    if (file !== undefined) void choose(record, file);
                    event.target.value = '';
                  }}
                />
                <span>Choose file</span>
              </label>
              <button
                type="button"
                className="video-uploader__button"
                aria-label={`Discard ${record.fileName}`}
                title="Discard"
                onClick={() => props.onDiscard(record)}
              >
                <Icon name="close" />
              </button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function describeArrived({ confirmedBytes, size }: UploadRecord): string {
  // What came with the first request may be there, but nobody has confirmed it yet.
  return confirmedBytes === 0
    ? `${formatBytes(size)}, just begun`
    : `${formatBytes(confirmedBytes)} of ${formatBytes(size)} arrived`;
}

/** `18:30`, or with the day where it is not today's. */
function formatUntil(time: string): string {
  const until = new Date(time);
  const isToday = until.toDateString() === new Date().toDateString();
  return until.toLocaleString(undefined, {
    ...(!isToday && { weekday: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
  });
}
