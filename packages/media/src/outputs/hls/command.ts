/** The command that makes all renditions of an HLS stream from our MP4, in one process. */

import { STEADY_AUDIO } from '../../ffmpeg/audio-chain.ts';
import { keepLook, setTags } from '../../ffmpeg/color-filters.ts';
import { composeArguments } from '../../ffmpeg/commands/compose.ts';
import { encodeAudio } from '../../ffmpeg/commands/mp4-options.ts';
import { keepColors } from '../../plan/color.ts';
import type { AudioInfo, VideoInfo } from '../../plan/media-info.ts';
import type { MediaPolicy } from '../../plan/policy.ts';
import type { Ladder, Rung } from './ladder.ts';

export interface HlsCommandOptions {
  /** Our own MP4. */
  readonly inputPath: string;
  /** Its streams. */
  readonly video: VideoInfo;
  readonly audio: AudioInfo | undefined;
  readonly ladder: Ladder;
  readonly policy: MediaPolicy;
  readonly threads: number;
}

/** The folder of the audio rendition; video renditions have that of their rung. */
export const AUDIO_FOLDER = 'audio';
export const PLAYLIST_NAME = 'index.m3u8';

/**
 * Names are relative to the folder that ffmpeg runs in, since a `%` in it would be taken for a pattern. One process, so
 * that all renditions share one clock, which is written as browsers read it (`fragment-times.ts`): times of decoding begin
 * before 0 where frames are shown in another order (`negative_cts_offsets`), the first fragment begins at its own time, not
 * at 0 (`frag_discont`), and no first frame of a fragment is moved to where the one before it ends (`skip_sidx`). Checked
 * with ffmpeg 5.1, 7.0 and 7.1.
 */
export function hlsArguments(options: HlsCommandOptions): string[] {
  const { ladder, video, audio, threads } = options;
  const encoded = ladder.rungs.filter((rung) => rung.video === 'encode');
  return composeArguments({
    inputPath: options.inputPath,
    outputPath: { relative: `%v/${PLAYLIST_NAME}` },
    threads,
    guards: { maxPixels: options.policy.maxInputPixels },
    complexFilter: encoded.length === 0 ? undefined : scaleAll(video, encoded, ladder),
    audioFilter: ladder.audio === 'encode' ? fillSound(ladder) : undefined,
    outputOptions: [
      ...ladder.rungs.flatMap((rung) => ['-map', rung.video === 'copy' ? `0:${video.index}` : `[${rung.name}]`]),
      ...(audio === undefined ? [] : ['-map', `0:${audio.index}`]),
      ...['-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1'],
      ...ladder.rungs.flatMap((rung, index) => encodeRung(rung, index, options)),
      ...(encoded.length === 0 ? [] : ['-threads', String(threads), '-max_muxing_queue_size', '1024']),
      ...(audio === undefined ? [] : soundOptions(options)),
      ...['-f', 'hls', '-hls_time', String(ladder.segmentSeconds), '-hls_playlist_type', 'vod'],
      ...['-hls_segment_type', 'fmp4', '-hls_fmp4_init_filename', 'init.mp4'],
      ...[
        '-hls_segment_options',
        'movflags=+negative_cts_offsets+frag_discont+skip_sidx',
        '-avoid_negative_ts',
        'disabled',
      ],
      ...storeSegments(options.policy),
      ...['-var_stream_map', streamMap(ladder)],
    ],
  });
}

function scaleAll(video: VideoInfo, encoded: readonly Rung[], ladder: Ladder): string {
  const split = `[0:${video.index}]split=${encoded.length}${encoded.map(({ name }) => `[s${name}]`).join('')}`;
  const tags = setTags(keepColors(video));
  const scales = encoded.map(
    ({ name, width, height }) =>
      `[s${name}]${keepLook({ width, height }, video)},setsar=1,format=yuv420p,${tags}${steady(ladder)}[${name}]`,
  );
  return [split, ...scales].join(';');
}

/** Repeats frames where there are holes; else only holds the first frame from 0 on. */
function steady({ timing }: Ladder): string {
  const { whyFilled, fillFps, pictureStart, end } = timing;
  if (whyFilled === undefined) return pictureStart > 0 ? String.raw`,setpts=if(eq(N\,0)\,0\,PTS)` : '';
  const seconds = end.toFixed(3);
  return `,fps=${Number(fillFps.toFixed(3))}:start_time=0,tpad=stop_mode=clone:stop_duration=${seconds},trim=end=${seconds}`;
}

/** Fills what is missing at the start, in the middle and at the end with silence. */
const fillSound = ({ timing }: Ladder): string => `${STEADY_AUDIO},apad=whole_dur=${timing.end.toFixed(3)}`;

/**
 * The packets before 0 only warm a decoder up. In an MP4 an edit list hides them; here they would be heard, or delay the
 * picture.
 */
function soundOptions({ ladder, policy }: HlsCommandOptions): string[] {
  const codec = ladder.audio === 'copy' ? ['-c:a', 'copy'] : encodeAudio(policy);
  return [...codec, '-bsf:a', String.raw`noise=drop=lt(pts\,0),${EXACT_DURATIONS}`];
}

/**
 * A segment begins where the durations of all packets before it end, and the last one of each segment has only the
 * duration that was guessed for it: without this, frames of a variable rate drift away (0.66 s in 134 s). Left to itself,
 * `setts` takes decode times for both.
 */
const EXACT_DURATIONS = exactTimes({ pts: 'PTS', dts: 'DTS', last: 'DURATION' });

/** Expressions of `setts`, in ticks; `more` of the first packet, `last` of the last one. */
function exactTimes(times: { pts: string; dts: string; more?: string; last: string }): string {
  const { pts, dts, more = '', last } = times;
  const duration = `if(gt(NEXT_DTS,-1e18),NEXT_DTS-DTS${more},${last})`;
  return `setts=pts=${pts}:dts=${dts}:duration=${duration}`.replaceAll(',', String.raw`\,`);
}

/**
 * The picture's times. Where its last frame is the last packet, it lasts until the picture ends: what an encoder or a
 * muxer would guess from the rate was a second too long in a file of four frames. A first frame that is copied is held from
 * 0 on and lasts as much longer; before an encoder, a filter holds it.
 */
function pictureTimes({ timing }: Ladder, holdsFirst: boolean): string {
  const { pictureLast, pictureEnd, whyFilled } = timing;
  if (whyFilled !== undefined) return EXACT_DURATIONS;
  const isLast = `eq(N,0)+gte(PTS*TB,${(pictureLast - LAST_FRAME_TOLERANCE_SECONDS).toFixed(6)})`;
  const shown = holdsFirst || timing.pictureStart > 0 ? 'if(eq(N,0),0,PTS)' : 'PTS';
  const last = `if(${isLast},${pictureEnd.toFixed(6)}/TB-${shown},DURATION)`;
  if (!holdsFirst) return exactTimes({ pts: 'PTS', dts: 'DTS', last });
  return exactTimes({ pts: shown, dts: 'if(eq(N,0),DTS-PTS,DTS)', more: '+eq(N,0)*PTS', last });
}

/** ffmpeg prints times with six digits, and rounds them to the ticks of a stream. */
const LAST_FRAME_TOLERANCE_SECONDS = 0.002;

/**
 * Every frame of the MP4 with its own time (1/90000 s holds those of 24, 25, 29.97, 30 and 60 fps exactly), and key
 * frames where it has them: so the segments of a copied rung and of an encoded one begin at the same frames. Where
 * nothing is copied, every two seconds as in our MP4.
 */
function encodeRung(rung: Rung, index: number, { policy, ladder }: HlsCommandOptions): string[] {
  const isHeld = rung.video === 'copy' && ladder.timing.pictureStart > 0;
  const timed = [`-bsf:v:${index}`, pictureTimes(ladder, isHeld)];
  if (rung.video === 'copy') return [`-c:v:${index}`, 'copy', ...timed];
  const { preset, crf, keyframeSeconds } = policy.video;
  const keyframes = ladder.whyNotCopied === undefined ? 'source' : `expr:gte(t,n_forced*${keyframeSeconds})`;
  const values: [option: string, value: string][] = [
    ['c', 'libx264'],
    ['preset', preset],
    ['crf', String(crf)],
    ['maxrate', String(rung.maxRate)],
    ['bufsize', String(rung.maxRate * 2)],
    ['profile', 'high'],
    ['force_key_frames', keyframes],
    ['sc_threshold', '0'],
    ['enc_time_base', '1/90000'],
    ['fps_mode', 'passthrough'],
  ];
  return [...values.flatMap(([option, value]) => [`-${option}:v:${index}`, value]), ...timed];
}

/** With `single_file` the initialization segment stands at the start of the file, too. */
function storeSegments({ hls: { layout } }: MediaPolicy): string[] {
  const isSingle = layout === 'single';
  const flags = isSingle ? 'independent_segments+single_file' : 'independent_segments';
  return ['-hls_flags', flags, '-hls_segment_filename', isSingle ? '%v/stream.mp4' : '%v/%04d.m4s'];
}

/** Which streams make a rendition, and its folder (`%v`); see "var_stream_map" in ffmpeg's documentation of hls. */
function streamMap({ rungs, audio }: Ladder): string {
  const hasAudio = audio !== 'none';
  const group = hasAudio ? ',agroup:audio' : '';
  return [
    ...rungs.map(({ name }, index) => `v:${index}${group},name:${name}`),
    ...(hasAudio ? [`a:0,agroup:audio,name:${AUDIO_FOLDER}`] : []),
  ].join(' ');
}
