/** The end of a text that may be endless: damaged files make ffmpeg write a line for each block of each frame. */
export interface TextTail {
  add(chunk: string): void;
  text(): string;
}

/** Keeps the last `limit` characters. */
export function createTextTail(limit: number): TextTail {
  let kept = '';
  return {
    add(chunk) {
      kept = (kept + chunk).slice(-limit);
    },
    text: () => kept,
  };
}
