/** The live region: tells who cannot see the bars what happens. */
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { announceUploads } from './announce-uploads.ts';
import type { UploadItem } from './upload-list.ts';

export function Announcer({ items }: { readonly items: readonly UploadItem[] }): ReactElement {
  const before = useRef<readonly UploadItem[]>([]);
  const [words, setWords] = useState('');
  useEffect(() => {
    const sentences = announceUploads(before.current, items);
    before.current = items;
    if (sentences.length > 0) setWords(sentences.join(' '));
  }, [items]);
  return (
    <p className="video-uploader__live" role="status" aria-live="polite">
      {words}
    </p>
  );
}
