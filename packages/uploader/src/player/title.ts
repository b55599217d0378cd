/** A video's title. Pure. */
import type { Video } from '../contract/videos.ts';

/** As the person knows it. */
export const titleOf = ({ fileName, sourcePath }: Pick<Video, 'fileName' | 'sourcePath'>): string =>
  fileName ?? sourcePath.split('/').at(-1) ?? sourcePath;
