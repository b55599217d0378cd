/** One file through the pipeline, and everything that was made of it measured and judged. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProcessFileResult, processFile } from '@supabase-media/media/process-file';
import { chooseSettings, type MediaSettings } from '@supabase-media/media/settings';
import type { MediaTools } from '@supabase-media/media/tools';
import { pino } from 'pino';
import { measureHeard, measureHeardRendition } from '../measure/heard.ts';
import { type HlsRendition, readHls } from '../measure/hls-stream.ts';
import { type MediaTimes, measureMedia } from '../measure/media-file.ts';
import { comparePackets, type Shift } from './compare-times.ts';
import { type Finding, type HlsFigures, judgeHls, judgeMp4 } from './judge.ts';

/** What should become of a file; `ready` is any outcome but a rejection. */
export type Expected = 'processed' | 'remuxed' | 'rejected' | 'ready' | undefined;

export interface CheckFileOptions {
  readonly path: string;
  readonly expected: Expected;
  readonly tools: MediaTools;
  /** What the file shows, where that was measured before; `unknown`: what is made of it is not compared with it. */
  readonly source?: MediaTimes | 'unknown' | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
  /** Looks at what was made before it is removed, as a browser does. */
  readonly play?:
    | ((made: { readonly folder: string; readonly mp4: MediaTimes }) => Promise<readonly Finding[]>)
    | undefined;
}

/** What became of a file. */
export interface CheckedFile {
  readonly outcome: ProcessFileResult['outcome'] | 'error';
  /** Of a rejection or an error, its code; else the first reason. */
  readonly code: string;
  readonly warnings: readonly string[];
  readonly source: MediaSummary | undefined;
  readonly mp4: MediaSummary | undefined;
  readonly hls: HlsFigures | undefined;
  readonly findings: readonly Finding[];
}

/** A file in numbers, for reports. */
export interface MediaSummary {
  readonly seconds: number;
  readonly frames: number;
  readonly aspect: number;
  readonly hasSound: boolean;
  /** How much later the sound begins than the picture; seconds. */
  readonly soundLate: number | undefined;
}

/** The defaults, preset included: a quicker one makes no B-frames, and these are what shifts times. */
const SETTINGS: MediaSettings = chooseSettings({
  outputs: ['video', 'poster', 'storyboard', 'hls', 'info'],
  profile: 'fast',
  maxShortSide: 1080,
  maxFps: 60,
  maxDurationSeconds: 12 * 3600,
});

const silent = pino({ level: 'silent' });

/** Throws only when it is interrupted: whatever else goes wrong is a finding. */
export async function checkFile(options: CheckFileOptions): Promise<CheckedFile> {
  const { path, expected, tools, signal } = options;
  const folder = await mkdtemp(join(tmpdir(), 'media-check-'));
  try {
    const result = await processFile({
      file: path,
      outDir: folder,
      settings: SETTINGS,
      tools,
      log: silent,
      signal,
      onProgress: ({ percent }) => options.onProgress?.(percent / 100),
    }).catch((error: Error & { code?: string }) => error);
    signal?.throwIfAborted();
    if (result instanceof Error) return failed(result);
    const outcome = judgeOutcome(result, expected);
    const warnings = result.warnings.map(({ code }) => code);
    const base = { outcome: result.outcome, code: result.code, warnings };
    if (result.outcome === 'rejected') {
      return { ...base, source: undefined, mp4: undefined, hls: undefined, findings: outcome };
    }
    const measured = await measureResult(options, folder, result);
    return { ...base, ...measured, findings: [...outcome, ...measured.findings] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function failed(error: Error & { code?: string }): CheckedFile {
  const findings: Finding[] = [{ kind: 'outcome', message: error.message }];
  return {
    outcome: 'error',
    code: error.code ?? error.name,
    warnings: [],
    source: undefined,
    mp4: undefined,
    hls: undefined,
    findings,
  };
}

function judgeOutcome({ outcome, reason }: ProcessFileResult, expected: Expected): Finding[] {
  const isRight = expected === undefined || (expected === 'ready' ? outcome !== 'rejected' : outcome === expected);
  return isRight ? [] : [{ kind: 'outcome', message: `${outcome}, not ${expected}: ${reason}` }];
}

async function measureResult(options: CheckFileOptions, folder: string, { warnings }: ProcessFileResult) {
  const { path, tools, signal } = options;
  const ffprobe = tools.ffprobe.path;
  const findings: Finding[] = [];
  const known = options.source ?? (await measureMedia({ ffprobe, path, signal }));
  const source = known === 'unknown' ? undefined : known;
  const mp4 = await measureMedia({ ffprobe, path: join(folder, 'video.mp4'), signal });
  let hls: HlsFigures | undefined;
  if (mp4 === undefined) findings.push({ kind: 'frames', message: 'no frame of the MP4 can be decoded' });
  else {
    if (source !== undefined)
      findings.push(
        ...judgeMp4(
          source,
          mp4,
          warnings.map(({ code }) => code),
        ),
      );
    const renditions = await readHls(join(folder, 'hls/master.m3u8')).catch((error: Error) => error);
    if (renditions instanceof Error) {
      findings.push({
        kind: 'hls',
        message: warnings.find(({ code }) => code === 'hls_unavailable')?.message ?? renditions.message,
      });
    } else {
      const [wrong, figures] = judgeHls(mp4, renditions, await compareHeard(options, folder, mp4, renditions));
      findings.push(...wrong);
      hls = figures;
      findings.push(...((await options.play?.({ folder, mp4 })) ?? []));
    }
  }
  signal?.throwIfAborted();
  return { source: source && summarizeTimes(source), mp4: mp4 && summarizeTimes(mp4), hls, findings };
}

function summarizeTimes({ picture, sound, aspect }: MediaTimes): MediaSummary {
  const start = picture.times[0] ?? 0;
  const first = Math.min(start, sound?.times[0] ?? start);
  return {
    seconds: Math.max(picture.end, sound?.end ?? 0) - first,
    frames: picture.times.length,
    aspect,
    hasSound: sound !== undefined,
    soundLate: sound && (sound.times[0] ?? 0) - start,
  };
}

/** Seconds that a sound may take to become loud. */
const HARDLY_HEARD = 0.15;

/** How much later sound that was encoded anew is heard in the stream; `undefined` where it was copied, or is silent. */
async function compareHeard(
  { tools, signal }: CheckFileOptions,
  folder: string,
  mp4: MediaTimes,
  renditions: readonly HlsRendition[],
): Promise<Shift | undefined> {
  const audio = renditions.find(({ type }) => type === 'audio');
  if (audio === undefined || mp4.sound === undefined) return undefined;
  if (comparePackets(mp4.soundPackets, audio.packets) !== undefined) return undefined;
  const ffmpeg = tools.ffmpeg.path;
  const made = await measureHeardRendition(ffmpeg, join(folder, 'hls/master.m3u8'), audio, signal);
  const meant = await measureHeard(ffmpeg, join(folder, 'video.mp4'), signal);
  if (made === undefined || meant === undefined) return undefined;
  const from = (audio.times[0] ?? 0) - (mp4.sound.times[0] ?? 0);
  const [atStart, atEnd] = [from + made.first - meant.first, from + made.last - meant.last];
  const shift = Math.abs(atEnd) < Math.abs(atStart) ? atEnd : atStart;
  // What is hardly heard may be heard in one and not in the other.
  return { shift, worst: Math.max(0, Math.abs(atEnd - atStart) - HARDLY_HEARD) };
}
