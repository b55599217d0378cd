/**
 * Small pictures for the seek bar. The index names its picture without the signature that a private bucket asks for, and
 * signatures end: both are loaded once, and given to the player as addresses within this page.
 */

export interface Storyboard {
  /** A WebVTT file whose cues name the picture. */
  readonly url: string;
  /** Gives the memory back. */
  readonly release: () => void;
}

/** @throws {Error} when either cannot be loaded. */
export async function loadStoryboard(options: {
  readonly index: string;
  readonly picture: string;
  readonly signal: AbortSignal;
}): Promise<Storyboard> {
  const { signal } = options;
  const [text, picture] = await Promise.all([
    load(options.index, signal).then((answer) => answer.text()),
    load(options.picture, signal).then((answer) => answer.blob()),
  ]);
  const pictureUrl = URL.createObjectURL(picture);
  const url = URL.createObjectURL(new Blob([namePicture(text, pictureUrl)], { type: 'text/vtt' }));
  return {
    url,
    release: () => {
      URL.revokeObjectURL(url);
      URL.revokeObjectURL(pictureUrl);
    },
  };
}

/** Puts the picture's address before every `#xywh=`. */
export const namePicture = (index: string, url: string): string => index.replace(/^\S+(?=#xywh=)/gm, () => url);

async function load(url: string, signal: AbortSignal): Promise<Response> {
  const answer = await fetch(url, { signal });
  if (answer.ok) return answer;
  throw new Error(`The storyboard was answered ${answer.status}.`);
}
