/**
 * Tells from the first bytes of a file what it is. Neither the name nor the declared type is looked at. Pure apart from
 * file-type's own parsing.
 */
import { describeStream, type StreamFormat } from './sniff-stream.ts';
import { describeText } from './sniff-text.ts';

/** `media` is what ffprobe should look at; `other` is known to be no video; `unknown` is for ffprobe to say. */
export type ContentKind = 'media' | 'audio' | 'other' | 'unknown';

export interface Content {
  readonly kind: ContentKind;
  /** For a sentence: `a PNG image`, `a PDF file`, `an MP3 audio file`. */
  readonly name: string | undefined;
  /** The bytes leave no doubt: a long signature, or plain text. Two letters at the start do not. */
  readonly certain: boolean;
  /** Video without a real container, which a demuxer takes at its word: only what begins like it is read as such. */
  readonly stream?: StreamFormat | undefined;
}

/** As many bytes as file-type asks for; everything it knows shows itself within them. */
export const SNIFF_BYTES = 4100;

/** Containers of video that file-type files under application/*. */
const MEDIA_TYPES = new Set([
  'application/ogg',
  'application/vnd.ms-asf',
  'application/mxf',
  'application/vnd.rn-realmedia',
]);

/** Kinds with signatures of two bytes, which may stand at the start of a damaged video by chance. */
const WEAK = new Set(['bmp', 'exe', 'gz', 'Z', 'ac3', 'mp3', 'mp2', 'mp1', 'aac', 'dat', 'lz', 'arj', 'ace', 'tar']);

export async function sniffContent(bytes: Uint8Array): Promise<Content> {
  // Loaded when the first file is looked at: most commands of the command line look at none.
  const { fileTypeFromBuffer } = await import('file-type');
  const type = await fileTypeFromBuffer(bytes).catch(() => undefined);
  const stream = describeStream(bytes);
  if (stream !== undefined) return { kind: 'media', name: stream.name, certain: false, stream: stream.format };
  const text = describeText(bytes);
  const certain = type !== undefined && !WEAK.has(type.ext);
  if (text !== undefined && (!certain || type.mime === 'application/xml'))
    return { kind: 'other', name: text, certain: true };
  if (type === undefined) return { kind: 'unknown', name: undefined, certain: false };
  const label = type.ext.toUpperCase();
  if (type.mime.startsWith('video/') || MEDIA_TYPES.has(type.mime))
    return { kind: 'media', name: nameVideo(label), certain };
  if (type.mime.startsWith('audio/')) return { kind: 'audio', name: `${article(label)} ${label} audio file`, certain };
  const noun = type.mime.startsWith('image/') ? 'image' : type.mime.startsWith('font/') ? 'font' : 'file';
  return { kind: 'other', name: `${article(label)} ${label} ${noun}`, certain };
}

/** What file-type calls a video by the container's family, as people call it. */
function nameVideo(label: string): string {
  const name = { ASF: 'Windows Media (WMV)', MJ2: 'Motion JPEG 2000 (MJ2)' }[label] ?? label;
  return `${article(name)} ${name} video`;
}

/** By the sound of the first letter when spelled out: an MP3, a PNG. Words that are spoken whole: a ZIP, a WEBP. */
function article(label: string): string {
  return /^[AEFHILMNORSX]/.test(label) && !/^(RAR|HEIC|ROM|Motion .*)$/.test(label) ? 'an' : 'a';
}
