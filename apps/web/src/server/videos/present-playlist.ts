/**
 * HLS from a private bucket. Players request playlists from this API; those contain a signed address for every segment,
 * so the media comes from Storage and never goes through the API.
 */
import { posix } from 'node:path';
import { ApiError } from '../api-error.ts';
import type { ResultPlaylists } from '../storage/result-playlists.ts';
import type { User } from '../verify-token.ts';
import { listNames, rewriteNames } from './rewrite-playlist.ts';
import { findVideo, type VideoServices } from './video-actions.ts';

export interface PlaylistServices extends Pick<VideoServices, 'config' | 'videos' | 'results'> {
  readonly playlists: ResultPlaylists;
}

/** A rendition has at most 900 segments and an initialization segment. */
const NAMES_MAX = 1000;

/** Addresses signed in one request: about 600 bytes each, and at most 1 MiB of a response is read. */
const SIGN_BATCH = 500;

/** When the addresses in a playlist expire: a comment to other players, read by ours. */
const EXPIRY_LINE = '## addresses-expire-at ';

/** The master playlist; the names of its renditions are relative to this API. */
export async function presentMaster(services: PlaylistServices, user: User, videoId: string): Promise<string> {
  const { bucket, path } = await findStream(services, user, videoId);
  const text = await readPlaylist(services, bucket, path);
  const names = listNames(text);
  if (typeof names === 'string') throw unusable(path, names);
  return text;
}

/** The playlist of one rendition, with signed addresses of its segments, valid for RESULT_URL_SECONDS. */
export async function presentRendition(
  services: PlaylistServices,
  user: User,
  { videoId, rendition, name }: { readonly videoId: string; readonly rendition: string; readonly name: string },
): Promise<string> {
  const { bucket, path } = await findStream(services, user, videoId);
  const folder = `${posix.dirname(path)}/${rendition}`;
  const text = await readPlaylist(services, bucket, `${folder}/${name}`);
  const names = listNames(text);
  if (typeof names === 'string') throw unusable(`${folder}/${name}`, names);
  if (names.length > NAMES_MAX) throw unusable(`${folder}/${name}`, `it has ${names.length} segments`);
  if (!text.includes('#EXT-X-ENDLIST')) throw unusable(`${folder}/${name}`, 'it has no end');
  const expiresAt = new Date(Date.now() + services.config.resultUrlSeconds * 1000);
  const addresses = await signAll(services, bucket, folder, names);
  const rewritten = rewriteNames(text, (segment) => addresses.get(segment) ?? segment);
  return rewritten.replace('\n', `\n${EXPIRY_LINE}${expiresAt.toISOString()}\n`);
}

async function signAll(
  services: PlaylistServices,
  bucket: string,
  folder: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const unique = [...new Set(names)];
  const addresses = new Map<string, string>();
  for (let at = 0; at < unique.length; at += SIGN_BATCH) {
    const batch = unique.slice(at, at + SIGN_BATCH);
    const signed = await services.results.signDownloads(
      bucket,
      batch.map((name) => `${folder}/${name}`),
    );
    for (const [index, name] of batch.entries()) {
      const address = signed[index];
      if (!address) throw notReady(`The segment ${name} is no longer in Storage.`);
      addresses.set(name, address);
    }
  }
  return addresses;
}

async function findStream(services: PlaylistServices, user: User, videoId: string) {
  const row = await findVideo(services.videos, user, videoId);
  const stream = row.outputs.find(({ kind, bucket }) => kind === 'hls' && bucket === services.config.resultBucket);
  if (stream === undefined) throw notReady('The video has no HLS stream yet; its MP4 may be available.');
  return stream;
}

async function readPlaylist({ playlists }: PlaylistServices, bucket: string, path: string): Promise<string> {
  const text = await playlists.read({ bucket, path });
  if (text === undefined) throw notReady('This video has no such playlist.');
  return text;
}

const notReady = (message: string): ApiError => new ApiError({ code: 'not_found', message });

const unusable = (path: string, why: string): ApiError =>
  new ApiError({ code: 'internal', message: `The playlist ${path} cannot be served: ${why}.` });
