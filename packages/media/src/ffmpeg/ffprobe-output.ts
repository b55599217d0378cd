/**
 * The parts of ffprobe's JSON that are read, and nothing of it is believed: every field may be absent or odd in a
 * hostile file. Field names are ffprobe's (doc/ffprobe.xsd in ffmpeg's source).
 */
import { z } from 'zod';

/** ffprobe writes most numbers as strings, and `N/A` or nothing where it knows none. */
const number = z
  .union([z.string(), z.number()])
  .transform((value) => Number(value))
  .transform((value) => (Number.isFinite(value) ? value : undefined))
  .optional();

/** `30000/1001`, `1:1`; undefined for `0/0` and for anything that is no positive ratio. */
const ratio = z
  .string()
  .transform((text) => {
    const [top, bottom] = text.split(/[/:]/).map(Number);
    const value = (top ?? 0) / (bottom ?? 0);
    return Number.isFinite(value) && value > 0 ? value : undefined;
  })
  .optional();

/** A colour tag or a layout of channels; ffprobe writes `unknown` for none. */
const tag = z
  .string()
  .transform((text) => (text === 'unknown' || text === 'unspecified' ? undefined : text))
  .optional();

const sideData = z.object({
  side_data_type: z.string().optional(),
  displaymatrix: z.string().optional(),
  dv_profile: z.number().optional(),
});

const stream = z.object({
  index: z.number(),
  /** Of an MP4 the track's number, as `0x1`. */
  id: number,
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  codec_tag_string: z.string().optional(),
  profile: z.union([z.string(), z.number()]).transform(String).optional(),
  level: z.number().optional(),
  pix_fmt: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  sample_aspect_ratio: ratio,
  field_order: z.string().optional(),
  color_range: tag,
  color_space: tag,
  color_transfer: tag,
  color_primaries: tag,
  avg_frame_rate: ratio,
  r_frame_rate: ratio,
  bit_rate: number,
  duration: number,
  start_time: number,
  channels: z.number().optional(),
  channel_layout: tag,
  sample_rate: number,
  disposition: z.record(z.string(), z.number()).default({}),
  tags: z.record(z.string(), z.string()).default({}),
  side_data_list: z.array(sideData).default([]),
});

/** What of it are sections of their own to ffprobe. */
const SECTIONS = new Set(['disposition', 'tags', 'side_data_list']);

const output = z.object({
  streams: z.array(stream).default([]),
  /** Of a transport stream: which streams belong together. */
  programs: z.array(z.object({ streams: z.array(z.object({ index: z.number() })).default([]) })).default([]),
  format: z.object({ format_name: z.string(), duration: number, start_time: number }).optional(),
});

export type FfprobeStream = z.infer<typeof stream>;
export type FfprobeOutput = z.infer<typeof output>;

/**
 * What ffprobe is asked for, with `-show_entries`: every field that is read and no other. Tags of honest files grow to
 * hundreds of kilobytes, as the workflow that an image generator keeps in its comment.
 */
export const STREAM_ENTRIES = [
  `stream=${Object.keys(stream.shape).filter((name) => !SECTIONS.has(name))}`,
  'stream_disposition=default,forced,attached_pic,timed_thumbnails',
  'stream_tags=enc_key_id,language',
  'program_stream=index',
  `stream_side_data=${Object.keys(sideData.shape)}`,
  'format=format_name,duration,start_time',
].join(':');

/** Reads `ffprobe -print_format json -show_entries` of {@link STREAM_ENTRIES}; an empty result when it is no JSON of that kind. */
export function readFfprobeOutput(json: string): FfprobeOutput {
  try {
    return output.parse(JSON.parse(json));
  } catch {
    return { streams: [], programs: [] };
  }
}
