/** Serves the page that `npm run build:web` built. Without a build only the API is served. */
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';

/** Both as TypeScript and as built code this is the workspace's dist/page. */
const PAGE_FOLDER = fileURLToPath(new URL('../../../dist/page', import.meta.url));

/** Asset names contain a hash, so their content never changes. */
const ASSETS = '/assets/';

export interface PageRoutesOptions {
  /** Supabase's address for browsers: the page signs in, uploads and plays videos there. */
  readonly supabaseUrl: string;
}

export const pageRoutes: FastifyPluginAsync<PageRoutesOptions> = async (app, { supabaseUrl }) => {
  const policy = contentPolicy(new URL(supabaseUrl).origin);
  await app.register(fastifyStatic, {
    root: PAGE_FOLDER,
    index: false,
    preCompressed: true,
    cacheControl: false,
    // The folder may be missing in development, where the page comes from Vite.
    suppressWarning: true,
    setHeaders: (reply, path) => {
      const isAsset = path.includes(ASSETS);
      void reply.header('cache-control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const sendPage = (_request: unknown, reply: FastifyReply) =>
    reply
      .headers({ 'content-security-policy': policy, 'permissions-policy': 'camera=(), microphone=(), geolocation=()' })
      .sendFile('index.html');
  app.get('/', { schema: { hide: true } }, sendPage);
  // The page's own routes all serve the page.
  app.get('/videos/:id', { schema: { hide: true } }, sendPage);
};

/** Content Security Policy Level 3. Inline styles are allowed for the player's elements. */
function contentPolicy(storage: string): string {
  return [
    "default-src 'self'",
    `connect-src 'self' ${storage}`,
    `img-src 'self' ${storage} blob: data:`,
    // data: hls.js gives the tracks of a stream's captions an empty file.
    `media-src 'self' ${storage} blob: data:`,
    "style-src 'self' 'unsafe-inline'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
