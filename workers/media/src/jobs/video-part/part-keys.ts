/** Where parts lie in Storage, for as long as a video is split. Pure. */
import type { VideoPartPayload } from './contract.ts';

interface Split {
  readonly project: string;
  readonly videoId: string;
  readonly split: string;
}

/** Of all splittings of a video: below it is nothing else. */
export const partsFolder = ({ project, videoId }: Omit<Split, 'split'>): string => `${project}/${videoId}/parts`;

const numbered = (part: number): string => `${String(part).padStart(5, '0')}.mp4`;

/** What was cut out of the source. */
export const cutKey = (split: Split, part: number): string =>
  `${partsFolder(split)}/${split.split}/cut-${numbered(part)}`;

/** What became of it. */
const encodedKey = (split: Split, part: number): string =>
  `${partsFolder(split)}/${split.split}/encoded-${numbered(part)}`;

export const soundKey = (split: Split): string => `${partsFolder(split)}/${split.split}/sound.mp4`;

export const PART_TYPE = 'video/mp4';

export const keysOf = (payload: VideoPartPayload) => ({
  cut: cutKey(payload, payload.part),
  encoded: encodedKey(payload, payload.part),
});
