'use client';

import { createUploader } from '@supabase-media/uploader';
import { VideoUploader } from '@supabase-media/uploader/react';
import '@supabase-media/uploader/react/style.css';
import { type ReactElement, useMemo, useState } from 'react';

/** Rendered on the server too, where nothing is uploaded. */
export function UploadForm({ apiUrl }: { readonly apiUrl: string }): ReactElement {
  const [status, setStatus] = useState('idle');
  const uploader = useMemo(() => createUploader({ apiUrl, getToken: () => location.hash.slice(1) }), [apiUrl]);
  const processAgain = async (videoId: string): Promise<void> => {
    const event = await uploader.watchVideo(videoId, { onEvent: () => {} });
    const { sourceBucket: bucket, sourcePath: path } = await uploader.videos.get(videoId);
    const body = JSON.stringify({ videoId, source: { bucket, path } });
    const answer = await fetch('/api/process', { method: 'POST', body });
    const { outcome } = (await answer.json()) as { outcome: string };
    setStatus(`${event.kind === 'ended' ? event.status : event.kind}, then ${outcome}`);
  };
  return (
    <>
      <VideoUploader uploader={uploader} onUploaded={({ videoId }) => void processAgain(videoId)} />
      <output>{status}</output>
    </>
  );
}
