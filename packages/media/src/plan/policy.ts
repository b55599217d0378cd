/**
 * The limits that decide whether a video is copied or encoded, and how it is encoded. Plain data: pass your own to
 * change the outcome of `planProcessing`.
 */
export interface MediaPolicy {
  /** A video whose short side is above this many pixels is made smaller. */
  readonly maxShortSide: number;
  /** The long side of an encoded video, in pixels. */
  readonly maxLongSide: number;
  /** Encoded videos have no more frames per second than this. */
  readonly maxFps: number;
  /** Above this many bits per second a video is encoded rather than copied. */
  readonly maxCopyBitRate: number;
  /** The bit rate of shorter videos is not judged: one key frame would decide it. Seconds. */
  readonly minSecondsForBitRate: number;
  /** Highest H.264 level copied, as ffprobe writes it (52 is 5.2). */
  readonly maxCopyLevel: number;
  /** Longest stretch without a key frame in a copied video; seeking gets slow beyond it. Seconds. */
  readonly maxKeyGapSeconds: number;
  /** Pictures with more pixels are not decoded at all (memory). */
  readonly maxInputPixels: number;
  /** Longer videos are turned away. Seconds. */
  readonly maxDurationSeconds: number;
  readonly video: {
    readonly preset: string;
    /** libx264 constant rate factor, 0 (lossless) to 51. */
    readonly crf: number;
    /** Bits per second. */
    readonly maxRate: number;
    readonly keyframeSeconds: number;
  };
  readonly audio: {
    /** Bits per second. */
    readonly bitRate: number;
    readonly sampleRate: number;
    readonly channels: number;
  };
  /**
   * Integrated loudness to bring the sound to, in LUFS; absent leaves it as it is. The numbers of a policy name the
   * folder of the results, so it must not be there at all when it is off.
   */
  readonly loudnessLufs?: number | undefined;
  readonly poster: {
    readonly maxWidth: number;
    /** ffmpeg's mjpeg quality, 2 (best) to 31. */
    readonly quality: number;
  };
  readonly storyboard: {
    /** The longer side of one tile, in pixels. */
    readonly tileSide: number;
    readonly columns: number;
    readonly maxTiles: number;
    /** Tiles are no closer than this. */
    readonly minSecondsPerTile: number;
    /** ffmpeg's mjpeg quality, 2 (best) to 31. */
    readonly quality: number;
  };
  readonly hls: {
    /** One file for each rendition, which its playlist cuts by `EXT-X-BYTERANGE`, or one for each segment. */
    readonly layout: HlsLayout;
    /** Below the MP4's own size, from large to small; short sides in pixels, rates in bits per second. */
    readonly rungs: readonly { readonly shortSide: number; readonly maxRate: number }[];
    readonly segmentSeconds: number;
    /** Of one rendition: a longer video gets longer segments, not more of them. */
    readonly maxSegments: number;
    /** An MP4 with longer stretches without a key frame cannot be cut into segments as it is. */
    readonly maxCopyKeyGapSeconds: number;
  };
}

/** How the segments of an HLS stream are stored; see decision 0030. */
export const HLS_LAYOUTS = ['single', 'segments'] as const;

export type HlsLayout = (typeof HLS_LAYOUTS)[number];

/**
 * Defaults, the profile `fast`. 8192x4352 is the largest picture that level 6.2 of H.264 and HEVC describe in common
 * use; a 16000x16000 picture of a few KB took 856 MB of memory. veryfast with crf 23 has the best speed for its size on
 * 2 cores: twice the speed of `fast`, a third of the bytes of `ultrafast` (measured with ffmpeg 5.1.9, VMAF 91 to 97).
 * A storyboard of 100 tiles of 160x90 is one picture of about 130 KB. Segments of 4 s are two of our key frame
 * intervals; 900 of them last an hour.
 */
export const DEFAULT_POLICY: MediaPolicy = Object.freeze({
  maxShortSide: 1080,
  maxLongSide: 1920,
  maxFps: 60,
  maxCopyBitRate: 12_000_000,
  minSecondsForBitRate: 3,
  maxCopyLevel: 52,
  maxKeyGapSeconds: 10.5,
  maxInputPixels: 8192 * 4352,
  maxDurationSeconds: 12 * 3600,
  video: Object.freeze({ preset: 'veryfast', crf: 23, maxRate: 6_000_000, keyframeSeconds: 2 }),
  audio: Object.freeze({ bitRate: 128_000, sampleRate: 48_000, channels: 2 }),
  poster: Object.freeze({ maxWidth: 1280, quality: 3 }),
  storyboard: Object.freeze({ tileSide: 160, columns: 10, maxTiles: 100, minSecondsPerTile: 2, quality: 5 }),
  hls: Object.freeze({
    layout: 'single',
    rungs: Object.freeze([
      Object.freeze({ shortSide: 1080, maxRate: 6_000_000 }),
      Object.freeze({ shortSide: 720, maxRate: 3_000_000 }),
      Object.freeze({ shortSide: 480, maxRate: 1_400_000 }),
    ]),
    segmentSeconds: 4,
    maxSegments: 900,
    maxCopyKeyGapSeconds: 4,
  }),
});
