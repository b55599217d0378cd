/** Verifies that an HLS stream is what was planned: every file there, aligned, readable, decodable at its start. */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
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
  const { folder, ladder, mp4 } = options;
  const videos: VideoRendition[] = [];
  for (const rung of ladder.rungs) {
    const rendition = await readRendition(folder, rung.name);
    if (typeof rendition === 'string') return rendition;
    const looked = await lookAtVideo(options, rung, rendition);
    if (typeof looked === 'string') return looked;
    videos.push({ ...rendition, rung, codec: looked.codec });
  }
  const audio = ladder.audio === 'none' ? undefined : await readRendition(folder, AUDIO_FOLDER);
  if (typeof audio === 'string') return audio;
  const isHeard = audio === undefined || (await withFirstSegment(options, audio, (probe) => probe.audio !== undefined));
  if (typeof isHeard === 'string') return isHeard;
  if (!isHeard) return 'the sound cannot be read';
  return compareRenditions(mp4, ladder, videos, audio) ?? { videos, audio };
}

async function lookAtVideo(
  options: VerifyHlsOptions,
  rung: Rung,
  rendition: HlsRendition,
): Promise<{ codec: string } | string> {
  const codec = readAvcCodec(await buffer(readSegment(join(options.folder, rung.name), rendition.init)));
  if (codec === undefined) return `${rung.name} has no H.264 in its initialization segment`;
  return withFirstSegment(options, rendition, async (probe, path) => {
    const why = compareRung(rung, probe) ?? (await whyUndecodable(options, rung, path));
    return why ?? { codec };
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
