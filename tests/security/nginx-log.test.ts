/**
 * Signed addresses of Storage carry their token in the query: whoever reads the proxy's log would watch and replace
 * videos with it. The example of deploy/nginx, run by a real nginx, with a server behind it and without.
 */
import { hasNginx, startNginx } from '@supabase-media/test-support/nginx';
import { stackValue } from '@supabase-media/test-support/stack';
import { afterEach, describe, expect, it } from 'vitest';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJ1cmwiOiJhIn0.c2lnbmF0dXJl';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe.skipIf(!hasNginx())('the log of nginx', () => {
  it.each([
    ['that answers', () => stackValue('SUPABASE_URL'), /upstream=[2-4]\d\d /],
    ['that is away', () => 'http://127.0.0.1:1', /upstream=502 /],
  ])('names no token, with a Storage %s', async (_, supabaseUrl, upstream) => {
    const nginx = await startNginx({ supabaseUrl: supabaseUrl() });
    closing.push(nginx.stop);
    for (const [path, method] of [
      ['/storage/v1/object/sign/project-processed-videos/a/video.mp4', 'GET'],
      ['/storage/v1/object/upload/sign/project-videos/a/b', 'PUT'],
      // Storage and the intake API alike.
      ['/api/videos', 'GET'],
    ] as const) {
      const headers = { referer: `https://app.example/watch?token=${TOKEN}` };
      await fetch(`${nginx.url}${path}?token=${TOKEN}`, { method, headers, ...(method === 'PUT' && { body: 'x' }) });
      await expect.poll(nginx.logs).toContain(`"${method} ${path} HTTP/1.1"`);
    }
    const logs = await nginx.logs();
    expect(logs).not.toContain('token=');
    expect(logs).not.toContain(TOKEN);
    expect(logs).toMatch(upstream);
  });

  it('would name it as nginx writes by itself', async () => {
    const nginx = await startNginx({
      supabaseUrl: 'http://127.0.0.1:1',
      change: (text) =>
        text.replace(/error_log stderr crit;/, 'error_log stderr;').replace('$request_method $uri', '$request'),
    });
    closing.push(nginx.stop);
    await fetch(`${nginx.url}/storage/v1/object/sign/a/b?token=${TOKEN}`);
    await expect.poll(nginx.logs).toMatch(/\[error\].*token=/);
    expect((await nginx.logs()).split('\n')[1]).toContain(TOKEN);
  });
});
