/** What can be made of a video. Pure. */

/** Everything comes from the MP4, so `video` is always made; it is kept when it is asked for. */
export const OUTPUT_KINDS = ['video', 'poster', 'storyboard', 'hls', 'info'] as const;

export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** Reads `video,hls`; `undefined` when a word is no kind of output or there is none. Doubles are dropped. */
export function parseOutputs(text: string): readonly OutputKind[] | undefined {
  const words = text.split(',').map((word) => word.trim());
  const known = OUTPUT_KINDS.filter((kind) => words.includes(kind));
  const isUnderstood = words.every((word) => OUTPUT_KINDS.some((kind) => kind === word));
  return isUnderstood ? known : undefined;
}
