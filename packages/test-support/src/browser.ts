/** Debian's Chromium, and a small server for the files that it is to play. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guessContentType } from '@supabase-media/core/content-type';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** CHROMIUM_PATH, else the first on the PATH. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [process.env.CHROMIUM_PATH ?? '', ...candidates].find(
    (path) => path !== '' && statSync(path, { throwIfNoEntry: false })?.isFile(),
  );
}

/** Nothing of the machine is touched, and nothing is called but the test's own server. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--autoplay-policy=no-user-gesture-required',
  '--mute-audio',
  '--force-color-profile=srgb',
];

const HLS_JS = fileURLToPath(import.meta.resolve('hls.js/dist/hls.min.js'));

/**
 * A page with one video and what tests ask of it, by name in `page.evaluate`: load(url), through hls.js when it is a
 * playlist, in at most 20 s; playAndSeek(seconds): plays for a moment, goes there and back, and tells what it saw; showLevel(level).
 */
const PAGE = `<!doctype html><meta charset="utf-8"><style>body{margin:0;background:#808080}video{display:block}</style>
<video id="video" muted playsinline></video><script src="/hls.js"></script><script>
const video = document.getElementById('video');
window.problems = [];
video.addEventListener('error', () => problems.push('video: ' + (video.error && video.error.message)));
window.load = (url) => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error('nothing to show after 20 s')), 20000);
  video.addEventListener('loadeddata', () => resolve(), { once: true });
  video.addEventListener('error', () => reject(new Error(problems.join())), { once: true });
  if (!url.endsWith('.m3u8')) { video.src = url; return; }
  window.hls = new Hls({ enableWorker: false });
  hls.on(Hls.Events.ERROR, (_, data) => {
    // A load that a change of size made needless is ended by hls.js itself.
    if (data.details === 'aborted') return;
    problems.push(data.type + ' ' + data.details);
    if (data.fatal) reject(new Error(data.details));
  });
  hls.loadSource(url);
  hls.attachMedia(video);
});
const until = async (condition) => {
  const began = performance.now();
  while (!condition() && performance.now() - began < 10000) await new Promise((resolve) => setTimeout(resolve, 25));
};
window.seek = (seconds) => new Promise((resolve) => {
  video.addEventListener('seeked', () => resolve(), { once: true });
  video.currentTime = seconds;
});
window.seekTo = seek;
window.playAndSeek = async (to) => {
  await video.play();
  await until(() => video.currentTime >= 0.5);
  const played = video.currentTime;
  video.pause();
  await seek(to);
  const sought = video.currentTime;
  await seek(0.2);
  const { duration, videoWidth, videoHeight, readyState } = video;
  const { corruptedVideoFrames: corrupted, totalVideoFrames: total } = video.getVideoPlaybackQuality();
  return { played, sought, duration, videoWidth, videoHeight, readyState, corrupted, total };
};
window.showLevel = async (level) => {
  hls.currentLevel = level;
  const wanted = hls.levels[level].height;
  // A frame of the other size is shown only once time goes on.
  video.currentTime = 0;
  await video.play();
  await until(() => video.videoHeight === wanted);
  video.pause();
  return video.videoHeight;
};
</script>`;

export interface FileServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a folder with ranges, as Storage does: Chromium seeks in an MP4 by them. */
export async function serveFolder(folder: string): Promise<FileServer> {
  const server = createServer((request, response) => {
    const name = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://a').pathname));
    if (name === '/') return response.setHeader('content-type', 'text/html').end(PAGE);
    const path = name === '/hls.js' ? HLS_JS : join(folder, name);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return response.writeHead(404).end();
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(size - 1, range?.[2] ? Number(range[2]) : size - 1);
    response.writeHead(range === null ? 200 : 206, {
      'content-type': name === '/hls.js' ? 'text/javascript' : guessContentType(name),
      'content-length': end - start + 1,
      'accept-ranges': 'bytes',
      ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
    });
    return createReadStream(path, { start, end })
      .on('error', () => response.destroy())
      .pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
