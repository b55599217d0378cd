/** Turns ffprobe's fields of one stream into facts. Pure. */
import type { AudioInfo, HdrKind, PacketStats, VideoInfo } from '../plan/media-info.ts';
import { readDisplayMatrix } from './display-matrix.ts';
import { credibleRatio, displaySize } from './display-size.ts';
import type { FfprobeStream } from './ffprobe-output.ts';

/** By absolute stream index. */
export type StatsByStream = ReadonlyMap<number, PacketStats>;

export function toVideoInfo(stream: FfprobeStream, stats: StatsByStream): VideoInfo {
  const orientation = stream.side_data_list.map((side) => readDisplayMatrix(side.displaymatrix ?? '')).find(Boolean);
  const rotation = orientation?.rotation ?? 0;
  const sar = credibleRatio(stream.sample_aspect_ratio);
  const width = stream.width ?? 0;
  const height = stream.height ?? 0;
  const display = displaySize({ width, height, sampleAspectRatio: sar, rotation });
  return {
    index: stream.index,
    codec: stream.codec_name ?? 'unknown',
    profile: stream.profile,
    level: stream.level !== undefined && stream.level > 0 ? stream.level : undefined,
    pixelFormat: stream.pix_fmt,
    codedWidth: width,
    codedHeight: height,
    displayWidth: display.width,
    displayHeight: display.height,
    sampleAspectRatio: sar,
    rotation,
    mirrored: orientation?.mirrored ?? false,
    shapes: [],
    aperture: undefined,
    interlaced: /^(tt|bb|tb|bt)$/.test(stream.field_order ?? ''),
    color: {
      primaries: stream.color_primaries,
      transfer: stream.color_transfer,
      space: stream.color_space,
      range: stream.color_range,
    },
    hdr: hdrKind(stream.color_transfer),
    dolbyVisionProfile: stream.side_data_list.find((side) => side.dv_profile !== undefined)?.dv_profile,
    averageFps: stream.avg_frame_rate,
    realFps: stream.r_frame_rate,
    bitRate: stream.bit_rate,
    headerDurationSeconds: positive(stream.duration),
    startSeconds: stream.start_time,
    earlySeconds: 0,
    stats: stats.get(stream.index) ?? NO_PACKETS,
  };
}

export function toAudioInfo(stream: FfprobeStream, stats: StatsByStream): AudioInfo {
  return {
    index: stream.index,
    codec: stream.codec_name ?? 'unknown',
    profile: stream.profile,
    channels: stream.channels ?? 0,
    channelLayout: stream.channel_layout,
    sampleRate: stream.sample_rate ?? 0,
    startSeconds: stream.start_time,
    stats: stats.get(stream.index) ?? NO_PACKETS,
  };
}

const NO_PACKETS: PacketStats = Object.freeze({
  packets: 0,
  bytes: 0,
  firstSeconds: 0,
  lastSeconds: 0,
  durationSeconds: 0,
  firstPacketIsKey: false,
  firstKeySeconds: undefined,
  keyPackets: 0,
  newParameters: false,
  largestKeyGapSeconds: 0,
  largestGapSeconds: 0,
  hiddenSeconds: 0,
  decodedLateSeconds: 0,
  clockJumps: 0,
});

/** ffmpeg's names of the transfer functions of SMPTE ST 2084 and ARIB STD-B67. */
function hdrKind(transfer: string | undefined): HdrKind | undefined {
  if (transfer === 'smpte2084') return 'pq';
  if (transfer === 'arib-std-b67') return 'hlg';
  return undefined;
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
