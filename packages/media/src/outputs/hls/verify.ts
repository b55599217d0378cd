/** Verifies that an HLS stream is what was planned: every file there, aligned, readable, decodable at its start. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { runLimited } from '@supabase-media/core/run-limited';
import { decodeCheckArguments } from '../../ffmpeg/commands/decode-check.ts';
import { probeMedia } from '../../ffmpeg/probe.ts';
import { runFfmpeg } from '../../ffmpeg/run-process.ts';
import type { MediaTools } from '../../ffmpeg/tools.ts';
import type { MediaInfo, VideoMedia } from '../../plan/media-info.ts';
import type { MediaPolicy } from '../../plan/policy.ts';
import { readAvcCodec } from './codec-string.ts';
import { AUDIO_FOLDER } from './command.ts';
import type { Ladder, Rung } from './ladder.ts';
import type { StoredSegment } from './playlist.ts';
import { type HlsRendition, readRendition } from './rendition.ts';
import { compareRenditions, compareRung } from './verify-rules.ts';

export interface VerifyHlsOptions {
  /** The folder of the renditions' folders. */
  readonly folder: string;
  readonly mp4: VideoMedia;
  readonly ladder: Ladder;
  readonly policy: MediaPolicy;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
}

export interface VideoRendition extends HlsRendition {
  readonly rung: Rung;
  readonly codec: string;
}

/** A stream that is fit to publish. */
export interface VerifiedHls {
  readonly videos: readonly VideoRendition[];
  readonly audio: HlsRendition | undefined;
}

/** Looks at every file's size and at the contents of first segments; a sentence when something is wrong. */
export async function verifyHls(options: VerifyHlsOptions): Promise<VerifiedHls | string> {
  const { ladder, mp4, signal } = options;
  const videos: (VideoRendition | string)[] = [];
  let audio: HlsRendition | string | undefined;
  // Of short clips these looks take longer than the encode, and nearly all of that to start the programs.
  await runLimited({
    items: [...ladder.rungs.entries(), ...(ladder.audio === 'none' ? [] : (['audio'] as const))],
    limit: LOOKS_AT_A_TIME,
    signal,
    work: async (item, either) => {
      const task = { ...options, signal: either };
      if (item === 'audio') audio = await lookAtAudio(task);
      else videos[item[0]] = await lookAtVideo(task, item[1]);
    },
  });
  const wrong = [...videos, audio].find((looked) => typeof looked === 'string');
  if (typeof wrong === 'string') return wrong;
  const good = { videos: videos as VideoRendition[], audio: audio as HlsRendition | undefined };
  return compareRenditions(mp4, ladder, good.videos, good.audio) ?? good;
}

/** Each is one program, mostly of one processor. */
const LOOKS_AT_A_TIME = 2;

async function lookAtAudio(options: VerifyHlsOptions): Promise<HlsRendition | string> {
  const audio = await readRendition(options.folder, AUDIO_FOLDER);
  if (typeof audio === 'string') return audio;
  const isHeard = await withFirstSegment(options, audio, (probe) => probe.audio !== undefined);
  if (typeof isHeard === 'string') return isHeard;
  return isHeard ? audio : 'the sound cannot be read';
}

async function lookAtVideo(options: VerifyHlsOptions, rung: Rung): Promise<VideoRendition | string> {
  const rendition = await readRendition(options.folder, rung.name);
  if (typeof rendition === 'string') return rendition;
  const codec = readAvcCodec(await buffer(readSegment(join(options.folder, rung.name), rendition.init)));
  if (codec === undefined) return `${rung.name} has no H.264 in its initialization segment`;
  return withFirstSegment(options, rendition, async (probe, path) => {
    const why = compareRung(rung, probe) ?? (await whyUndecodable(options, rung, path));
    return why ?? { ...rendition, rung, codec };
  });
}

/** A media segment is readable only behind its initialization segment: both are joined for as long as it takes. */
async function withFirstSegment<T>(
  options: VerifyHlsOptions,
  { name, init, segments }: HlsRendition,
  look: (probe: MediaInfo, path: string) => T | Promise<T>,
): Promise<T | string> {
  const joined = join(options.folder, `${name}.check`);
  try {
    for (const part of [init, ...segments.slice(0, 1)]) {
      await pipeline(readSegment(join(options.folder, name), part), createWriteStream(joined, { flags: 'a' }));
    }
    const { tools, policy, signal } = options;
    const maxPixels = policy.maxInputPixels;
    const probe = await probeMedia({ inputPath: joined, tools, maxPixels, isOurs: true, signal });
    return probe.readable ? await look(probe, joined) : `${name} cannot be read (${probe.detail})`;
  } finally {
    await rm(joined, { force: true });
  }
}

const readSegment = (folder: string, { name, offset, bytes }: StoredSegment) =>
  createReadStream(join(folder, name), { start: offset, end: offset + bytes - 1 });

async function whyUndecodable({ tools, policy, signal }: VerifyHlsOptions, rung: Rung, path: string) {
  const { frames } = await runFfmpeg({
    tools,
    args: decodeCheckArguments({
      inputPath: path,
      videoIndex: 0,
      fromSeconds: 0,
      seconds: 1,
      maxPixels: policy.maxInputPixels,
      threads: tools.limits.threads,
    }),
    limits: { totalMs: 120_000 },
    signal,
  });
  return frames > 0 ? undefined : `no frame of ${rung.name} can be decoded`;
}
