/** The room that a video takes before a byte of it is there, so that nothing jumps when it comes. Pure. */

import type { Video } from '@supabase-media/uploader/contract';
import type { CSSProperties } from 'react';

/** What most videos have. */
const USUAL = { width: 16, height: 9 };

export function frameOf(video: Pick<Video, 'outputs'>): CSSProperties {
  const known = video.outputs.find(({ kind, width, height }) => kind === 'video' && width && height);
  const { width = USUAL.width, height = USUAL.height } = known ?? USUAL;
  return { '--ratio': `${width} / ${height}`, '--ratio-number': width / height } as CSSProperties;
}
