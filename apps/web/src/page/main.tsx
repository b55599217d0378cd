/** The entry point of the page. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@supabase-media/uploader/player/style.css';
import '@supabase-media/uploader/react/style.css';
import './page.css';
import { App } from './app.tsx';
import { Boundary } from './boundary.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element #root.');
createRoot(root).render(
  <StrictMode>
    <Boundary what="The page">
      <App />
    </Boundary>
  </StrictMode>,
);
