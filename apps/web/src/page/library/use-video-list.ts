/** The video list as a React hook. */

import type { Uploader } from '@supabase-media/uploader';
import type { Video } from '@supabase-media/uploader/contract';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { isGone } from './is-gone.ts';
import { openRememberedDeletions } from './remembered-deletions.ts';
import { createVideoList, type VideoList, type VideoListState } from './video-list.ts';

/** What could not be read is read again after so long, in milliseconds. */
const RETRY_MS = 5000;

export interface Videos {
  readonly list: VideoList;
  readonly state: VideoListState;
}

export function useVideoList(uploader: Uploader, userId: string): Videos {
  const [list] = useState(() => createVideoList(uploader, openRememberedDeletions(userId)));
  useEffect(() => list.start(), [list]);
  const state = useSyncExternalStore(list.subscribe, list.getSnapshot);
  return { list, state };
}

/** A video with addresses of its outputs; undefined while they are loading, or if there are none. */
export function useDetail(list: VideoList, video: Video, isWanted: boolean): Video | undefined {
  const [detail, setDetail] = useState<Video>();
  const { id, status } = video;
  const outputs = video.outputs.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: new outputs and another status have other addresses.
  useEffect(() => {
    if (!isWanted || outputs === 0) return undefined;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = (): void => {
      list.readDetail(id).then(
        (found) => !isOver && setDetail(found),
        (error: unknown) => {
          if (!isOver && !isGone(error)) timer = setTimeout(read, RETRY_MS);
        },
      );
    };
    read();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [list, id, status, outputs, isWanted]);
  return detail;
}
