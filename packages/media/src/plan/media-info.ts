/**
 * What is known of a media file once it has been probed: facts only, already corrected for the ways in which headers
 * lie. Decisions about the file (`plan.ts`) read this and never ffprobe's own output.
 *
 * Units: seconds, bits per second, pixels, degrees. `undefined` means that the file does not say.
 */

import type { LoudnessReport } from './loudness.ts';

/** How high-dynamic-range video is encoded: perceptual quantizer (HDR10, Dolby Vision) or hybrid log-gamma. */
export type HdrKind = 'pq' | 'hlg';

/** Colour tags as the file gives them; `undefined` when a tag is absent. */
export interface ColorInfo {
  readonly primaries: string | undefined;
  readonly transfer: string | undefined;
  readonly space: string | undefined;
  readonly range: string | undefined;
}

/** What the packets of one stream really hold, measured without decoding. */
export interface PacketStats {
  readonly packets: number;
  readonly bytes: number;
  /** Time of the first and of the last packet that is shown. */
  readonly firstSeconds: number;
  readonly lastSeconds: number;
  /** First packet's start to last packet's end; jumps in the clock of a transport stream are not counted. */
  readonly durationSeconds: number;
  readonly firstPacketIsKey: boolean;
  readonly firstKeySeconds: number | undefined;
  readonly keyPackets: number;
  /** Whether new parameters of the codec come with a packet, as where an MP4 has several sample descriptions. */
  readonly newParameters: boolean;
  /** The longest stretch without a key frame, the one after the last key frame included. */
  readonly largestKeyGapSeconds: number;
  /** The longest time from one packet to the next, or from the last one to its end. */
  readonly largestGapSeconds: number;
  /** Of packets that an edit list hides: what was cut out without encoding, or what a decoder needs to warm up. */
  readonly hiddenSeconds: number;
  /** By how much a packet is to be decoded after it is to be shown, at most: no container can be written with that. */
  readonly decodedLateSeconds: number;
  /** How often the clock of a transport or program stream started anew. */
  readonly clockJumps: number;
}

/** A size that the picture has for a part of the video, as a viewer sees it, and for how long in all. */
export interface Shape {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
}

/** The part of the stored picture that is to be shown, in pixels as they are stored. */
export interface Aperture {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The one video stream that is the content of the file. */
export interface VideoInfo {
  /** Absolute stream index, for `-map 0:<index>`. */
  readonly index: number;
  readonly codec: string;
  readonly profile: string | undefined;
  /** As ffprobe writes it: 41 stands for 4.1 in H.264. */
  readonly level: number | undefined;
  readonly pixelFormat: string | undefined;
  readonly codedWidth: number;
  readonly codedHeight: number;
  /**
   * What a viewer sees: aperture, sample aspect ratio and rotation applied. Where the size changes, one size that suits
   * the whole (`steady-frame.ts`).
   */
  readonly displayWidth: number;
  readonly displayHeight: number;
  /** Width of a pixel divided by its height. */
  readonly sampleAspectRatio: number;
  /** Clockwise degrees by which a player turns the picture: 0 to 359. */
  readonly rotation: number;
  readonly mirrored: boolean;
  /** The sizes in the order in which they come, where the size changes in the middle; empty where it does not. */
  readonly shapes: readonly Shape[];
  /** Where only a part of the picture is to be shown (`clap` of an MP4). */
  readonly aperture: Aperture | undefined;
  readonly interlaced: boolean;
  readonly color: ColorInfo;
  readonly hdr: HdrKind | undefined;
  readonly dolbyVisionProfile: number | undefined;
  readonly averageFps: number | undefined;
  /** The lowest rate with which all timestamps can be written exactly; absurdly high where the rate varies. */
  readonly realFps: number | undefined;
  readonly bitRate: number | undefined;
  /** What the stream's own header says. */
  readonly headerDurationSeconds: number | undefined;
  readonly startSeconds: number | undefined;
  /** By so much ffmpeg puts the picture before the start of the file, where nothing is shown (`early-picture.ts`). */
  readonly earlySeconds: number;
  readonly stats: PacketStats;
}

/** The one audio stream that is kept. */
export interface AudioInfo {
  readonly index: number;
  readonly codec: string;
  readonly profile: string | undefined;
  /** 0 where the file does not tell before it is decoded; so is the sample rate. */
  readonly channels: number;
  /** ffprobe's name, e.g. `5.1(side)`, `ambisonic 1`; `undefined` where no speakers are assigned to the channels. */
  readonly channelLayout: string | undefined;
  readonly sampleRate: number;
  readonly startSeconds: number | undefined;
  readonly stats: PacketStats;
}

/** A stream of subtitles. */
export interface SubtitleInfo {
  readonly index: number;
  readonly codec: string | undefined;
  /** As the file tags it: usually ISO 639-2, `eng`. */
  readonly language: string | undefined;
  readonly isDefault: boolean;
  /** Translates what is foreign in the video's own language. */
  readonly isForced: boolean;
}

/** Where an MP4 or MOV keeps its index. */
export interface Mp4Layout {
  /** The index (`moov`) comes before the media data (`mdat`), so that playing starts before all is loaded. */
  readonly moovFirst: boolean;
  readonly fragmented: boolean;
  /** The header of a track leaves its duration open. Older ffprobe takes that for 2^32-1 ticks, 40 hours at 30 kHz. */
  readonly durationUnknown: boolean;
}

/** A file in which ffprobe found at least one stream. */
export interface MediaInfo {
  readonly readable: true;
  readonly sizeBytes: number;
  /** ffprobe's name of the container, e.g. `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly format: string;
  /** Video without a container: ffmpeg invents its times. What it is, for a sentence: `a DV recording`. */
  readonly bareStream: string | undefined;
  readonly headerDurationSeconds: number | undefined;
  /** Measured over the main video and audio packets. 0 when there are none. */
  readonly durationSeconds: number;
  readonly video: VideoInfo | undefined;
  /** Video streams that are no attached picture but whose codec ffmpeg does not know; their four-character tags. */
  readonly unknownVideoTags: readonly string[];
  readonly audio: AudioInfo | undefined;
  /** Tracks that could take its place, the best first. */
  readonly otherAudio: readonly AudioInfo[];
  /** Codecs, or else four-character tags, of tracks with sound that ffmpeg has no decoder for. */
  readonly undecodableAudio: readonly string[];
  readonly audioTracks: number;
  readonly subtitles: readonly SubtitleInfo[];
  /** The frames carry closed captions (ATSC A/53), as broadcasts do. */
  readonly closedCaptions: boolean;
  readonly encrypted: boolean;
  /** `undefined` unless the container is of the MP4 family. */
  readonly mp4: Mp4Layout | undefined;
  /** Reading far into the file was needed to find the format of picture or sound; ffmpeg needs to be told so too. */
  readonly deepAnalysis: boolean;
}

/** A file that holds a video, as our own MP4 does. */
export interface VideoMedia extends MediaInfo {
  readonly video: VideoInfo;
  /** Only of an MP4 of ours whose loudness was changed. */
  readonly loudness?: LoudnessReport | undefined;
}

/** Why a file could not be opened as a video at all. */
export type UnreadableCode =
  | 'empty_file'
  | 'container_not_allowed'
  | 'too_many_pixels'
  | 'moov_missing'
  | 'index_too_large'
  | 'invalid_data';

/** A file in which no stream was found. */
export interface UnreadableMedia {
  readonly readable: false;
  readonly sizeBytes: number;
  readonly code: UnreadableCode;
  /** What the content is, where the first bytes tell: `a PNG image`. */
  readonly lookedLike: string | undefined;
  /** What it looked like is a video. */
  readonly isVideo?: boolean | undefined;
  /** The line of ffprobe that says why, for the log. */
  readonly detail: string;
}

export type ProbeResult = MediaInfo | UnreadableMedia;
