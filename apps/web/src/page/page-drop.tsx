/** Takes files that are dropped anywhere on the page. */
import { collectFiles, type DroppedFiles } from '@supabase-media/uploader/react/collect-files';
import { type ReactElement, useEffect, useRef, useState } from 'react';

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;

export function PageDrop({ onDropped }: { readonly onDropped: (dropped: DroppedFiles) => void }): ReactElement | null {
  const [isOver, setIsOver] = useState(false);
  const take = useRef(onDropped);
  take.current = onDropped;
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const onDrag = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      // Without it the browser opens what is dropped, and the page is gone.
      event.preventDefault();
      setIsOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const onDrop = (event: DragEvent) => {
      setIsOver(false);
      // The drop zone has taken it.
      if (event.defaultPrevented || event.dataTransfer === null || !hasFiles(event)) return;
      event.preventDefault();
      take.current(collectFiles(event.dataTransfer));
    };
    addEventListener('dragenter', onDrag, { signal });
    addEventListener('dragover', onDrag, { signal });
    addEventListener('dragleave', onLeave, { signal });
    addEventListener('drop', onDrop, { signal });
    return () => stop.abort();
  }, []);
  if (!isOver) return null;
  return (
    <div className="page-drop" aria-hidden="true">
      <p>Drop to upload</p>
    </div>
  );
}
