/** The page, as `npm run build:web` made it. Without a build there is none, and the API is all there is. */
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';

/** Both as TypeScript and as built code this is the workspace's dist/page. */
const PAGE_FOLDER = fileURLToPath(new URL('../../../dist/page', import.meta.url));

/** Names of assets carry a digest, so they never change. */
const ASSETS = '/assets/';

export interface PageRoutesOptions {
  /** Supabase as browsers reach it: the page signs in, sends files and plays videos there. */
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
  // The page's own addresses: whoever opens or reloads one gets the page.
  app.get('/videos/:id', { schema: { hide: true } }, sendPage);
};

/** Content Security Policy Level 3. Inline styles: the player's elements carry their own. */
function contentPolicy(storage: string): string {
  return [
    "default-src 'self'",
    `connect-src 'self' ${storage}`,
    `img-src 'self' ${storage} blob: data:`,
    `media-src 'self' ${storage} blob:`,
    "style-src 'self' 'unsafe-inline'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
