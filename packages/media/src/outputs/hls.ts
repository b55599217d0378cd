/** `hls/`: the MP4 as an HLS stream of up to three sizes, verified, with a master playlist. Its parts are in the folder `hls/`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { classifyEncodeFailure, ranOutOfMemory } from '../ffmpeg/encode-failure.ts';
import { encodeLimits } from '../ffmpeg/encode-limits.ts';
import { runFfmpeg } from '../ffmpeg/run-process.ts';
import { invalidOutput, writeWhole } from '../ffmpeg/write-whole.ts';
import { effectiveFps } from '../plan/copy-rules.ts';
import type { VideoMedia } from '../plan/media-info.ts';
import { aacCodec } from './hls/codec-string.ts';
import { AUDIO_FOLDER, hlsArguments, PLAYLIST_NAME } from './hls/command.ts';
import { describeStream } from './hls/describe.ts';
import { type Ladder, planLadder } from './hls/ladder.ts';
import { renderMasterPlaylist } from './hls/playlist.ts';
import { nameSubtitles, writeSubtitles } from './hls/subtitles.ts';
import { type VerifiedHls, verifyHls } from './hls/verify.ts';
import type { Output, OutputRequest } from './output.ts';

const FOLDER = 'hls';
const MASTER_NAME = 'master.m3u8';
const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
const FILES = {
  master: { name: `${FOLDER}/${MASTER_NAME}`, contentType: PLAYLIST_TYPE, wave: 'manifest' },
  playlist: { name: `${FOLDER}/*/${PLAYLIST_NAME}`, contentType: PLAYLIST_TYPE, wave: 'index' },
  init: { name: `${FOLDER}/*/*.mp4`, contentType: 'video/mp4', wave: 'data' },
  segment: { name: `${FOLDER}/*/*.m4s`, contentType: 'video/iso.segment', wave: 'data' },
  captions: { name: `${FOLDER}/*/*.vtt`, contentType: 'text/vtt', wave: 'data' },
} as const;

export const hls: Output<'hls'> = {
  kind: 'hls',
  about: `${FILES.master.name} with up to three sizes, about as much work again as the video`,
  from: 'mp4',
  files: Object.values(FILES),
  weight: () => 34,
  onFailure: 'fail',
  make: makeHls,
  explain: ({ plan: { policy }, mp4, outDir, tools }) => {
    const ladder = planLadder(mp4.info, policy);
    const rungs = ladder.rungs.map((rung) => `${rung.name} ${rung.video}`).join(', ');
    const { video, audio } = mp4.info;
    return {
      why: `from the MP4: ${rungs}${ladder.whyNotCopied === undefined ? '' : ` (${ladder.whyNotCopied})`}`,
      cwd: join(outDir, FOLDER),
      args: hlsArguments({ inputPath: mp4.path, video, audio, ladder, policy, threads: tools.limits.threads }),
    };
  },
};

/**
 * Makes the stream. What an earlier try left in its folder is replaced.
 *
 * @throws {MediaError} `output_invalid`, `ffmpeg_failed` or `ffmpeg_memory` when it cannot be made; what `runProcess`
 * throws. No file is left then.
 */
async function makeHls(request: OutputRequest) {
  const { mp4, outDir, tools, policy, signal } = request;
  const ladder = planLadder(mp4.info, policy);
  const stream = await writeWhole(join(outDir, FOLDER), async (partial) => {
    for (const name of foldersOf(ladder)) await mkdir(join(partial, name), { recursive: true });
    const stderrTail = await encodeRungs(request, ladder, partial);
    const verified = await verifyHls({ folder: partial, mp4: mp4.info, ladder, policy, tools, signal });
    if (typeof verified === 'string') throw invalidOutput('The HLS stream', verified, stderrTail);
    const subtitles = await writeSubtitles(partial, request.result.outputs, mp4.info.durationSeconds);
    const master = nameSubtitles(renderMaster(mp4.info, verified), subtitles);
    await writeFile(join(partial, MASTER_NAME), master);
    return { ...verified, subtitles, ladder, masterBytes: Buffer.byteLength(master) };
  });
  return [describeStream({ stream, outDir, files: FILES })];
}

function foldersOf({ rungs, hasAudio }: Ladder): string[] {
  return [...rungs.map(({ name }) => name), ...(hasAudio ? [AUDIO_FOLDER] : [])];
}

async function encodeRungs(request: OutputRequest, ladder: Ladder, folder: string): Promise<string> {
  const { tools, mp4, policy, onProgress, signal } = request;
  const { video, audio, durationSeconds } = mp4.info;
  const { threads } = tools.limits;
  const run = await runFfmpeg({
    tools,
    args: hlsArguments({ inputPath: mp4.path, video, audio, ladder, policy, threads }),
    cwd: folder,
    durationSeconds,
    limits: encodeLimits(durationSeconds),
    onProgress,
    signal,
  });
  if (run.exitCode === 0 && !ranOutOfMemory(run)) return run.stderrTail;
  const failure = classifyEncodeFailure(run);
  throw failure.kind === 'machine' ? failure.error : invalidOutput('The HLS stream', failure.detail, run.stderrTail);
}

function renderMaster(mp4: VideoMedia, { videos, audio: sound }: VerifiedHls): string {
  const uri = (name: string) => `${name}/${PLAYLIST_NAME}`;
  const fps = effectiveFps(mp4.video);
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
      mp4.audio && {
        uri: uri(sound.name),
        codec: aacCodec(mp4.audio.profile),
        peakRate: sound.peakRate,
        averageRate: sound.averageRate,
        channels: mp4.audio.channels,
      },
  );
}
