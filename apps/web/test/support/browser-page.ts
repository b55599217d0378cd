/** The client, bundled as an app would bundle it, on a page of an origin of its own. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ENTRY = fileURLToPath(new URL('./browser-entry.ts', import.meta.url));

export interface ClientPage {
  readonly url: string;
  /** The bundle. */
  readonly code: string;
  readonly close: () => Promise<void>;
}

export async function serveClientPage(): Promise<ClientPage> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, rollupOptions: { input: ENTRY } },
  });
  const [bundle] = Array.isArray(built) ? built : [built];
  if (bundle === undefined || !('output' in bundle)) throw new Error('nothing was built');
  const [{ code }] = bundle.output;
  const server = createServer((request, response) => {
    const isCode = request.url === '/client.js';
    response.writeHead(200, { 'content-type': isCode ? 'text/javascript' : 'text/html' });
    response.end(isCode ? code : '<!doctype html><input type="file"><script type="module" src="/client.js"></script>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    code,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
