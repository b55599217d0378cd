/**
 * Why a file is turned away, in words for the person who uploaded it. A rejection is an outcome, not an error: the job
 * succeeds, nothing is retried. Every sentence says what the file is and what to do.
 */

const FORMATS = 'MP4, MOV, WebM, MKV, AVI or MPEG';

export const REJECTIONS = {
  container_not_allowed: `This is not a video file. Upload an ${FORMATS} file.`,
  empty_file: 'The file is empty. Upload it again.',
  encrypted:
    'This video is copy-protected (encrypted) and cannot be played elsewhere. Upload a version without protection.',
  index_too_large:
    'The index of this video lists more frames or tracks than a file of its size can hold, so it was not read. Export it again and upload that.',
  invalid_data: `This file is damaged or is not a video. Check that it plays on your device, then upload an ${FORMATS} file.`,
  moov_missing:
    'This video is incomplete: its index is missing, most often because the recording or the transfer was cut off. Copy it from the camera again and upload that.',
  no_video_stream: `This file has no moving picture in it. Upload an ${FORMATS} file that contains video.`,
  result_too_large:
    'The result of this video would be larger than a file may be here. Cut it into parts and upload those.',
  too_long: 'This video is longer than is allowed here. Cut it into parts and upload those.',
  too_many_pixels:
    'The picture of this video is larger than 8192x4352 pixels. Export it at 4K or smaller and upload that.',
  truncated_media:
    'Less than half of this video could be read: the rest is missing or damaged. Check that it plays to the end on your device and upload it again.',
  undecodable_video:
    'The picture of this video cannot be read: the file is damaged or incomplete. Export it again and upload that.',
  unsupported_codec: 'This video is in a format we cannot read yet. Export it as H.264 (MP4) and upload that.',
} as const;

export type RejectionCode = keyof typeof REJECTIONS;

/** A file turned away: `reason` is for the person who uploaded it, `detail` for the log. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly reason: string;
  readonly detail: string | undefined;
}

/** What is known beyond the code, to say it more exactly. */
export interface RejectionFacts {
  /** What the content is: `a PNG image`. */
  readonly lookedLike?: string | undefined;
  /** That is a kind of video. */
  readonly isVideo?: boolean | undefined;
  /** Of a video that is too long, in seconds. */
  readonly lengths?: { readonly is: number; readonly atMost: number } | undefined;
  /** How long a video of this quality may be. Seconds. */
  readonly fitsSeconds?: number | undefined;
  /** For the log; never shown to the uploader. */
  readonly detail?: string | undefined;
}

/** Puts a rejection into words; names what the file is where its first bytes tell. */
export function rejection(code: RejectionCode, facts: RejectionFacts = {}): Rejection {
  return { code, reason: wording(code, facts), detail: facts.detail };
}

function wording(code: RejectionCode, { lookedLike, isVideo, lengths, fitsSeconds }: RejectionFacts): string {
  if (code === 'too_long' && lengths !== undefined) return wordingOfLength(lengths.is, lengths.atMost);
  if (fitsSeconds !== undefined) return `${REJECTIONS[code]}${sayFits(fitsSeconds)}`;
  if (lookedLike === undefined) return REJECTIONS[code];
  if (isVideo) return wordingOfVideo(code, lookedLike);
  if (code === 'container_not_allowed' || code === 'no_video_stream') {
    return `This is ${lookedLike}, not a video. Upload an ${FORMATS} file.`;
  }
  return REJECTIONS[code];
}

function wordingOfVideo(code: RejectionCode, kind: string): string {
  if (code === 'container_not_allowed') return `This is ${kind}, which we cannot read. Upload an ${FORMATS} file.`;
  if (code !== 'invalid_data' && code !== 'undecodable_video') return REJECTIONS[code];
  return `This is ${kind}, but it is damaged or incomplete. Check that it plays on your device, then upload an ${FORMATS} file.`;
}

function wordingOfLength(is: number, atMost: number): string {
  // Rounded up, so that 60.2 minutes are not "60 min, at most 60 min".
  const length = formatLength(Math.ceil(is));
  return `This video is ${length} long; at most ${formatLength(atMost)} are allowed. Cut it into parts and upload those.`;
}

/** Whole seconds as `1 h 5 min 20 s`. */
function formatLength(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [Math.round(seconds % 60), 's'],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return shown.length === 0 ? '0 s' : shown.join(' ');
}

/** How long a video may be at this quality, to follow a sentence for the person who uploaded one that is too long for it. */
export function sayFits(seconds: number): string {
  return seconds < 1 ? '' : ` Up to ${formatLength(seconds)} always fit.`;
}
