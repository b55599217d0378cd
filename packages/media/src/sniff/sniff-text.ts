/** Recognises plain text, and among it the kinds that a media program would follow to other files. Pure. */

/** What a text may be. The order matters: an SVG or MPD may start with the same XML line as any other. */
const TEXT_KINDS: readonly (readonly [RegExp, string])[] = [
  [/^#EXTM3U/, 'an HLS playlist'],
  [/^ffconcat version/, 'an ffconcat script'],
  [/<MPD[\s>]/, 'a DASH manifest'],
  [/^v=\d[\r\n]+o=/, 'an SDP session description'],
  [/<svg[\s>]/i, 'an SVG image'],
  [/^<!doctype html|<html[\s>]/i, 'a web page'],
];

/** `a text file` or what kind of text; `undefined` when the bytes are no text. */
export function describeText(bytes: Uint8Array): string | undefined {
  const text = decodeText(bytes)?.trimStart();
  if (text === undefined || text === '') return undefined;
  return TEXT_KINDS.find(([pattern]) => pattern.test(text))?.[1] ?? 'a text file';
}

/** Text is what decodes and has no control characters but tab, line ends, form feed and escape. */
function decodeText(bytes: Uint8Array): string | undefined {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  try {
    // `stream`: a character cut off at the end of the sample is no error.
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
    return hasControlCharacter(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const ALLOWED_CONTROLS = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1b]);

function hasControlCharacter(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && !ALLOWED_CONTROLS.has(code)) return true;
  }
  return false;
}
