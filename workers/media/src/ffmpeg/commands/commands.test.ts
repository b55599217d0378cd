import { describe, expect, it } from 'vitest';
import { audioInfo, mediaInfo, videoInfo } from '../../../test/media/media-info-fixture.ts';
import type { MediaInfo } from '../../media/media-info.ts';
import { type ConvertPlan, planProcessing } from '../../media/plan.ts';
import { assertGuarded } from '../sandbox.ts';
import { decodeCheckArguments } from './decode-check.ts';
import { posterArguments } from './poster.ts';
import { remuxArguments } from './remux.ts';
import { transcodeArguments } from './transcode.ts';

function convert(info: MediaInfo): ConvertPlan {
  const plan = planProcessing(info);
  if (plan.action !== 'convert') throw new Error('rejected');
  return plan;
}

const files = { inputPath: '/work/a job/input', outputPath: '/work/a job/video.mp4.partial', threads: 2 };

const INPUT = [
  '-hide_banner -nostdin -y -v error -progress pipe:1 -stats_period 0.5',
  '-protocol_whitelist file -format_whitelist mov,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mxf,rm,mp3,wav,aac,flac',
  '-max_pixels 35651584',
].join(' ');

/** Paths hold a space on purpose: it must not split them. */
function words(args: readonly string[]): string {
  assertGuarded(args);
  return args.map((arg) => arg.replace('/work/a job', 'JOB')).join(' ');
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
        '-map_metadata -1 -map_chapters -1 -c:v copy -c:a aac -b:a 128000 -ac 2 -ar 48000 ' +
        '-movflags +faststart -f mp4 file:JOB/video.mp4.partial',
    );
  });

  it('transcode', () => {
    const plan = convert(mediaInfo({ video: videoInfo({ codec: 'hevc', codedWidth: 3840, codedHeight: 2160 }) }));
    expect(words(transcodeArguments({ ...files, plan, canConvertHdr: true }))).toBe(
      `${INPUT} -threads 2 -i file:JOB/input -filter:a aresample=async=1:first_pts=0 ` +
        '-filter:v scale=1920:1080:out_range=tv,setsar=1,format=yuv420p -map 0:0 -map 0:1 -sn -dn ' +
        '-map_metadata -1 -map_chapters -1 -c:v libx264 -preset veryfast -crf 23 -profile:v high ' +
        '-maxrate 6000000 -bufsize 12000000 -force_key_frames expr:gte(t,n_forced*2) -sc_threshold 0 ' +
        '-fps_mode vfr -threads 2 -max_muxing_queue_size 1024 -max_error_rate 1 ' +
        '-c:a aac -b:a 128000 -ac 2 -ar 48000 -movflags +faststart -f mp4 file:JOB/video.mp4.partial',
    );
  });

  it('transcode of silent HDR that showed its size late', () => {
    const video = videoInfo({ codec: 'hevc', hdr: 'pq' });
    const plan = convert(mediaInfo({ video, audio: undefined, audioTracks: 0, deepAnalysis: true }));
    const line = words(transcodeArguments({ ...files, plan, canConvertHdr: true }));
    expect(line).toContain('-max_pixels 35651584 -analyzeduration 60M -probesize 200M -threads 2 -i');
    expect(line).toContain('-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv');
    expect(line).not.toMatch(/-c:a|-filter:a/);
  });

  it('poster', () => {
    const options = { ...files, videoIndex: 0, size: { width: 1280, height: 720 }, quality: 3, maxPixels: 35_651_584 };
    expect(words(posterArguments({ ...options, seekSeconds: 1 }))).toBe(
      `${INPUT} -threads 2 -ss 1.000 -t 4 -i file:JOB/input ` +
        '-filter:v thumbnail=50,scale=1280:720:out_range=pc,setsar=1,format=yuvj420p ' +
        '-map 0:0 -an -sn -dn -map_metadata -1 -frames:v 1 -c:v mjpeg -q:v 3 -f mjpeg file:JOB/video.mp4.partial',
    );
    expect(words(posterArguments({ ...options, seekSeconds: 0 }))).not.toContain('-ss');
  });

  it('decode check', () => {
    const options = { inputPath: files.inputPath, videoIndex: 0, seconds: 1, maxPixels: 35_651_584, threads: 2 };
    expect(words(decodeCheckArguments({ ...options, fromSeconds: 8.5 }))).toBe(
      `${INPUT} -threads 2 -ss 8.500 -t 1.000 -i file:JOB/input -y -map 0:0 -an -sn -dn -fps_mode passthrough -f null -`,
    );
  });
});
