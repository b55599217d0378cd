import { describe, expect, it } from 'vitest';
import { audioInfo, mediaInfo, packetStats, videoInfo } from '../../../test/support/media-info-fixture.ts';
import { hlsArguments } from '../../outputs/hls/command.ts';
import { planLadder } from '../../outputs/hls/ladder.ts';
import { posterArguments } from '../../outputs/poster.ts';
import { planPreview } from '../../outputs/preview/plan.ts';
import { previewArguments } from '../../outputs/preview.ts';
import { storyboardArguments } from '../../outputs/storyboard.ts';
import type { MediaInfo, VideoMedia } from '../../plan/media-info.ts';
import { type ConvertPlan, planProcessing } from '../../plan/plan.ts';
import { DEFAULT_POLICY } from '../../plan/policy.ts';
import { planStoryboard } from '../../plan/storyboard.ts';
import { assertGuarded } from '../sandbox.ts';
import { clearTagsArguments } from './clear-tags.ts';
import { decodeCheckArguments } from './decode-check.ts';
import { remuxArguments } from './remux.ts';
import { transcodeArguments } from './transcode.ts';

function convert(info: MediaInfo): ConvertPlan {
  const plan = planProcessing(info);
  if (plan.action !== 'convert') throw new Error('rejected');
  return plan;
}

const files = { inputPath: '/jobs/a job/input', outputPath: '/jobs/a job/video.mp4.partial', threads: 2 };

const INPUT = [
  '-hide_banner -nostdin -y -v error -progress pipe:1 -stats_period 0.5',
  '-protocol_whitelist file -format_whitelist mov,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mxf,rm,mp3,wav,aac,flac,dv,h264,hevc,m4v,mpegvideo,ivf,dhav',
  '-max_pixels 35651584',
].join(' ');

const SAME_COLORS = 'in_color_matrix=bt709:in_range=tv:out_color_matrix=bt709:out_range=tv';
const BT709_TAGS = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709';
const TO_JPEG = 'format=gbrp,setsar=1,scale=out_color_matrix=bt601:out_range=pc,format=yuvj420p';
const TOOLS = {
  limits: { threads: 2, memoryBytes: undefined },
  ffmpeg: { path: 'ffmpeg', version: '7.0', origin: 'path', canConvertHdr: true, decodableCodecs: undefined },
} as const;

/** What is made of an MP4. */
const onMp4 = (info: MediaInfo) => ({
  mp4: { path: files.inputPath, info: info as VideoMedia },
  policy: DEFAULT_POLICY,
  limits: { threads: 2 },
  tools: TOOLS,
  outputPath: files.outputPath,
});

/** Paths hold a space on purpose: it must not split them. */
function words(args: readonly string[]): string {
  assertGuarded(args);
  return args.map((arg) => arg.replace('/jobs/a job', 'JOB')).join(' ');
}

describe('command lines', () => {
  it('remux', () => {
    expect(words(remuxArguments({ ...files, plan: convert(mediaInfo()) }))).toBe(
      `${INPUT} -threads 2 -i file:JOB/input -map 0:0 -map 0:1 -sn -dn -map_metadata -1 -map_chapters -1 ` +
        '-c:v copy -c:a copy -movflags +faststart -f mp4 file:JOB/video.mp4.partial',
    );
  });

  it('remux without audio', () => {
    const plan = convert(mediaInfo({ video: videoInfo({ index: 3 }), audio: undefined, audioTracks: 0 }));
    const line = words(remuxArguments({ ...files, plan }));
    expect(line).toContain('-map 0:3 -sn');
    expect(line).not.toContain('-c:a');
  });

  it('copied video, encoded audio', () => {
    const plan = convert(mediaInfo({ audio: audioInfo({ index: 2, codec: 'ac3', profile: undefined, channels: 6 }) }));
    expect(words(remuxArguments({ ...files, plan }))).toBe(
      `${INPUT} -threads 2 -i file:JOB/input -filter:a aresample=async=1:first_pts=0 -map 0:0 -map 0:2 -sn -dn ` +
        '-map_metadata -1 -map_chapters -1 -c:v copy -max_error_rate 1 -c:a aac -b:a 128000 -ac 2 -ar 48000 ' +
        '-movflags +faststart -f mp4 file:JOB/video.mp4.partial',
    );
  });

  it('transcode', () => {
    const plan = convert(mediaInfo({ video: videoInfo({ codec: 'hevc', codedWidth: 3840, codedHeight: 2160 }) }));
    expect(words(transcodeArguments({ ...files, plan, canConvertHdr: true }))).toBe(
      `${INPUT} -threads 2 -i file:JOB/input -filter:a aresample=async=1:first_pts=0 ` +
        `-filter:v scale=1920:1080:${SAME_COLORS},setsar=1,format=yuv420p,${BT709_TAGS} -map 0:0 -map 0:1 -sn -dn ` +
        '-map_metadata -1 -map_chapters -1 -c:v libx264 -preset veryfast -crf 23 -profile:v high ' +
        '-maxrate 6000000 -bufsize 12000000 -force_key_frames expr:gte(t,n_forced*2) -sc_threshold 0 ' +
        '-enc_time_base:v 1/90000 -fps_mode vfr -threads 2 -max_muxing_queue_size 1024 -max_error_rate 1 ' +
        '-c:a aac -b:a 128000 -ac 2 -ar 48000 -movflags +faststart -f mp4 file:JOB/video.mp4.partial',
    );
  });

  it('transcode of silent HDR that showed its size late', () => {
    const video = videoInfo({ codec: 'hevc', hdr: 'pq' });
    const plan = convert(mediaInfo({ video, audio: undefined, audioTracks: 0, deepAnalysis: true }));
    const line = words(transcodeArguments({ ...files, plan, canConvertHdr: true }));
    expect(line).toContain('-max_pixels 35651584 -analyzeduration 60M -probesize 200M -threads 2 -i');
    expect(line).toContain(`zscale=t=bt709:m=bt709:r=tv,format=yuv420p,${BT709_TAGS} `);
    expect(line).not.toMatch(/-c:a|-filter:a/);
  });

  it('poster', () => {
    const options = onMp4(mediaInfo());
    expect(words(posterArguments({ ...options, seekSeconds: 1 }))).toBe(
      `${INPUT} -threads 2 -ss 1.000 -t 4 -i file:JOB/input ` +
        `-filter:v thumbnail=50,scale=1280:720:${SAME_COLORS},${TO_JPEG} ` +
        '-map 0:0 -an -sn -dn -map_metadata -1 -frames:v 1 -c:v mjpeg -q:v 3 -f mjpeg file:JOB/video.mp4.partial',
    );
    expect(words(posterArguments({ ...options, seekSeconds: 0 }))).not.toContain('-ss');
  });

  it('decode check', () => {
    const options = { inputPath: files.inputPath, videoIndex: 0, seconds: 1, maxPixels: 35_651_584, threads: 2 };
    expect(words(decodeCheckArguments({ ...options, fromSeconds: 8.5 }))).toBe(
      `${INPUT} -threads 2 -ss 8.500 -t 1.000 -i file:JOB/input -y -filter:v setpts=N -map 0:0 -an -sn -dn -fps_mode passthrough -f null -`,
    );
  });

  const mp4 = mediaInfo({ video: videoInfo({ codedWidth: 1920, codedHeight: 1080 }) });
  const hls = (info: MediaInfo) => {
    const ladder = planLadder(info, DEFAULT_POLICY);
    const { video = videoInfo(), audio } = info;
    return words(
      hlsArguments({ inputPath: files.inputPath, video, audio, ladder, policy: DEFAULT_POLICY, threads: 2 }),
    );
  };
  const exact = (last: string) =>
    String.raw`setts=pts=PTS:dts=DTS:duration=if(gt(NEXT_DTS\,-1e18)\,NEXT_DTS-DTS\,${last})`;
  const durations = exact('DURATION');
  /** The last frame of ten seconds at 25 fps lasts until they are over. */
  const pictureDurations = exact(String.raw`if(eq(N\,0)+gte(PTS*TB\,9.958000)\,10.000000/TB-PTS\,DURATION)`);
  const rung = (index: number, rate: number, keyframes: string) =>
    `-c:v:${index} libx264 -preset:v:${index} veryfast -crf:v:${index} 23 -maxrate:v:${index} ${rate} -bufsize:v:${index} ${rate * 2} ` +
    `-profile:v:${index} high -force_key_frames:v:${index} ${keyframes} -sc_threshold:v:${index} 0 ` +
    `-enc_time_base:v:${index} 1/90000 -fps_mode:v:${index} passthrough -bsf:v:${index} ${pictureDurations}`;
  const muxer =
    '-f hls -hls_time 4 -hls_playlist_type vod -hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4 ' +
    '-hls_segment_options movflags=+negative_cts_offsets+frag_discont+skip_sidx ' +
    '-avoid_negative_ts disabled -hls_flags independent_segments+single_file -hls_segment_filename %v/stream.mp4';

  it('hls: the largest size copied, the others encoded, all in one process', () => {
    expect(hls(mp4)).toBe(
      `${INPUT} -threads 2 -i file:JOB/input -y -filter_complex [0:0]split=2[s720p][s480p];` +
        `[s720p]scale=1280:720:${SAME_COLORS},setsar=1,format=yuv420p,${BT709_TAGS}[720p];` +
        `[s480p]scale=854:480:${SAME_COLORS},setsar=1,format=yuv420p,${BT709_TAGS}[480p] ` +
        '-map 0:0 -map [720p] -map [480p] -map 0:1 -sn -dn -map_metadata -1 -map_chapters -1 ' +
        `-c:v:0 copy -bsf:v:0 ${pictureDurations} ${rung(1, 3_000_000, 'source')} ${rung(2, 1_400_000, 'source')} -threads 2 -max_muxing_queue_size 1024 -c:a copy ` +
        String.raw`-bsf:a noise=drop=lt(pts\,0),` +
        `${durations} ${muxer} -var_stream_map v:0,agroup:audio,name:1080p v:1,agroup:audio,name:720p ` +
        'v:2,agroup:audio,name:480p a:0,agroup:audio,name:audio ./%v/index.m3u8',
    );
  });

  it('hls of a small silent video: nothing to encode', () => {
    const video = videoInfo({ codedWidth: 640, codedHeight: 360 });
    expect(hls(mediaInfo({ video, audio: undefined, audioTracks: 0 }))).toBe(
      `${INPUT} -threads 2 -i file:JOB/input -y -map 0:0 -sn -dn -map_metadata -1 -map_chapters -1 -c:v:0 copy ` +
        `-bsf:v:0 ${pictureDurations} ${muxer} -var_stream_map v:0,name:360p ./%v/index.m3u8`,
    );
  });

  it('hls of a video that begins later than its sound: the first frame is held', () => {
    const late = packetStats({ firstSeconds: 0.5, durationSeconds: 9.5 });
    const line = hls(mediaInfo({ video: videoInfo({ stats: late }) }));
    expect(line).toContain(
      String.raw`-c:v:0 copy -bsf:v:0 setts=pts=if(eq(N\,0)\,0\,PTS):dts=if(eq(N\,0)\,DTS-PTS\,DTS)`,
    );
    expect(line).toContain(String.raw`colorspace=bt709,setpts=if(eq(N\,0)\,0\,PTS)[480p]`);
  });

  it('hls of a video with holes: frames are repeated, and silence fills the sound', () => {
    const still = packetStats({ largestGapSeconds: 5 });
    const line = hls(
      mediaInfo({ video: videoInfo({ stats: still }), audio: audioInfo({ stats: packetStats({ firstSeconds: 3 }) }) }),
    );
    expect(line).toContain(
      'colorspace=bt709,fps=25:start_time=0,tpad=stop_mode=clone:stop_duration=13.000,trim=end=13.000[480p]',
    );
    expect(line).toContain('-filter:a aresample=async=1:first_pts=0,apad=whole_dur=13.000');
    expect(line).toContain(String.raw`-ar 48000 -bsf:a noise=drop=lt(pts\,0)`);
    expect(line).not.toContain('copy');
  });

  it('hls of a turned video: every size encoded, with key frames of our own', () => {
    const video = videoInfo({ codedWidth: 640, codedHeight: 360, rotation: 90, displayWidth: 360, displayHeight: 640 });
    const line = hls(mediaInfo({ video }));
    expect(line).toContain('[s360p]scale=360:640:');
    expect(line).toContain(rung(0, 1_400_000, 'expr:gte(t,n_forced*2)'));
  });

  it('storyboard', () => {
    const line = (gap: number) => {
      const video = videoInfo({ stats: packetStats({ durationSeconds: 25, largestKeyGapSeconds: gap }) });
      const plan = planStoryboard(mediaInfo({ video }), DEFAULT_POLICY.storyboard);
      return words(storyboardArguments({ ...onMp4(mediaInfo({ video })), plan }));
    };
    expect(line(2)).toBe(
      `${INPUT} -threads 2 -skip_frame nokey -i file:JOB/input -filter:v fps=1/2:start_time=0:eof_action=pass,` +
        `scale=160:90:${SAME_COLORS},${TO_JPEG},tpad=stop_mode=clone:stop=20,tile=10x2 ` +
        '-map 0:0 -an -sn -dn -map_metadata -1 -fps_mode passthrough -frames:v 1 -c:v mjpeg -q:v 5 -f mjpeg ' +
        'file:JOB/video.mp4.partial',
    );
    expect(line(9)).not.toContain('nokey');
  });

  it('preview: four moments of a long video, joined', () => {
    const video = videoInfo({ stats: packetStats({ lastSeconds: 99.96, durationSeconds: 100 }) });
    const options = onMp4(mediaInfo({ video }));
    const line = words(previewArguments({ ...options, plan: planPreview(options.mp4.info) }));
    const more = INPUT.slice(INPUT.indexOf('-protocol'));
    const moment = (input: number) =>
      `[${input}:0]setpts=PTS-STARTPTS,fps=25:eof_action=pass,scale=480:270:${SAME_COLORS},setsar=1,format=yuv420p,` +
      `tpad=stop_mode=clone:stop_duration=1.500,trim=duration=1.500[m${input}]`;
    expect(line).toBe(
      `${INPUT} -threads 2 -ss 11.750 -t 1.500 -i file:JOB/input ${more} -threads 2 -ss 36.750 -t 1.500 -i file:JOB/input ` +
        `${more} -threads 2 -ss 61.750 -t 1.500 -i file:JOB/input ${more} -threads 2 -ss 86.750 -t 1.500 -i file:JOB/input ` +
        `-filter_complex ${[0, 1, 2, 3].map(moment).join(';')};[m0][m1][m2][m3]concat=n=4,${BT709_TAGS}[clip] -map [clip] -an -sn -dn ` +
        '-map_metadata -1 -map_chapters -1 -c:v libx264 -preset veryfast -crf 28 -profile:v high -maxrate 500000 ' +
        '-bufsize 500000 -threads 1 -movflags +faststart -f mp4 file:JOB/video.mp4.partial',
    );
  });

  it('a copy drops colour tags that the standards reserve, in the file or ahead of an encode', () => {
    const video = videoInfo({ color: { primaries: 'bt709', transfer: 'bt709', space: 'reserved', range: 'tv' } });
    const plan = convert(mediaInfo({ video }));
    expect(words(remuxArguments({ ...files, plan }))).toContain(
      '-c:v copy -bsf:v h264_metadata=matrix_coefficients=2 ',
    );
    expect(words(clearTagsArguments({ ...files, plan, filter: 'h264_metadata=matrix_coefficients=2' }))).toBe(
      `${INPUT} -threads 2 -i file:JOB/input -map 0:0 -map 0:1 -sn -dn -map_metadata -1 -map_chapters -1 ` +
        '-c copy -bsf:v h264_metadata=matrix_coefficients=2 -f mov file:JOB/video.mp4.partial',
    );
  });

  it('a copy is given the tags that it lacks, in the bitstream and in its box', () => {
    const color = { primaries: undefined, transfer: 'reserved', space: 'bt470bg', range: 'pc' };
    const plan = convert(mediaInfo({ video: videoInfo({ pixelFormat: 'yuvj420p', color }) }));
    expect(words(remuxArguments({ ...files, plan }))).toContain(
      '-c:v copy -bsf:v h264_metadata=video_full_range_flag=1:colour_primaries=1:transfer_characteristics=1:' +
        'matrix_coefficients=5 -color_primaries 1 -color_trc 1 -colorspace 5 -color_range pc ',
    );
  });
});
