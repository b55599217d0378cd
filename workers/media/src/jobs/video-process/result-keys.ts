/** The keys of a video's results in Storage. Pure: the same source and settings always give the same keys. */
import { createHash } from 'node:crypto';
import { PROFILE_VERSION } from '@supabase-media/media/profiles';
import type { MediaSettings } from '@supabase-media/media/settings';

export interface ResultOwner {
  readonly project: string;
  readonly videoId: string;
  readonly sourceSha256: string;
  readonly settings: Pick<MediaSettings, 'profile' | 'policy'>;
}

/**
 * `{project}/{video}/{version}`: the folder of one video's results. The version names the source, the profile and a
 * digest of all its numbers, the operator's limits among them. Which outputs were asked for is not in it: a later job
 * may add some to those that are there.
 */
export function resultPrefix({ project, videoId, sourceSha256, settings }: ResultOwner): string {
  const numbers = createHash('sha256').update(JSON.stringify(settings.policy)).digest('hex').slice(0, 6);
  return `${versionsOf({ project, videoId, sourceSha256 })}-p${PROFILE_VERSION}-${settings.profile}-${numbers}`;
}

/** Whether a key is one of a video's results of this source, under whatever settings and by whichever release. */
export const isMadeOf = (key: string, owner: Omit<ResultOwner, 'settings'>): boolean =>
  key.startsWith(`${versionsOf(owner)}-`);

const versionsOf = ({ project, videoId, sourceSha256 }: Omit<ResultOwner, 'settings'>): string =>
  `${project}/${videoId}/${sourceSha256.slice(0, 12)}`;
