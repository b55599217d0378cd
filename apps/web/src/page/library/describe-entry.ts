/** What a card shows, whatever its upload or video is doing. Pure. */
import { formatBytes } from '@supabase-media/core/format';
import { describeUpload, type UploadAction, type UploadView } from '@supabase-media/uploader/react/describe-upload';
import { describeVideo, type VideoView } from './describe-video.ts';
import type { Entry } from './entry.ts';

export interface CardView extends Pick<VideoView, 'status' | 'timeLeft' | 'detail' | 'next' | 'actions'> {
  readonly tone: VideoView['tone'] | UploadView['tone'];
  /** From 0 to 100; `unknown`: it goes on, and nobody can tell how far it is; undefined: no bar. */
  readonly percent: number | 'unknown' | undefined;
  readonly uploadActions: readonly UploadAction[];
}

const NOTHING = { timeLeft: '', next: undefined, actions: [], uploadActions: [] } as const;

export function describeEntry({ item, upload, elsewhere }: Entry): CardView {
  if (item !== undefined) return { ...describeVideo(item.video, item.etaSeconds), uploadActions: [] };
  if (upload !== undefined) return describeOwn(describeUpload(upload), upload.state.name);
  const { confirmedBytes = 0, size = 0 } = elsewhere ?? {};
  const percent = size === 0 ? 0 : Math.floor((confirmedBytes / size) * 100);
  return {
    ...NOTHING,
    tone: 'moving',
    status: `Uploading, ${percent} %`,
    detail: `In another window · ${formatBytes(confirmedBytes)} of ${formatBytes(size)}`,
    percent,
  };
}

function describeOwn({ tone, status, timeLeft, numbers, problem, bar, actions }: UploadView, state: string): CardView {
  // All is sent, and the list of videos is being read: in a moment there will be a video.
  if (state === 'completed') return { ...NOTHING, tone: 'plain', status: 'Waiting', detail: numbers, percent: 0 };
  return { ...NOTHING, tone, status, timeLeft, detail: problem ?? numbers, percent: bar, uploadActions: actions };
}
