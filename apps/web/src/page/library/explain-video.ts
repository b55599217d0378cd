/** Explains how a video was processed and why, briefly and in full. Pure. */
import type { Video } from '@supabase-media/uploader/contract';
import { codecName, readMediaFacts, readReasons } from './facts.ts';

export interface Explanation {
  /** `Copied: already H.264/AAC`, `Encoded: HEVC`. */
  readonly short: string;
  /** Every reason, as a sentence each. */
  readonly details: readonly string[];
}

/** Undefined until there is an outcome. */
export function explainVideo(video: Pick<Video, 'outcome' | 'facts'>): Explanation | undefined {
  if (video.outcome !== 'processed' && video.outcome !== 'remuxed') return undefined;
  const reasons = readReasons(video, 'reasons');
  const details = reasons.map(({ detail }) => sentence(detail));
  const input = readMediaFacts(video, 'input');
  const codecs = [input.videoCodec, input.audioCodec].filter((codec) => codec !== undefined).map(codecName);
  if (video.outcome === 'remuxed') {
    return { short: codecs.length > 0 ? `Copied: already ${codecs.join('/')}` : 'Copied without encoding', details };
  }
  return { short: describeEncode(reasons, input), details };
}

function describeEncode(
  reasons: readonly { readonly code: string; readonly detail: string }[],
  input: { readonly videoCodec: string | undefined; readonly audioCodec: string | undefined },
): string {
  const has = (code: string): boolean => reasons.some((reason) => reason.code === code);
  if (has('video_codec') && input.videoCodec !== undefined) return `Encoded: ${codecName(input.videoCodec)}`;
  const isSoundOnly = reasons.length > 0 && reasons.every(({ code }) => code === 'audio_codec');
  const first = reasons[0]?.detail;
  if (isSoundOnly) {
    const isOtherCodec = input.audioCodec !== undefined && input.audioCodec !== 'aac';
    return `Sound encoded: ${isOtherCodec ? codecName(input.audioCodec) : first}; picture copied`;
  }
  return first === undefined ? 'Encoded' : `Encoded: ${first}`;
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
