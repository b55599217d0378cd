/** A page as somebody else would write it: uploads, follows the video, plays it. */
import { createUploader } from '@supabase-media/uploader';
import type { Video } from '@supabase-media/uploader/contract';
import { VideoUploader } from '@supabase-media/uploader/react';
import '@supabase-media/uploader/react/style.css';
import { lazy, type ReactElement, StrictMode, Suspense, useState } from 'react';
import { createRoot } from 'react-dom/client';

const Player = lazy(async () => ({ default: (await import('@supabase-media/uploader/player')).Player }));

const getToken = async (): Promise<string> => location.hash.slice(1);
const uploader = createUploader({ apiUrl: String(import.meta.env.VITE_API_URL), getToken });

function App(): ReactElement {
  const [status, setStatus] = useState('idle');
  const [video, setVideo] = useState<Video>();
  const follow = async (videoId: string): Promise<void> => {
    const event = await uploader.watchVideo(videoId, { onEvent: ({ kind }) => setStatus(kind) });
    setStatus(event.kind === 'ended' ? event.status : event.kind);
    setVideo(await uploader.videos.get(videoId));
  };
  return (
    <>
      <VideoUploader uploader={uploader} onUploaded={({ videoId }) => void follow(videoId)} />
      <output>{status}</output>
      {video && (
        <Suspense>
          <Player video={video} uploader={uploader} getToken={getToken} />
        </Suspense>
      )}
    </>
  );
}

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
