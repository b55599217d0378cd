/** deploy/pin-images.sh against a registry that answers as the Distribution specification says, tokens included. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScript } from '@supabase-media/test-support/command';
import { DEPLOY } from '@supabase-media/test-support/repository';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDeploy } from './support/deploy-files.ts';

const SCRIPT = join(DEPLOY, 'pin-images.sh');
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** By repository. */
const MANIFESTS: Readonly<Record<string, string>> = {
  'library/node': '{"schemaVersion":2,"manifests":[{"platform":{"architecture":"amd64"}}]}',
  'library/redis': '{"schemaVersion":2,"manifests":[]}\n',
};

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-pins-'));
  closing.push(() => rm(folder, { recursive: true, force: true }));
});

/** @param digest what the registry says that the bytes have */
async function startRegistry(digest: (manifest: string) => string = digestOf): Promise<string> {
  const server = createServer((request, response) => {
    const url = new URL(String(request.url), `http://${request.headers.host}`);
    const [, repository = '', reference = ''] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url.pathname) ?? [];
    if (url.pathname === '/token')
      return response.end(JSON.stringify({ token: url.searchParams.get('scope'), expires_in: 300 }));
    if (request.headers.authorization !== `Bearer repository:${repository}:pull`)
      return response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${url.origin}/token",service="registry.test"` })
        .end();
    const manifest = MANIFESTS[repository];
    const isKnown = manifest !== undefined && (!reference.startsWith('sha256:') || reference === digestOf(manifest));
    if (!isKnown) return response.writeHead(404).end();
    return response.writeHead(200, { 'Docker-Content-Digest': digest(manifest) }).end(manifest);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const run = (registry: string, ...args: string[]) => runScript(SCRIPT, args, { REGISTRY: registry });

describe('pin-images.sh', () => {
  it('prints a line for each image, with the digest of its bytes, which its check passes', async () => {
    const registry = await startRegistry();
    const { exitCode, stdout, stderr } = await run(registry);
    expect([exitCode, stderr]).toEqual([0, '']);
    const node = /^ARG NODE_IMAGE=(.+)$/m.exec(readDeploy('Dockerfile'))?.[1];
    const redis = /image: \$\{REDIS_IMAGE:-(.+)\}/.exec(readDeploy('compose.yaml'))?.[1];
    expect(stdout).toBe(
      `NODE_IMAGE=${node}@${digestOf(String(MANIFESTS['library/node']))}\n` +
        `REDIS_IMAGE=${redis}@${digestOf(String(MANIFESTS['library/redis']))}\n`,
    );
    const file = join(folder, 'env');
    await writeFile(file, `OTHER=1\n${stdout}`);
    const check = await run(registry, '--check', file);
    expect([check.exitCode, check.stdout.match(/^ok: /gm)?.length]).toEqual([0, 2]);
  });

  it('refuses a registry that names another digest than its bytes have, and prints nothing', async () => {
    const { exitCode, stdout, stderr } = await run(await startRegistry(() => digestOf('other bytes')));
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain('node: the registry names another digest than its bytes have');
  });

  it.each([
    ['nothing', '', 'NODE_IMAGE is not pinned by digest'],
    ['a tag', 'NODE_IMAGE=node:20\n', 'NODE_IMAGE is not pinned by digest'],
    ['what the registry has not', `NODE_IMAGE=node:20@${digestOf('gone')}\n`, ': 404'],
  ])('fails its check on %s', async (_, text, message) => {
    const file = join(folder, 'env');
    await writeFile(file, text);
    const { exitCode, stderr } = await run(await startRegistry(), '--check', file);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
  });

  it('says when there is no registry', async () => {
    const { exitCode, stdout, stderr } = await run('http://127.0.0.1:1');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain('no answer');
  });
});
