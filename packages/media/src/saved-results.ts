/**
 * Reads back what a program kept between two runs: the probe of a source, an encoded video, and what was derived. Nothing
 * of it is believed before it fits: its numbers are in range, its names stay in the folder of the results. Pure.
 */
import { z } from 'zod';
import type { DerivedOutputs, EncodedVideo } from './pipeline.ts';
import type { ProbeResult, VideoInfo } from './plan/media-info.ts';

/** Below the folder of a run: no absolute name, no `..`, no hidden file. */
const relativeName = z
  .string()
  .max(300)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*){0,4}$/);

/** Words of ffprobe and sentences of ours: short, and on few lines. */
const words = z.string().max(20_000);
const name = z.string().max(200);
const seconds = z.number().min(-1e10).max(1e10);
const count = z.int().min(0).max(1e12);
const index = z.int().min(0).max(99_999);
const side = z.number().min(0).max(100_000);

const packetStats = z.strictObject({
  packets: count,
  bytes: count,
  firstSeconds: seconds,
  lastSeconds: seconds,
  durationSeconds: seconds,
  firstPacketIsKey: z.boolean(),
  firstKeySeconds: seconds.optional(),
  keyPackets: count,
  newParameters: z.boolean(),
  largestKeyGapSeconds: seconds,
  largestGapSeconds: seconds,
  hiddenSeconds: seconds,
  decodedLateSeconds: seconds,
  clockJumps: count,
});

const video = z.strictObject({
  index,
  codec: name,
  profile: name.optional(),
  level: z.number().optional(),
  pixelFormat: name.optional(),
  codedWidth: side,
  codedHeight: side,
  displayWidth: side,
  displayHeight: side,
  sampleAspectRatio: z.number().min(0.001).max(1000),
  rotation: z.number().min(-360).max(360),
  mirrored: z.boolean(),
  shapes: z.array(z.strictObject({ width: side, height: side, seconds })).max(10_000),
  aperture: z.strictObject({ left: z.number(), top: z.number(), width: side, height: side }).optional(),
  interlaced: z.boolean(),
  color: z.strictObject({
    primaries: name.optional(),
    transfer: name.optional(),
    space: name.optional(),
    range: name.optional(),
  }),
  hdr: z.enum(['pq', 'hlg']).optional(),
  dolbyVisionProfile: z.number().optional(),
  averageFps: z.number().min(0).max(1e7).optional(),
  realFps: z.number().min(0).max(1e7).optional(),
  bitRate: z.number().optional(),
  headerDurationSeconds: seconds.optional(),
  startSeconds: seconds.optional(),
  earlySeconds: seconds,
  stats: packetStats,
});

const audio = z.strictObject({
  index,
  codec: name,
  profile: name.optional(),
  channels: z.int().min(0).max(1024),
  channelLayout: name.optional(),
  sampleRate: z.number().min(0).max(1e7),
  startSeconds: seconds.optional(),
  stats: packetStats,
});

const subtitle = z.strictObject({
  index,
  codec: name.optional(),
  language: name.optional(),
  isDefault: z.boolean(),
  isForced: z.boolean(),
});

const loudness = z.strictObject({ integrated: z.number().nullable(), truePeak: z.number().nullable() });

const media = z.strictObject({
  readable: z.literal(true),
  sizeBytes: count,
  format: name,
  bareStream: name.optional(),
  headerDurationSeconds: seconds.optional(),
  durationSeconds: seconds,
  video: video.optional(),
  unknownVideoTags: z.array(name).max(10_000),
  audio: audio.optional(),
  otherAudio: z.array(audio).max(10),
  undecodableAudio: z.array(name).max(10),
  audioTracks: count,
  subtitles: z.array(subtitle).max(100),
  closedCaptions: z.boolean(),
  encrypted: z.boolean(),
  mp4: z.strictObject({ moovFirst: z.boolean(), fragmented: z.boolean(), durationUnknown: z.boolean() }).optional(),
  deepAnalysis: z.boolean(),
});

const unreadable = z.strictObject({
  readable: z.literal(false),
  sizeBytes: count,
  code: name,
  lookedLike: name.optional(),
  isVideo: z.boolean().optional(),
  detail: words,
});

const file = z.strictObject({ path: z.string().max(10_000), name: relativeName, contentType: name, bytes: count });

const output = file.extend({
  kind: name,
  parts: z.array(file).max(20_000).optional(),
  width: side.optional(),
  height: side.optional(),
  durationSeconds: seconds.optional(),
  language: name.optional(),
  label: name.optional(),
  disposition: z.enum(['default', 'forced']).optional(),
  origin: z.literal('added').optional(),
  facts: z.record(z.string(), z.unknown()).optional(),
});

const warnings = z.array(z.strictObject({ code: name, message: words })).max(1000);

/** What fits is handed on as it is, its keys in their order: `info.json` is made of it, byte for byte. */
const fitting = <Value>(schema: z.ZodType) => z.custom<Value>((value) => schema.safeParse(value).success);

/** Of a probe. */
export const savedProbe = fitting<ProbeResult>(z.discriminatedUnion('readable', [media, unreadable]));

/** Of the picture of a source. */
export const savedPicture = fitting<VideoInfo>(video);

/** Of an encoded video. */
export const savedVideo = fitting<EncodedVideo>(
  z.strictObject({
    outcome: z.enum(['processed', 'remuxed']),
    reasons: z.array(z.strictObject({ code: name, detail: words })).max(1000),
    warnings,
    videoPath: z.string().max(10_000),
    info: media.extend({
      video,
      loudness: z
        .strictObject({ target: z.number(), applied: z.number(), input: loudness, output: loudness.optional() })
        .optional(),
    }),
    outputs: z.array(output).max(1000),
  }),
);

const derived = { outputs: z.array(output).max(1000), warnings: warnings.optional() };

/** Of what was derived from it, with what a program keeps beside it; an earlier release kept no warnings. */
export const savedOutputs = fitting<Pick<DerivedOutputs, 'outputs'> & Partial<DerivedOutputs>>(z.object(derived));
