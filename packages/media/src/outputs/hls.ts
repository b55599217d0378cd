/** `hls/`: the MP4 as an HLS stream of up to three sizes, verified, with a master playlist. Its parts are in the folder `hls/`. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaError } from '@supabase-media/core/errors';
import { classifyEncodeFailure, ranOutOfMemory } from '../ffmpeg/encode-failure.ts';
import { encodeLimits } from '../ffmpeg/encode-limits.ts';
import { runFfmpeg } from '../ffmpeg/run-process.ts';
import { invalidOutput, writeWhole } from '../ffmpeg/write-whole.ts';
import { effectiveFps } from '../plan/copy-rules.ts';
import type { VideoMedia } from '../plan/media-info.ts';
import type { MediaPolicy } from '../plan/policy.ts';
import { aacCodec } from './hls/codec-string.ts';
import { AUDIO_FOLDER, hlsArguments, PLAYLIST_NAME } from './hls/command.ts';
import { describeStream } from './hls/describe.ts';
import { type Ladder, planLadder } from './hls/ladder.ts';
import { mostHlsBytes } from './hls/most-bytes.ts';
import { renderMasterPlaylist } from './hls/playlist.ts';
import { endRendition } from './hls/rendition.ts';
import { nameSubtitles, writeSubtitles } from './hls/subtitles.ts';
import { type VerifiedHls, verifyHls } from './hls/verify.ts';
import { USUAL_LADDER_SECONDS, weighLadder } from './hls/weight.ts';
import type { Output, OutputRequest } from './output.ts';

const FOLDER = 'hls';
const MASTER_NAME = 'master.m3u8';
const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
/** What ffmpeg takes of the whole; the rest is proving what it wrote. Measured on clips of 1 s to 60 s. */
const ENCODE_SHARE = 0.94;

const FILES = {
  master: { name: `${FOLDER}/${MASTER_NAME}`, contentType: PLAYLIST_TYPE, wave: 'manifest' },
  playlist: { name: `${FOLDER}/*/${PLAYLIST_NAME}`, contentType: PLAYLIST_TYPE, wave: 'index' },
  /** All segments of a rendition, or the initialization segment of those in files of their own. */
  stream: { name: `${FOLDER}/*/*.mp4`, contentType: 'video/mp4', wave: 'data' },
  segment: { name: `${FOLDER}/*/*.m4s`, contentType: 'video/iso.segment', wave: 'data' },
  captions: { name: `${FOLDER}/*/*.vtt`, contentType: 'text/vtt', wave: 'data' },
} as const;

export const hls: Output<'hls'> = {
  kind: 'hls',
  about: `${FILES.master.name} with up to three sizes, about as much work again as the video`,
  from: 'mp4',
  files: Object.values(FILES),
  weight: (plan) => (plan === undefined ? USUAL_LADDER_SECONDS : weighLadder(plan)),
  mostBytes: mostHlsBytes,
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
  const { mp4, outDir, policy } = request;
  const stream = await writeWhole(join(outDir, FOLDER), async (partial) => {
    const planned = planLadder(mp4.info, policy);
    const first = await tryLadder(request, planned, partial);
    const blamed = whatDidNotDo(planned);
    const made =
      'why' in first && blamed !== undefined
        ? await tryLadder(request, planLadder(mp4.info, policy, `${blamed}: ${first.why}`), partial)
        : first;
    if ('why' in made) throw made.error;
    const subtitles = await writeSubtitles(partial, request.result.outputs, mp4.info.durationSeconds);
    const master = nameSubtitles(renderMaster(mp4.info, made, policy), subtitles);
    await writeFile(join(partial, MASTER_NAME), master);
    return { ...made, subtitles, masterBytes: Buffer.byteLength(master) };
  });
  return [describeStream({ stream, outDir, files: FILES })];
}

/** Why there is no stream, in words and as the error that says so. */
interface Failure {
  readonly why: string;
  readonly error: MediaError;
}

/** Makes and verifies all renditions. What is wrong with them is an answer: another ladder may do. */
async function tryLadder(
  request: OutputRequest,
  ladder: Ladder,
  folder: string,
): Promise<(VerifiedHls & { readonly ladder: Ladder }) | Failure> {
  const { mp4, tools, policy, signal } = request;
  for (const name of foldersOf(ladder)) {
    await rm(join(folder, name), { recursive: true, force: true });
    await mkdir(join(folder, name), { recursive: true });
  }
  const run = await encodeRungs(request, ladder, folder);
  const failed = (why: string): Failure => ({ why, error: invalidOutput('The HLS stream', why, run.stderrTail) });
  if (run.exitCode !== 0 || ranOutOfMemory(run)) {
    const failure = classifyEncodeFailure(run);
    return failure.kind === 'machine' ? { why: failure.error.message, error: failure.error } : failed(failure.detail);
  }
  for (const { name } of ladder.rungs) await endRendition(folder, name);
  const verified = await verifyHls({ folder, mp4: mp4.info, ladder, policy, tools, signal });
  return typeof verified === 'string' ? failed(verified) : { ...verified, ladder };
}

/** What may be to blame where a ladder failed; `undefined` where it was an encode at a steady rate: none is left to try. */
function whatDidNotDo({ rungs, audio, timing }: Ladder): string | undefined {
  if (audio === 'copy' || rungs.some(({ video }) => video === 'copy')) return 'a copy does not do';
  return timing.whyFilled === undefined ? 'frames at times of their own do not do' : undefined;
}

function foldersOf({ rungs, audio }: Ladder): string[] {
  return [...rungs.map(({ name }) => name), ...(audio === 'none' ? [] : [AUDIO_FOLDER])];
}

function encodeRungs(request: OutputRequest, ladder: Ladder, folder: string) {
  const { tools, mp4, policy, signal } = request;
  const { video, audio, durationSeconds } = mp4.info;
  const { threads } = tools.limits;
  return runFfmpeg({
    tools,
    args: hlsArguments({ inputPath: mp4.path, video, audio, ladder, policy, threads }),
    cwd: folder,
    durationSeconds,
    limits: encodeLimits(durationSeconds),
    onProgress: ({ percent = 0, ...more }) => request.onProgress?.({ ...more, percent: percent * ENCODE_SHARE }),
    signal,
  });
}

function renderMaster(mp4: VideoMedia, stream: VerifiedHls & { readonly ladder: Ladder }, policy: MediaPolicy): string {
  const { videos, audio: sound, ladder } = stream;
  const uri = (name: string) => `${name}/${PLAYLIST_NAME}`;
  const { whyFilled, fillFps } = ladder.timing;
  const fps = whyFilled === undefined ? effectiveFps(mp4.video) : fillFps;
  const isCopied = ladder.audio === 'copy';
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
        codec: aacCodec(isCopied ? mp4.audio.profile : 'LC'),
        peakRate: sound.peakRate,
        averageRate: sound.averageRate,
        channels: isCopied ? mp4.audio.channels : policy.audio.channels,
      },
  );
}
