/** Turns a video's row into events for listeners. Pure. */
import type { VideoEndedEvent, VideoProgressEvent } from '../../contract/videos.ts';
import { isEndedStatus, type VideoRow } from '../database/video-row.ts';

/** One event of a stream. */
export type VideoEvent =
  | { readonly id: number; readonly name: 'progress'; readonly data: VideoProgressEvent }
  | { readonly id: number; readonly name: 'ended'; readonly data: VideoEndedEvent };

/** The progress of a running job, beyond the row. */
export interface JobWords {
  readonly speed?: number | undefined;
  readonly etaSeconds?: number | undefined;
}

/**
 * The event for a row. Its id is the time of the row's last change in milliseconds: ascending, and the same in every
 * process.
 */
export function describeVideo(row: VideoRow, words: JobWords): VideoEvent {
  const id = row.updated_at.getTime();
  if (isEndedStatus(row.status))
    return {
      id,
      name: 'ended',
      data: { status: row.status, outcome: row.outcome, errorCode: row.error_code, errorMessage: row.error_message },
    };
  const { speed, etaSeconds } = words;
  return {
    id,
    name: 'progress',
    data: {
      status: row.status,
      step: row.step,
      percent: row.progress,
      ...(speed !== undefined && { speed }),
      // Of a video that is not being processed any more, nothing was said.
      ...(etaSeconds !== undefined && row.status === 'processing' && { etaSeconds: Math.round(etaSeconds) }),
    },
  };
}

/** One event in the form of the HTML standard, section 9.2 (server-sent events). */
export const formatEvent = (event: VideoEvent): string =>
  `id: ${event.id}\nevent: ${event.name}\ndata: ${JSON.stringify(event.data)}\n\n`;
