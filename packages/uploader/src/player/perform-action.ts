/** Does what a key asks for, and says it in a few words. */
import { formatDuration } from '../format.ts';
import type { PlayerAction } from './key-actions.ts';

/** @returns what to show for a moment. */
export function performAction(controller: HTMLElement, media: HTMLVideoElement, action: PlayerAction): string {
  switch (action.kind) {
    case 'toggle_play': {
      if (!media.paused) {
        media.pause();
        return 'Paused';
      }
      // Refused where the browser wants a click first: then it stays paused, and shows so.
      void media.play().catch(() => {});
      return 'Playing';
    }
    case 'seek_by':
      return seekTo(media, media.currentTime + action.seconds);
    case 'seek_to':
      return seekTo(media, media.duration * action.part);
    case 'volume_by': {
      const volume = media.muted && action.part > 0 ? action.part : media.volume + action.part;
      media.volume = Math.min(1, Math.max(0, Math.round(volume * 100) / 100));
      media.muted = media.volume === 0;
      return `Volume ${Math.round(media.volume * 100)} %`;
    }
    case 'toggle_mute':
      media.muted = !media.muted;
      return media.muted ? 'Muted' : 'Sound on';
    case 'toggle_captions': {
      const tracks = [...media.textTracks].filter(({ kind }) => kind === 'captions' || kind === 'subtitles');
      if (tracks.length === 0) return 'No captions';
      const isShown = tracks.some(({ mode }) => mode === 'showing');
      request(controller, 'mediatogglesubtitlesrequest');
      return isShown ? 'Captions off' : 'Captions on';
    }
    case 'toggle_fullscreen': {
      // The attribute follows the document a little later, and on phones it is all there is.
      const { fullscreenEnabled, fullscreenElement } = controller.ownerDocument;
      const isFull = fullscreenEnabled ? fullscreenElement !== null : controller.hasAttribute('mediaisfullscreen');
      request(controller, isFull ? 'mediaexitfullscreenrequest' : 'mediaenterfullscreenrequest');
      return isFull ? 'Full screen off' : 'Full screen';
    }
  }
}

function seekTo(media: HTMLVideoElement, seconds: number): string {
  // Before its length is known there is nowhere to go.
  if (!Number.isFinite(media.duration)) return '';
  const at = Math.min(media.duration, Math.max(0, seconds));
  media.currentTime = at;
  return formatDuration(at);
}

/** As media-chrome's own buttons ask for it. */
function request(controller: HTMLElement, type: string): void {
  controller.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true }));
}
