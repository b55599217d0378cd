/** Builds the page to dist/page, and serves it during development. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { budgetFirstLoad } from './build/budget-first-load.ts';
import { precompress } from './build/precompress.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The API that `npm run dev` started, or one that runs separately. */
const API_URL = process.env.WEB_API_URL ?? 'http://127.0.0.1:3000';

// biome-ignore lint/style/noDefaultExport: Vite reads the default export.
export default defineConfig({
  root: at('./src/page'),
  // A single-page app: every address serves index.html.
  appType: 'spa',
  plugins: [react(), precompress(), budgetFirstLoad({ maxGzipBytes: 150_000 })],
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: API_URL, changeOrigin: false } },
  },
  build: {
    outDir: at('./dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    // No inlined assets: the page's Content-Security-Policy does not allow data: everywhere.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
