/** The text and actions of a card, by the status of its video. Pure. */
import type { Video } from '@supabase-media/uploader/contract';
import { formatTimeLeft } from '@supabase-media/uploader/format';

/** What a user can do with a video. */
export type VideoAction = 'watch' | 'cancel' | 'retry' | 'upload_again' | 'delete';

export interface VideoView {
  readonly tone: 'plain' | 'moving' | 'done' | 'problem';
  /** One word or two. */
  readonly status: string;
  /** What is happening, or what went wrong. */
  readonly detail: string | undefined;
  /** From 0 to 100; undefined: no bar. */
  readonly percent: number | undefined;
  /** The recommended action first. */
  readonly actions: readonly VideoAction[];
}

/** The worker's steps, as shown to users. */
const STEPS: Readonly<Record<string, string>> = {
  download: 'Downloading the upload',
  probe: 'Analyzing the file',
  plan: 'Planning',
  encode: 'Encoding',
  publish: 'Storing the video',
  derive: 'Making previews and streams',
  upload: 'Storing previews and streams',
  record: 'Finishing',
};

/** A retry cannot help with these: the source is missing or has changed. */
const NEEDS_UPLOAD: ReadonlySet<string> = new Set([
  'object_missing',
  'source_changed',
  'digest_mismatch',
  'source_too_large',
]);

/** The MP4 is published before the other outputs, so a video can often be watched early. */
export const isPlayable = ({ outputs, status }: Pick<Video, 'outputs' | 'status'>): boolean =>
  (status === 'ready' || status === 'processing') && outputs.some(({ kind }) => kind === 'video' || kind === 'hls');

/** Describes a card. @param etaSeconds from the last event. */
export function describeVideo(video: Video, etaSeconds: number | undefined): VideoView {
  const watch = isPlayable(video) ? (['watch'] as const) : [];
  switch (video.status) {
    case 'queued':
      return { tone: 'plain', status: 'Waiting', detail: 'In the queue', percent: 0, actions: ['cancel', 'delete'] };
    case 'processing': {
      const step = STEPS[video.step ?? ''] ?? 'Starting';
      const left = etaSeconds === undefined || etaSeconds <= 0 ? '' : ` · ${formatTimeLeft(etaSeconds)}`;
      return {
        tone: 'moving',
        status: `${video.progress} %`,
        detail: `${step}${left}`,
        percent: video.progress,
        actions: [...watch, 'cancel', 'delete'],
      };
    }
    case 'ready':
      return { tone: 'done', status: 'Ready', detail: undefined, percent: undefined, actions: [...watch, 'delete'] };
    case 'rejected':
      return {
        tone: 'problem',
        status: 'Not usable',
        detail: video.errorMessage ?? 'This file cannot be made into a video.',
        percent: undefined,
        actions: ['upload_again', 'delete'],
      };
    case 'failed':
      return {
        tone: 'problem',
        status: 'Failed',
        detail: video.errorMessage ?? 'It could not be processed.',
        percent: undefined,
        actions: [NEEDS_UPLOAD.has(video.errorCode ?? '') ? 'upload_again' : 'retry', 'delete'],
      };
    case 'canceled':
      return {
        tone: 'plain',
        status: 'Canceled',
        detail: 'It was stopped before it was ready.',
        percent: undefined,
        actions: ['retry', 'delete'],
      };
  }
}
