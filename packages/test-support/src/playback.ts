/**
 * What a browser really shows and plays: whether a video runs to its end in step with the clock on the wall, and how far
 * picture and sound are apart. For pages of `browser.ts` on which a video was loaded.
 */
import { type Browser, chromium, type Page } from 'playwright-core';
import { CHROMIUM_ARGS, serveFolder } from './browser.ts';

/** A browser in which several videos may play at the same time. */
export interface Player {
  /**
   * Loads a file of a folder (a playlist through hls.js) in a window of its own.
   *
   * @throws what the page said, when anything but `work` went wrong in it; that it is not done after two minutes
   */
  watch<T>(folder: string, name: string, work: (page: Page) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** More than the slowest start and the longest stretch that is played take. */
const WATCH_TIMEOUT_MS = 120_000;

/** Starts Chromium. */
export async function openPlayer(executablePath: string): Promise<Player> {
  const browser: Browser = await chromium.launch({ executablePath, headless: true, args: CHROMIUM_ARGS });
  return {
    async watch(folder, name, work) {
      const server = await serveFolder(folder);
      // A window of its own: of a tab in the background hardly a frame is shown.
      const window = await browser.newContext();
      const look = async () => {
        const page = await window.newPage();
        await page.goto(server.url);
        await page.evaluate(`load(${JSON.stringify(`/${name}`)})`);
        const result = await work(page);
        const problems = await page.evaluate<string[]>('problems');
        if (problems.length > 0) throw new Error(`${name}: ${problems.join(', ')}`);
        return result;
      };
      try {
        return await withTimeout(look(), WATCH_TIMEOUT_MS, name);
      } finally {
        await window.close();
        await server.close();
      }
    },
    close: () => browser.close(),
  };
}

/** Whatever a browser does not do is a failure: it is not waited for. */
async function withTimeout<T>(work: Promise<T>, ms: number, name: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: not done after ${ms / 1000} s`)), ms);
  });
  try {
    // Of what goes wrong once the window is closed, nobody wants to know.
    work.catch(() => undefined);
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How playing went. Seconds of the video unless said otherwise. */
export interface Playback {
  readonly duration: number;
  /** Where it began, and how long that took on the wall clock. */
  readonly start: number;
  readonly startupSeconds: number;
  readonly hasEnded: boolean;
  readonly reached: number;
  /** Times of half a second and more on the wall clock in which nothing moved. */
  readonly stalls: readonly { readonly at: number; readonly seconds: number }[];
  /** Steps of the clock that are longer than the time that went by. */
  readonly jumps: readonly { readonly at: number; readonly seconds: number }[];
  /** What was played by what went by on the wall clock, by the speed asked for: 1 is in step. */
  readonly pace: number;
}

/** What is asked of {@link playThrough}. */
export interface PlayOptions {
  /** Times the usual speed. */
  readonly rate?: number;
  /** A longer video is played this far, then from this long before its end. Seconds. */
  readonly most?: number;
}

/** In the page: `playPart(rate, until)` plays from where the video is. */
const PLAY_PART = `
window.playPart = async (rate, until) => {
  const start = video.currentTime;
  const stalls = [], jumps = [];
  const began = performance.now();
  let moved = began, at = start, wall = began, first, stalled = 0;
  video.playbackRate = rate;
  video.play().catch((error) => problems.push(String(error)));
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = performance.now(), time = video.currentTime;
    if (first !== undefined && time - at > ((now - wall) / 1000) * rate + 0.3) jumps.push({ at, seconds: time - at });
    wall = now;
    if (time !== at) {
      if (first === undefined) first = { now, time };
      else if (now - moved >= 500) { stalls.push({ at, seconds: (now - moved) / 1000 }); stalled += now - moved; }
      at = time;
      moved = now;
    }
    if (video.ended || video.error || time >= until || now - moved > 10000) break;
  }
  const played = first ? (at - first.time - jumps.reduce((sum, { seconds }) => sum + seconds, 0)) / rate : 0;
  const went = first ? (moved - first.now - stalled) / 1000 : 0;
  return { duration: video.duration, start: first ? first.time : start, startupSeconds: ((first ? first.now : moved) - began) / 1000,
    hasEnded: video.ended, reached: at, stalls, jumps, pace: went > 0.5 ? played / went : 1 };
};`;

/** Plays a loaded video to its end. Ends ten seconds after it last moved. */
export async function playThrough(page: Page, { rate = 1, most = 20 }: PlayOptions = {}): Promise<Playback> {
  await page.evaluate(PLAY_PART);
  const duration = await page.evaluate<number>('video.duration');
  if (duration <= most + 5) return page.evaluate<Playback>(`playPart(${rate}, Infinity)`);
  const first = await page.evaluate<Playback>(`playPart(${rate}, ${most})`);
  await page.evaluate(`(video.pause(), seekTo(${duration - 4}))`);
  const last = await page.evaluate<Playback>(`playPart(${rate}, Infinity)`);
  return {
    ...last,
    start: first.start,
    startupSeconds: first.startupSeconds,
    stalls: [...first.stalls, ...last.stalls],
    jumps: [...first.jumps, ...last.jumps],
    pace: Math.abs(first.pace - 1) > Math.abs(last.pace - 1) ? first.pace : last.pace,
  };
}

/** The beeps of {@link beepAndCount} begin at these seconds: unevenly, so that none is taken for another. */
const BEEPS = [0.4, 1.1, 2.3, 2.9, 4.2, 4.7, 5.7];
const BEEP_SECONDS = 0.15;
/** The picture has this many columns, the bits of the frame's number, the lowest on the left. */
const BITS = 8;

/**
 * Arguments of ffmpeg that make two inputs: a picture that shows the number of each frame in black and white, and a sound
 * that beeps at uneven times. Either may begin later than the other. At most 256 frames.
 */
export function beepAndCount(options: {
  readonly fps: number;
  readonly seconds: number;
  readonly pictureLate?: number;
  readonly soundLate?: number;
}): string[] {
  const { fps, seconds, pictureLate = 0, soundLate = 0 } = options;
  const bits = `color=black:size=${BITS}x4:rate=${fps}:duration=${seconds},format=gray,geq=lum='255*mod(floor(N/pow(2,X)),2)'`;
  const beeps = BEEPS.map((at) => `between(t,${at},${(at + BEEP_SECONDS).toFixed(2)})`).join('+');
  return [
    ...['-itsoffset', String(pictureLate), '-f', 'lavfi', '-i', `${bits},scale=256:144:flags=neighbor,format=yuv420p`],
    ...['-itsoffset', String(soundLate), '-f', 'lavfi'],
    ...['-i', `aevalsrc='0.8*sin(2*PI*1000*t)*(${beeps})':sample_rate=48000:duration=${seconds}`],
  ];
}

/** In the page: `watch(seconds)` plays, and tells which frame was shown when and when a beep was heard. */
const WATCH = `
window.watch = async () => {
  video.muted = false;
  const context = new AudioContext();
  const code = \`registerProcessor('beeps', class extends AudioWorkletProcessor {
    loud = -1;
    process([[samples]]) {
      for (let i = 0; i < (samples ? samples.length : 0); i++) {
        if (Math.abs(samples[i]) < 0.2) continue;
        const time = currentTime + i / sampleRate;
        if (time - this.loud > 0.2) this.port.postMessage(time);
        this.loud = time;
      }
      return true;
    }
  })\`;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
  const node = new AudioWorkletNode(context, 'beeps');
  const heard = [], clock = [], frames = [];
  node.port.onmessage = ({ data }) => heard.push(data);
  context.createMediaElementSource(video).connect(node).connect(context.destination);
  await context.resume();
  const canvas = new OffscreenCanvas(${BITS}, 1);
  const painter = canvas.getContext('2d', { willReadFrequently: true });
  const look = (_, { mediaTime }) => {
    painter.drawImage(video, 0, 0, ${BITS}, 1);
    const { data } = painter.getImageData(0, 0, ${BITS}, 1);
    let number = 0;
    for (let bit = 0; bit < ${BITS}; bit++) if (data[bit * 4] > 127) number += 2 ** bit;
    frames.push([mediaTime, number]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  const timer = setInterval(() => video.paused || clock.push([context.currentTime, video.currentTime]), 10);
  const played = await playPart(1, Infinity);
  clearInterval(timer);
  await context.close();
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const beeps = heard.map((time) => time + median(clock.filter(([at]) => Math.abs(at - time) < 0.4).map(([at, to]) => to - at)));
  return { played, frames, beeps };
};`;

/** Where picture and sound were, against what they show and say. Seconds; `NaN` where nothing was seen or heard. */
export interface WatchedVideo {
  readonly played: Playback;
  /** How much later than its number a frame was shown, and than at its second a beep was heard: medians. */
  readonly pictureLate: number;
  readonly soundLate: number;
  /** Beeps that were heard when they were due. */
  readonly beeps: number;
  readonly frames: number;
}

/** Plays a loaded video that was made by {@link beepAndCount} from its start to its end, and listens to it. */
export async function watchBeepAndCount(page: Page, fps: number): Promise<WatchedVideo> {
  await page.evaluate(PLAY_PART);
  await page.evaluate(WATCH);
  const { played, frames, beeps } = await page.evaluate<{
    played: Playback;
    frames: [number, number][];
    beeps: number[];
  }>('watch()');
  // A picture that stands still is shown again: its first time counts.
  const firsts = frames.filter(([, number], index) => index === 0 || number !== frames[index - 1]?.[1]);
  const sound = alignBeeps(beeps);
  return {
    played,
    pictureLate: median(firsts.map(([time, number]) => time - number / fps)),
    soundLate: median(sound),
    beeps: sound.length,
    frames: frames.length,
  };
}

/** The distance at which most beeps are where they are due; how far each of these is away. */
function alignBeeps(heard: readonly number[]): number[] {
  let best: number[] = [];
  for (const shift of heard.flatMap((time) => BEEPS.map((due) => time - due))) {
    const apart = heard.flatMap((time) => {
      const due = BEEPS.find((at) => Math.abs(time - at - shift) < 0.08);
      return due === undefined ? [] : [time - due];
    });
    if (apart.length > best.length) best = apart;
  }
  return best;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
