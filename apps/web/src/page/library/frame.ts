/** The shape of a video before a byte of it is there, so that nothing jumps when it comes. Pure. */

import type { Video } from '@supabase-media/uploader/contract';

/** Width by height; undefined while there is no picture. */
export function aspectRatioOf({ outputs }: Pick<Video, 'outputs'>): number | undefined {
  const { width, height } = outputs.find(({ kind }) => kind === 'video') ?? {};
  return width && height ? width / height : undefined;
}
