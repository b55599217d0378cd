import type { VideoOutput } from '../contract.ts';

/** Gives a video element a track for each of the captions; where they are there already, their new addresses. */
export function showCaptions(element: HTMLVideoElement, outputs: readonly VideoOutput[]): void {
  const captions = outputs.filter(({ kind, url }) => kind === 'captions' && url !== null);
  const tracks = [...element.querySelectorAll<HTMLTrackElement>('track[data-path]')];
  for (const track of tracks) if (!captions.some(({ path }) => path === track.dataset.path)) track.remove();
  for (const { path, url, language = '', label = language, disposition } of captions) {
    const known = tracks.find((track) => track.dataset.path === path);
    const track = known ?? document.createElement('track');
    track.src = url ?? '';
    if (known !== undefined) continue;
    Object.assign(track, { kind: 'subtitles', srclang: language, label, default: disposition === 'default' });
    track.dataset.path = path;
    element.append(track);
  }
}
