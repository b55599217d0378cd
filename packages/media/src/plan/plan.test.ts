import { describe, expect, it } from 'vitest';
import { audioInfo, mediaInfo, packetStats, videoInfo } from '../../test/support/media-info-fixture.ts';
import type { AudioInfo, MediaInfo, ProbeResult, VideoInfo } from './media-info.ts';
import { type ConvertPlan, encodeInstead, keepLoudness, planProcessing } from './plan.ts';
import { DEFAULT_POLICY } from './policy.ts';

function convert(info: MediaInfo, policy = DEFAULT_POLICY): ConvertPlan {
  const plan = planProcessing(info, policy);
  if (plan.action !== 'convert') throw new Error(`rejected: ${plan.rejection.code}`);
  return plan;
}

function codes(info: MediaInfo): string[] {
  return convert(info).reasons.map((reason) => reason.code);
}

const withVideo = (changes: Partial<VideoInfo>) => mediaInfo({ video: videoInfo(changes) });
const withAudio = (changes: Partial<AudioInfo>) => mediaInfo({ audio: audioInfo(changes) });

describe('a file that is copied', () => {
  it.each<[string, MediaInfo, string]>([
    ['a web-ready MP4', mediaInfo(), 'already_faststart'],
    [
      'an index at the end',
      mediaInfo({ mp4: { moovFirst: false, fragmented: false, durationUnknown: false } }),
      'moov_at_end',
    ],
    ['fragments', mediaInfo({ mp4: { moovFirst: true, fragmented: true, durationUnknown: false } }), 'fragmented'],
    ['another container', mediaInfo({ format: 'mpegts', mp4: undefined }), 'container'],
    ['full range', withVideo({ pixelFormat: 'yuvj420p' }), 'already_faststart'],
    ['a quarter turn', withVideo({ rotation: 90, displayWidth: 720, displayHeight: 1280 }), 'already_faststart'],
    ['pixels square but for rounding', withVideo({ sampleAspectRatio: 1280 / 1281 }), 'already_faststart'],
    ['portrait 1080p', withVideo({ codedWidth: 1080, codedHeight: 1920 }), 'already_faststart'],
    ['21:9 with 1080 lines', withVideo({ codedWidth: 2560, codedHeight: 1080 }), 'already_faststart'],
    ['a phone with an absurd real rate', withVideo({ averageFps: 28.2, realFps: 120 }), 'already_faststart'],
    ['no audio', mediaInfo({ audio: undefined, audioTracks: 0 }), 'already_faststart'],
    ['HE-AAC', withAudio({ profile: 'HE-AAC' }), 'already_faststart'],
    ['mono', withAudio({ channels: 1 }), 'already_faststart'],
    [
      'a short clip of high bit rate',
      withVideo({
        stats: packetStats({ durationSeconds: 1.2, lastSeconds: 1.1, bytes: 3_400_000 }),
        headerDurationSeconds: 1.2,
      }),
      'already_faststart',
    ],
  ])('%s', (_, info, code) => {
    const plan = convert(info);
    expect(plan.outcome).toBe('remuxed');
    expect(plan.video).toBe('copy');
    expect(plan.reasons.map((reason) => reason.code)).toEqual([code]);
  });
});

describe('a file whose video is encoded', () => {
  it.each<[string, MediaInfo, string[]]>([
    ['another codec', withVideo({ codec: 'hevc', profile: 'Main', level: 120 }), ['video_codec']],
    ['High 10', withVideo({ profile: 'High 10', pixelFormat: 'yuv420p10le' }), ['profile', 'pixel_format']],
    ['a level that few decode', withVideo({ level: 62 }), ['level']],
    ['8-bit HLG', withVideo({ hdr: 'hlg' }), ['hdr']],
    ['interlaced', withVideo({ interlaced: true }), ['interlaced']],
    ['DVD pixels', withVideo({ sampleAspectRatio: 8 / 9 }), ['pixel_shape']],
    ['4K', withVideo({ codedWidth: 3840, codedHeight: 2160 }), ['too_large']],
    ['an odd side', withVideo({ codedWidth: 496, codedHeight: 241 }), ['odd_size']],
    ['240 frames per second', withVideo({ averageFps: 240, realFps: 240 }), ['frame_rate']],
    ['20 Mb/s', withVideo({ stats: packetStats({ bytes: 25_000_000 }) }), ['bit_rate']],
    ['a turn of 45 degrees', withVideo({ rotation: 45 }), ['rotation']],
    ['a mirror', withVideo({ mirrored: true }), ['mirrored']],
    [
      'a phone turned in the middle',
      withVideo({
        shapes: [
          { width: 1280, height: 720, seconds: 5 },
          { width: 720, height: 1280, seconds: 5 },
        ],
      }),
      ['shape_changes'],
    ],
    ['a clean aperture', withVideo({ aperture: { left: 0, top: 60, width: 1280, height: 600 } }), ['clean_aperture']],
    ['no container', mediaInfo({ format: 'dv', bareStream: 'a DV recording', mp4: undefined }), ['bare_stream']],
    ['AVI', mediaInfo({ format: 'avi', mp4: undefined }), ['avi_timestamps']],
    ['a start inside a scene', withVideo({ stats: packetStats({ firstPacketIsKey: false }) }), ['first_frame_not_key']],
    ['one key frame in 15 s', withVideo({ stats: packetStats({ largestKeyGapSeconds: 15 }) }), ['keyframe_gap']],
    ['a clock that jumps', withVideo({ stats: packetStats({ clockJumps: 1 }) }), ['clock_jumps']],
    ['what is decoded too late', withVideo({ stats: packetStats({ decodedLateSeconds: 0.4 }) }), ['decoded_late']],
    ['half of what the header says', withVideo({ headerDurationSeconds: 22 }), ['shorter_than_header']],
    [
      'a header that does not say',
      mediaInfo({ mp4: { moovFirst: true, fragmented: true, durationUnknown: true } }),
      ['duration_unknown'],
    ],
  ])('%s', (_, info, expected) => {
    const plan = convert(info);
    expect(plan).toMatchObject({ outcome: 'processed', video: 'encode', audio: 'encode' });
    expect(plan.reasons.map((reason) => reason.code)).toEqual(expected);
    for (const { detail } of plan.reasons) expect(detail).not.toMatch(/undefined|NaN/);
  });

  it('copies the video when only the audio is wrong', () => {
    for (const audio of [{ codec: 'pcm_s16le', profile: undefined }, { channels: 6 }, { profile: 'Main' }]) {
      expect(convert(withAudio(audio))).toMatchObject({ outcome: 'processed', video: 'copy', audio: 'encode' });
      expect(codes(withAudio(audio))).toEqual(['audio_codec']);
    }
  });

  it('keeps why a copy was given up', () => {
    const plan = encodeInstead(convert(mediaInfo()), 'no frame can be decoded');
    expect(plan).toMatchObject({ outcome: 'processed', video: 'encode', audio: 'encode' });
    expect(plan.reasons.at(-1)).toEqual({ code: 'copy_failed', detail: 'no frame can be decoded' });
  });
});

describe('the target of an encode', () => {
  it.each<[string, Partial<VideoInfo>, { width: number; height: number; fps: number | undefined }]>([
    ['8K', { codedWidth: 7680, codedHeight: 4320 }, { width: 1920, height: 1080, fps: undefined }],
    ['portrait 4K', { codedWidth: 2160, codedHeight: 3840 }, { width: 1080, height: 1920, fps: undefined }],
    ['a wide screen capture', { codedWidth: 3026, codedHeight: 1386 }, { width: 1920, height: 880, fps: undefined }],
    ['never upscaled', { codedWidth: 176, codedHeight: 144 }, { width: 176, height: 144, fps: undefined }],
    ['odd', { codedWidth: 321, codedHeight: 241 }, { width: 320, height: 240, fps: undefined }],
    ['slow motion', { averageFps: 240, realFps: 240 }, { width: 1280, height: 720, fps: 60 }],
    [
      'a capture of 7 frames and a clock of 57600',
      { averageFps: 7.2, realFps: 57_600 },
      { width: 1280, height: 720, fps: 30 },
    ],
    ['Matroska that claims 1000', { averageFps: 1000, realFps: 30 }, { width: 1280, height: 720, fps: 30 }],
    ['50 frames with a wrong real rate', { averageFps: 50, realFps: 90_000 }, { width: 1280, height: 720, fps: 60 }],
  ])('%s', (_, changes, target) => {
    expect(convert(withVideo(changes)).target).toEqual(target);
  });
});

describe('a file that is turned away', () => {
  const unreadable = (
    code: 'empty_file' | 'moov_missing' | 'container_not_allowed',
    lookedLike?: string,
  ): ProbeResult => ({
    readable: false,
    sizeBytes: 0,
    code,
    lookedLike,
    detail: '',
  });

  it.each<[string, ProbeResult, string]>([
    ['empty', unreadable('empty_file'), 'empty_file'],
    ['cut off', unreadable('moov_missing'), 'moov_missing'],
    ['a PNG', unreadable('container_not_allowed', 'a PNG image'), 'container_not_allowed'],
    ['audio only', mediaInfo({ video: undefined }), 'no_video_stream'],
    ['encrypted', mediaInfo({ encrypted: true }), 'encrypted'],
    ['a codec from tomorrow', mediaInfo({ video: undefined, unknownVideoTags: ['vvc1'] }), 'unsupported_codec'],
    [
      'encrypted beyond recognition',
      mediaInfo({ video: undefined, unknownVideoTags: ['encv'], encrypted: true }),
      'encrypted',
    ],
    ['enormous', withVideo({ codedWidth: 16_000, codedHeight: 16_000 }), 'too_many_pixels'],
    ['a header only', withVideo({ pixelFormat: undefined }), 'undecodable_video'],
    [
      'a part of a frame of DV',
      mediaInfo({ format: 'dv', bareStream: 'a DV recording', sizeBytes: 4400 }),
      'undecodable_video',
    ],
    ['no frame', withVideo({ stats: packetStats({ packets: 0 }) }), 'undecodable_video'],
  ])('%s', (_, probe, code) => {
    const plan = planProcessing(probe);
    expect(plan).toMatchObject({ action: 'reject', outcome: 'rejected', rejection: { code } });
  });

  it('says what the file is', () => {
    const plan = planProcessing(unreadable('container_not_allowed', 'a PNG image'));
    expect(plan.action === 'reject' && plan.rejection.reason).toBe(
      'This is a PNG image, not a video. Upload an MP4, MOV, WebM, MKV, AVI or MPEG file.',
    );
  });
});

/** Ten seconds that start when the calendar says so, by a header of so many seconds. */
function calendarClock(seconds: number): MediaInfo {
  const start = 1_764_000_000;
  const stats = packetStats({ firstSeconds: start, lastSeconds: start + 9.96 });
  const video = videoInfo({ stats, headerDurationSeconds: undefined });
  return mediaInfo({ video, audio: audioInfo({ stats }), headerDurationSeconds: start + seconds });
}

describe('warnings', () => {
  it.each<[string, MediaInfo, string[]]>([
    ['none for a good file', mediaInfo(), []],
    ['a wrong header', withVideo({ headerDurationSeconds: 143_165 }), ['header_duration_wrong']],
    ['a clock that counts from 1970', calendarClock(10), []],
    ['half of a recording by such a clock', calendarClock(20), ['header_duration_wrong']],
    [
      'a header that counts from 0 to a late end',
      withVideo({ stats: packetStats({ firstSeconds: 100, lastSeconds: 110 }), headerDurationSeconds: 110 }),
      [],
    ],
    ['Dolby Vision 5', withVideo({ codec: 'hevc', dolbyVisionProfile: 5 }), ['dolby_vision_5']],
    ['Dolby Vision 8', withVideo({ codec: 'hevc', dolbyVisionProfile: 8, hdr: 'hlg' }), []],
    ['alpha', withVideo({ codec: 'prores', pixelFormat: 'yuva444p12le' }), ['alpha_dropped']],
    ['a bare stream of 25 frames per second', mediaInfo({ bareStream: 'a stream' }), ['frame_rate_assumed']],
    ['two tracks', mediaInfo({ audioTracks: 2 }), ['extra_audio_dropped']],
    ['sound without a decoder', mediaInfo({ audio: undefined, undecodableAudio: ['ac4'] }), ['audio_lost']],
    [
      'one of two tracks without a decoder',
      mediaInfo({ audioTracks: 2, undecodableAudio: ['ac4'] }),
      ['extra_audio_dropped'],
    ],
    [
      'a start without a picture',
      withVideo({ stats: packetStats({ firstPacketIsKey: false, firstKeySeconds: 2 }) }),
      ['undecodable_start'],
    ],
  ])('%s', (_, info, expected) => {
    expect(convert(info).warnings.map((warning) => warning.code)).toEqual(expected);
  });
});

describe('a target for the loudness', () => {
  const policy = { ...DEFAULT_POLICY, loudnessLufs: -14 };

  it('encodes sound that could be copied, beside the copied video', () => {
    const plan = convert(mediaInfo(), policy);
    expect(plan).toMatchObject({ outcome: 'processed', video: 'copy', audio: 'encode' });
    expect(plan.reasons).toEqual([{ code: 'loudness', detail: 'the sound is brought to -14 LUFS' }]);
    expect(keepLoudness(plan)).toEqual({ ...convert(mediaInfo()), loudness: undefined });
  });

  it('leaves alone what is too short to be measured, and no sound', () => {
    const short = withAudio({ stats: packetStats({ durationSeconds: 0.9 }) });
    for (const info of [short, mediaInfo({ audio: undefined })]) {
      expect(convert(info, policy)).toMatchObject({ outcome: 'remuxed' });
    }
  });

  it('is kept from what has other reasons to be encoded', () => {
    const plan = convert(withAudio({ codec: 'ac3' }), policy);
    expect(plan.reasons.map(({ code }) => code)).toEqual(['audio_codec', 'loudness']);
    expect(keepLoudness(plan)).toMatchObject({ audio: 'encode', reasons: [{ code: 'audio_codec' }] });
  });
});
