import type { Video } from '@supabase-media/uploader/contract';
import { titleOf } from '@supabase-media/uploader/format';
import type { UndoState } from '@supabase-media/uploader/react/use-undo-list';
import type { VideoList } from './video-list.ts';

/** Hides a video at once, and deletes it when nobody takes that back. */
export function deleteWithUndo(list: VideoList, undo: UndoState['list'], video: Video, onUndone: () => void): void {
  const { id } = video;
  list.setAside(id);
  undo.offer({
    words: `“${titleOf(video)}” was deleted.`,
    undo: () => {
      list.putBack(id);
      onUndone();
    },
    commit: () => void list.remove(id),
    commitOnLeave: () => list.removeOnLeave(id),
  });
}
