/** Facts about files that exist only in tests: a web-ready MP4, to be spoiled in one way at a time. */
import type { AudioInfo, MediaInfo, PacketStats, VideoInfo } from '../../src/plan/media-info.ts';

export function packetStats(changes: Partial<PacketStats> = {}): PacketStats {
  return {
    packets: 250,
    bytes: 2_000_000,
    firstSeconds: 0,
    lastSeconds: 9.96,
    durationSeconds: 10,
    firstPacketIsKey: true,
    firstKeySeconds: 0,
    keyPackets: 5,
    newParameters: false,
    largestKeyGapSeconds: 2,
    largestGapSeconds: 0.04,
    hiddenSeconds: 0,
    decodedLateSeconds: 0,
    clockJumps: 0,
    ...changes,
  };
}

export function videoInfo(changes: Partial<VideoInfo> = {}): VideoInfo {
  return {
    index: 0,
    codec: 'h264',
    profile: 'High',
    level: 40,
    pixelFormat: 'yuv420p',
    codedWidth: 1280,
    codedHeight: 720,
    displayWidth: changes.codedWidth ?? 1280,
    displayHeight: changes.codedHeight ?? 720,
    sampleAspectRatio: 1,
    rotation: 0,
    mirrored: false,
    shapes: [],
    aperture: undefined,
    interlaced: false,
    color: { primaries: 'bt709', transfer: 'bt709', space: 'bt709', range: 'tv' },
    hdr: undefined,
    dolbyVisionProfile: undefined,
    averageFps: 25,
    realFps: 25,
    bitRate: 1_600_000,
    headerDurationSeconds: 10,
    startSeconds: 0,
    earlySeconds: 0,
    stats: packetStats(),
    ...changes,
  };
}

export function audioInfo(changes: Partial<AudioInfo> = {}): AudioInfo {
  return {
    index: 1,
    codec: 'aac',
    profile: 'LC',
    channels: 2,
    channelLayout: 'stereo',
    sampleRate: 48_000,
    startSeconds: 0,
    stats: packetStats({ packets: 469, bytes: 160_000, lastSeconds: 9.98 }),
    ...changes,
  };
}

export function mediaInfo(changes: Partial<MediaInfo> = {}): MediaInfo {
  return {
    readable: true,
    sizeBytes: 2_200_000,
    format: 'mov,mp4,m4a,3gp,3g2,mj2',
    bareStream: undefined,
    headerDurationSeconds: 10,
    durationSeconds: 10,
    video: videoInfo(),
    unknownVideoTags: [],
    audio: audioInfo(),
    otherAudio: [],
    undecodableAudio: [],
    audioTracks: 1,
    subtitles: [],
    closedCaptions: false,
    encrypted: false,
    mp4: { moovFirst: true, fragmented: false, durationUnknown: false },
    deepAnalysis: false,
    ...changes,
  };
}
