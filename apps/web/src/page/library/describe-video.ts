/** The text and actions of a video, by its status. Pure. */
import type { Video } from '@supabase-media/uploader/contract';
import { formatTimeLeft } from '@supabase-media/uploader/format';
import { readReasons } from './facts.ts';

/** What a user can do with a video. */
export type VideoAction = 'rename' | 'copy_link' | 'download' | 'cancel' | 'retry' | 'upload_again' | 'delete';

export interface VideoView {
  readonly tone: 'plain' | 'moving' | 'done' | 'problem';
  /** What it is or does, in plain words. */
  readonly status: string;
  /** Until it is ready; empty where it is not known. */
  readonly timeLeft: string;
  /** What is happening, or what went wrong. */
  readonly detail: string | undefined;
  /** From 0 to 100; undefined: no bar. */
  readonly percent: number | undefined;
  /** What somebody will want to do next, where something is wrong. */
  readonly next: Extract<VideoAction, 'retry' | 'upload_again'> | undefined;
  /** All there is to do, in the order of a menu. */
  readonly actions: readonly VideoAction[];
}

/** The worker's steps, as shown to users. */
const STEPS: Readonly<Record<string, string>> = {
  download: 'Fetching the upload',
  probe: 'Looking at the file',
  plan: 'Looking at the file',
  encode: 'Making the video',
  publish: 'Saving the video',
  derive: 'Making previews and streams',
  upload: 'Saving previews and streams',
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

/** Describes a video. @param etaSeconds from the last event. */
export function describeVideo(video: Video, etaSeconds: number | undefined): VideoView {
  const base = { timeLeft: '', detail: undefined, percent: undefined, next: undefined } as const;
  const shared: readonly VideoAction[] = isPlayable(video) ? ['rename', 'copy_link', 'download'] : ['rename'];
  switch (video.status) {
    case 'queued':
      return {
        ...base,
        tone: 'plain',
        status: describePlace(video.waitingBefore),
        detail: video.errorMessage === null ? 'Converted when its turn comes.' : 'It will be tried again.',
        percent: 0,
        actions: [...shared, 'cancel', 'delete'],
      };
    case 'processing':
      return {
        ...base,
        tone: 'moving',
        status: `Converting, ${video.progress} %`,
        timeLeft: etaSeconds === undefined ? '' : formatTimeLeft(etaSeconds),
        detail: isPlayable(video) ? 'You can watch it already' : (STEPS[video.step ?? ''] ?? 'Starting'),
        percent: video.progress,
        actions: [...shared, 'cancel', 'delete'],
      };
    case 'ready': {
      const isPart = readReasons(video, 'warnings').some(({ code }) => code.endsWith('_unavailable'));
      return { ...base, tone: 'done', status: 'Ready', actions: [...shared, ...(isPart ? RETRY : []), 'delete'] };
    }
    case 'rejected':
      return {
        ...base,
        tone: 'problem',
        status: 'Not usable',
        detail: video.errorMessage ?? 'This file cannot be made into a video.',
        next: 'upload_again',
        actions: [...shared, 'upload_again', 'delete'],
      };
    case 'failed': {
      const next = NEEDS_UPLOAD.has(video.errorCode ?? '') ? 'upload_again' : 'retry';
      const detail = video.errorMessage ?? 'It could not be converted.';
      return { ...base, tone: 'problem', status: 'Failed', detail, next, actions: [...shared, next, 'delete'] };
    }
    case 'canceled':
      return {
        ...base,
        tone: 'plain',
        status: 'Canceled',
        detail: 'It was stopped before it was ready.',
        next: 'retry',
        actions: [...shared, 'retry', 'delete'],
      };
  }
}

const RETRY = ['retry'] as const;

function describePlace(before: number | null): string {
  if (before === null) return 'Waiting';
  return before === 0 ? 'Waiting, next in line' : `Waiting, ${before} before it`;
}
