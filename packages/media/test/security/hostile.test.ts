/** Files that try to make ffmpeg read or call something else: nothing is read, nothing is called. */
import { copyFile, readFile, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type ClipShop, openClipShop } from '@supabase-media/test-support/clips';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFfmpeg } from '../../src/ffmpeg/run-process.ts';
import { inputGuards } from '../../src/ffmpeg/sandbox.ts';
import { runPipeline } from '../support/pipeline.ts';
import { findAllTools, temporaryFolder } from '../support/tools.ts';

const TIMEOUT = 60_000;

/** Each names a neighbour's video, or an address of ours that counts its callers. */
const ATTACKS: Readonly<Record<string, (victim: string, port: number) => string>> = {
  'HLS naming a neighbour': (victim) => `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${victim}\n#EXT-X-ENDLIST\n`,
  'HLS naming /etc/passwd': () => '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n',
  'HLS calling an address': (_, port) => `#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:${port}/a.ts\n#EXT-X-ENDLIST\n`,
  'HLS by the concat protocol': (victim) => `#EXTM3U\n#EXTINF:1,\nconcat:${victim}|${victim}\n#EXT-X-ENDLIST\n`,
  'HLS with a key from an address': (victim, port) =>
    `#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="http://127.0.0.1:${port}/key"\n#EXTINF:1,\n${victim}\n#EXT-X-ENDLIST\n`,
  'ffconcat naming a neighbour': (victim) => `ffconcat version 1.0\nfile '${victim}'\n`,
  'ffconcat naming a sibling': () => "ffconcat version 1.0\nfile 'victim.ts'\n",
  'DASH naming a neighbour': (victim) =>
    `<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>file://${victim}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
  'SDP opening ports': (_, port) =>
    `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video ${port} RTP/AVP 96\n`,
  'SVG including a file': (victim, port) =>
    `<svg xmlns="http://www.w3.org/2000/svg"><image href="file://${victim}"/><image href="http://127.0.0.1:${port}/x.png"/></svg>`,
};

describe.each(await findAllTools())('%s', (_, tools) => {
  let shop: ClipShop;
  let server: Server;
  let port = 0;
  let calls = 0;

  beforeAll(async () => {
    shop = await openClipShop(tools);
    server = createServer((socket) => {
      calls += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterAll(async () => {
    server.close();
    await shop.close();
  });

  it.each(Object.entries(ATTACKS))(
    '%s is turned away',
    async (_name, write) => {
      const victim = await shop.clip('stream.ts');
      const result = await runPipeline(await shop.file('attack.mp4', write(victim, port)), tools);
      expect(result).toMatchObject({ outcome: 'rejected', codes: ['container_not_allowed'], files: [] });
      expect(calls).toBe(0);
    },
    TIMEOUT,
  );

  it.each(Object.entries(ATTACKS))(
    '%s: ffmpeg itself refuses it too',
    async (_name, write) => {
      const folder = await temporaryFolder();
      const victim = join(folder, 'victim.ts');
      await copyFile(await shop.clip('stream.ts'), victim);
      const input = join(folder, 'input');
      await symlink(await shop.file('attack.mp4', write(victim, port)), input);
      const output = join(folder, 'leaked.mp4');
      const args = [
        '-hide_banner',
        '-nostdin',
        '-y',
        '-v',
        'error',
        ...inputGuards({ maxPixels: 1e7 }),
        '-i',
        `file:${input}`,
      ];
      const run = await runFfmpeg({
        tools,
        args: [...args, '-c', 'copy', '-f', 'mp4', output],
      });
      expect(run.exitCode).not.toBe(0);
      expect(calls).toBe(0);
      expect((await readFile(output).catch(() => Buffer.alloc(0))).length).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'leaks without the guards, so the attacks are real',
    async () => {
      const folder = await temporaryFolder();
      const victim = await shop.clip('stream.ts');
      const list = await shop.file('leak', `ffconcat version 1.0\nfile '${victim}'\n`);
      const open = inputGuards({ maxPixels: 1e7 }).map((flag) => (flag.includes('matroska') ? `concat,${flag}` : flag));
      const args = ['-nostdin', '-y', '-v', 'error', ...open, '-safe', '0', '-i', `file:${list}`];
      const run = await runFfmpeg({
        tools,
        args: [...args, '-c', 'copy', '-f', 'mp4', join(folder, 'x.mp4')],
      });
      expect(run.exitCode).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'probes files under names that look like options or addresses',
    async () => {
      const clip = await readFile(await shop.clip('web-ready.mp4'));
      for (const name of ['-i', 'http:evil', "a 'b' $(touch x).m3u8", '%d.jpg', 'pipe:0']) {
        expect((await runPipeline(await shop.file(name, clip), tools)).outcome).toBe('remuxed');
      }
    },
    TIMEOUT,
  );
});
