/** What a row says and offers, by the state of its upload. Pure. */
import { formatBytes } from '@supabase-media/core/format';
import { formatSpeed, formatTimeLeft } from '../format.ts';
import type { UploadItem, UploadItemState } from './upload-list.ts';

/** What a person can do with a row. */
export type UploadAction = 'pause' | 'resume' | 'try_now' | 'retry' | 'cancel' | 'dismiss';

export interface UploadView {
  /** Decides the colour, never alone: the words say the same. */
  readonly tone: 'plain' | 'moving' | 'waiting' | 'problem';
  /** What happens. */
  readonly status: string;
  /** Bytes and speed; empty where there is nothing to say. */
  readonly numbers: string;
  /** Until the last byte is sent; empty where it is not known. */
  readonly timeLeft: string;
  /** What happened and what to do, where something is wrong. */
  readonly problem: string | undefined;
  /** From 0 to 100; `unknown` while something goes on whose end cannot be told; undefined: no bar. */
  readonly bar: number | 'unknown' | undefined;
  readonly actions: readonly UploadAction[];
}

const ACTIONS: Readonly<Record<UploadItemState['name'], readonly UploadAction[]>> = {
  queued: ['pause', 'cancel'],
  preparing: ['pause', 'cancel'],
  uploading: ['pause', 'cancel'],
  waiting: ['try_now', 'cancel'],
  paused: ['resume', 'cancel'],
  completing: ['cancel'],
  completed: ['dismiss'],
  failed: ['retry', 'dismiss'],
  refused: ['dismiss'],
  canceled: [],
};

/** Says what a row shows. */
export function describeUpload(item: UploadItem): UploadView {
  const { state, progress } = item;
  const view = {
    tone: 'plain',
    numbers: describeBytes(item),
    timeLeft: '',
    problem: undefined,
    bar: progress?.percentage ?? 0,
    actions: ACTIONS[state.name],
  } as const;
  switch (state.name) {
    case 'queued':
      return { ...view, status: 'Waiting for its turn' };
    case 'preparing':
      return { ...view, status: 'Starting' };
    case 'uploading':
      return {
        ...view,
        tone: 'moving',
        status: `Uploading, ${Math.floor(progress?.percentage ?? 0)} %`,
        numbers: describeMovement(item, state.resumedFrom),
        timeLeft: describeLeft(progress?.etaSeconds),
      };
    case 'waiting':
      return {
        ...view,
        tone: 'waiting',
        status: 'Waiting to try again',
        problem: `${state.error.message} ${state.error.action}`,
      };
    case 'paused':
      return { ...view, tone: 'waiting', status: 'Paused' };
    case 'completing':
      // Proving what arrived and handing it to the workers; either may have to be waited for.
      return { ...view, tone: 'moving', status: 'Finishing', bar: 'unknown' };
    case 'completed':
      // Whether it is a video is known when a worker has looked at it: nothing is done yet.
      return { ...view, status: 'Sent, waiting to be converted', numbers: formatBytes(item.size), bar: undefined };
    case 'canceled':
      return { ...view, status: 'Canceled', bar: undefined };
    case 'failed':
      return {
        ...view,
        tone: 'problem',
        status: 'Upload stopped',
        problem: `${state.error.message} ${state.error.action}`,
        actions: state.error.retryBy === 'nobody' ? ['dismiss'] : view.actions,
      };
    case 'refused':
      return {
        ...view,
        tone: 'problem',
        status: 'Not uploaded',
        numbers: item.size > 0 ? formatBytes(item.size) : '',
        problem: `${state.problem.message} ${state.problem.action}`,
        bar: undefined,
      };
  }
}

function describeBytes({ size, progress }: UploadItem): string {
  const sent = progress?.bytesUploaded ?? 0;
  return sent > 0 ? `${formatBytes(sent)} of ${formatBytes(size)}` : formatBytes(size);
}

function describeMovement(item: UploadItem, resumedFrom: number): string {
  const speed = item.progress?.speedBytesPerSecond;
  const parts = [describeBytes(item)];
  if (resumedFrom > 0) parts.push(`went on from ${formatBytes(resumedFrom)}`);
  if (speed !== undefined && speed > 0) parts.push(formatSpeed(speed));
  return parts.join(' · ');
}

const describeLeft = (seconds: number | undefined): string =>
  seconds !== undefined && Number.isFinite(seconds) ? formatTimeLeft(seconds) : '';
