/** Makes the HLS stream of a video from its MP4: all renditions, verified, and the master playlist. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaError } from '@supabase-media/core/errors';
import { effectiveFps } from '../plan/copy-rules.ts';
import { renderMasterPlaylist } from '../plan/hls-playlist.ts';
import { type Ladder, planLadder } from '../plan/ladder.ts';
import type { MediaInfo } from '../plan/media-info.ts';
import type { MediaPolicy } from '../plan/policy.ts';
import { aacCodec } from './codec-string.ts';
import { AUDIO_FOLDER, hlsArguments, PLAYLIST_NAME } from './commands/hls.ts';
import { classifyEncodeFailure, ranOutOfMemory } from './encode-failure.ts';
import { encodeLimits } from './encode-limits.ts';
import type { EncodeProgress } from './progress.ts';
import { runFfmpeg } from './run-ffmpeg.ts';
import { lastLines } from './stderr-lines.ts';
import type { MediaTools } from './tools.ts';
import { type VerifiedHls, verifyHls } from './verify-hls.ts';

export interface HlsRequest {
  /** Our own MP4. */
  readonly videoPath: string;
  /** Its probe. */
  readonly info: MediaInfo;
  /** Appears only when the stream is whole; until then the work is in `<outputFolder>.partial`. */
  readonly outputFolder: string;
  readonly policy: MediaPolicy;
  readonly tools: MediaTools;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: EncodeProgress) => void) | undefined;
}

export const MASTER_NAME = 'master.m3u8';

/** A stream on disk. */
export interface HlsStream extends VerifiedHls {
  readonly ladder: Ladder;
  readonly masterBytes: number;
}

/**
 * Makes the stream. What stands in the output folder from an earlier try is replaced.
 *
 * @throws MediaError output_invalid | ffmpeg_failed | ffmpeg_memory when it cannot be made; what `runProcess` throws. No
 * file is left then.
 */
export async function makeHls(request: HlsRequest): Promise<HlsStream> {
  const partial = `${request.outputFolder}.partial`;
  try {
    const ladder = planLadder(request.info, request.policy);
    await rm(partial, { recursive: true, force: true });
    for (const name of foldersOf(ladder)) await mkdir(join(partial, name), { recursive: true });
    const stderrTail = await encodeRungs(request, ladder, partial);
    const { tools, policy, signal } = request;
    const verified = await verifyHls({ folder: partial, mp4: request.info, ladder, policy, tools, signal });
    if (typeof verified === 'string') throw invalidStream(verified, stderrTail);
    const master = renderMaster(request.info, verified);
    await writeFile(join(partial, MASTER_NAME), master);
    await rm(request.outputFolder, { recursive: true, force: true });
    await rename(partial, request.outputFolder);
    return { ...verified, ladder, masterBytes: Buffer.byteLength(master) };
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

function foldersOf({ rungs, hasAudio }: Ladder): string[] {
  return [...rungs.map(({ name }) => name), ...(hasAudio ? [AUDIO_FOLDER] : [])];
}

async function encodeRungs(request: HlsRequest, ladder: Ladder, folder: string): Promise<string> {
  const { tools, info, policy } = request;
  if (info.video === undefined) throw new TypeError('an HLS stream needs a video');
  const run = await runFfmpeg({
    tools,
    args: hlsArguments({
      inputPath: request.videoPath,
      video: info.video,
      audio: info.audio,
      ladder,
      policy,
      threads: tools.limits.threads,
    }),
    cwd: folder,
    durationSeconds: info.durationSeconds,
    limits: encodeLimits(info.durationSeconds),
    onProgress: request.onProgress,
    signal: request.signal,
  });
  if (run.exitCode === 0 && !ranOutOfMemory(run)) return run.stderrTail;
  const failure = classifyEncodeFailure(run);
  throw failure.kind === 'machine' ? failure.error : invalidStream(failure.detail, run.stderrTail);
}

function renderMaster({ video, audio }: MediaInfo, { videos, audio: sound }: VerifiedHls): string {
  const uri = (name: string) => `${name}/${PLAYLIST_NAME}`;
  const fps = video && effectiveFps(video);
  return renderMasterPlaylist(
    videos.map(({ rung, name, codec, peakRate, averageRate }) => ({
      uri: uri(name),
      codec,
      peakRate,
      averageRate,
      width: rung.width,
      height: rung.height,
      fps,
    })),
    sound &&
      audio && {
        uri: uri(sound.name),
        codec: aacCodec(audio.profile),
        peakRate: sound.peakRate,
        averageRate: sound.averageRate,
        channels: audio.channels,
      },
  );
}

function invalidStream(why: string, stderrTail: string): MediaError {
  return new MediaError({
    code: 'output_invalid',
    message: `The HLS stream was not published: ${why}.`,
    details: { stderr: lastLines(stderrTail) },
  });
}
