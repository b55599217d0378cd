/** Where results stand in Storage. Pure: the same source and profile always give the same keys. */

/**
 * Goes up when the same source is turned into different results than before, so that old and new never mix under one
 * key.
 */
export const PROFILE_VERSION = 1;

/** `{project}/{video}/{version}`: the folder of one video's results. The version names the source and the profile. */
export const resultPrefix = (video: { project: string; videoId: string; sourceSha256: string }): string =>
  `${video.project}/${video.videoId}/${video.sourceSha256.slice(0, 12)}-p${PROFILE_VERSION}`;
