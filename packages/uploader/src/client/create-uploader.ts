/**
 * The client of the upload API, exported as `@supabase-media/uploader`: files go from the browser to Storage, and resume
 * where they were interrupted.
 *
 *     const uploader = createUploader({ apiUrl: 'https://app.example', getToken: () => session.access_token });
 *     const upload = uploader.uploadVideo(file, { onProgress: ({ percentage }) => render(percentage) });
 *     const { videoId } = await upload.finished;
 */
import type { PublicConfig } from '../contract.ts';
import { abortUpload } from './abort-upload.ts';
import { browserConnectivity, type Connectivity } from './abortable-wait.ts';
import { openApiClient } from './api-client.ts';
import { defaultStore, type KeyValueStore } from './namespaced-store.ts';
import { openPathCache } from './path-cache.ts';
import { createSlots } from './slots.ts';
import { checkLocks } from './tab-lock.ts';
import type { Transport } from './transport.ts';
import { fingerprintOf, isExpired, openRecords, type UploadRecord, userOfToken } from './upload-record.ts';
import type { UploadSource } from './upload-source.ts';
import { startUpload } from './upload-task.ts';
import type { TaskTools, UploadHandle, UploadVideoOptions } from './upload-types.ts';
import { openUploadsApi, type UploadsApi } from './uploads-api.ts';
import { openVideosApi, type VideosApi } from './videos-api.ts';
import { type VideoEvent, type WatchVideoOptions, watchVideo } from './watch-video.ts';
import { requireXhr, sendByXhr } from './xhr-transport.ts';

export type { PublicConfig, Video, VideoList, VideoOutput, VideoStatus } from '../contract.ts';
export type { Connectivity } from './abortable-wait.ts';
export type { KeyValueStore } from './namespaced-store.ts';
export type { UploadProgress } from './progress.ts';
export type { Transport, TransportAnswer, TransportRequest } from './transport.ts';
export type { UploadError, UploadErrorCode } from './upload-error.ts';
export type { UploadRecord } from './upload-record.ts';
export type { UploadSource } from './upload-source.ts';
export type { UploadHandle, UploadResult, UploadState, UploadVideoOptions } from './upload-types.ts';
export type { VideoEvent } from './watch-video.ts';

export interface UploaderOptions {
  /** Where `/api` is, for example `https://app.example`; may have a path, and be empty for the page's own origin. */
  readonly apiUrl: string;
  /**
   * The user's access token, asked before every request. `refresh`: the last one was refused, so one that is merely
   * cached is no good. Empty: nobody is signed in, and the upload ends with `signed_out`. Throw where that cannot be
   * told now, such as when a token ran out and there is no network to renew it: it is asked for again, as `offline`.
   */
  readonly getToken: (options: { readonly refresh: boolean }) => string | Promise<string>;
  /** Where resume points are kept; localStorage unless given. */
  readonly storage?: KeyValueStore;
  /** For the API's JSON; the global one unless given. */
  readonly fetch?: typeof globalThis.fetch;
  /** For files; XMLHttpRequest unless given. In Node: `openNodeTransport`. */
  readonly transport?: Transport;
  readonly connectivity?: Connectivity;
  /** Files that are sent at a time, from 1; 3 unless given. */
  readonly parallelFiles?: number;
  /** How long no byte may move before a request is ended and tried again, in seconds; 45 unless given. */
  readonly stallSeconds?: number;
  /** Tries in a row without progress, waits of 1 s doubling up to 30 s; 12 unless given: about four minutes. */
  readonly maxRetries?: number;
}

export interface Uploader {
  /**
   * Sends a file, or resumes where an earlier visit stopped. Files wait for their turn.
   */
  readonly uploadVideo: (source: UploadSource, options?: UploadVideoOptions) => UploadHandle;
  /**
   * What earlier visits of this user left unfinished and can be resumed, once the person chooses the file again.
   * Without what is being sent just now, here or in another tab.
   */
  readonly listUnfinished: () => Promise<readonly UploadRecord[]>;
  /** What other tabs of this browser are sending just now, as this user; how far, as last confirmed. */
  readonly listElsewhere: () => Promise<readonly UploadRecord[]>;
  /** The unfinished upload of exactly this file. */
  readonly findUnfinished: (source: UploadSource) => Promise<UploadRecord | undefined>;
  /** Forgets an unfinished upload and ends it at the server; one that is being sent, here or in another tab, is left. */
  readonly discardUnfinished: (record: UploadRecord) => Promise<void>;
  readonly uploads: UploadsApi;
  readonly videos: VideosApi;
  /** Limits and accepted types, to refuse a file before anything is sent. */
  readonly getConfig: (options?: { readonly signal?: AbortSignal }) => Promise<PublicConfig>;
  /** Follows a video until it has come to its end. See `watch-video.ts`. */
  readonly watchVideo: (videoId: string, options: WatchVideoOptions) => Promise<VideoEvent>;
}

/** The origin of a page that is rendered on a server: nothing can be asked there (RFC 6761, 6.4). */
const NO_PAGE = 'http://page.invalid';

const PARALLEL_FILES = 3;
const STALL_SECONDS = 45;
const MAX_RETRIES = 12;

/**
 * May also be called while a page is rendered on a server; uploading needs XMLHttpRequest or a transport.
 *
 * @throws {TypeError} for an `apiUrl` that is no address.
 */
export function createUploader(options: UploaderOptions): Uploader {
  const apiUrl = resolveApiUrl(options.apiUrl);
  const connectivity = options.connectivity ?? browserConnectivity();
  const store = options.storage ?? defaultStore();
  const random = Math.random;
  const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const client = openApiClient({ apiUrl, getToken: options.getToken, fetch, connectivity, random });
  const uploads = openUploadsApi(client);
  const videos = openVideosApi(client);
  const records = openRecords(store);
  const tools: TaskTools = {
    client,
    uploads,
    transport: options.transport ?? sendByXhr,
    records,
    paths: openPathCache(store, apiUrl, Date.now),
    slots: createSlots(options.parallelFiles ?? PARALLEL_FILES),
    connectivity,
    underWay: new Set<string>(),
    stallMs: (options.stallSeconds ?? STALL_SECONDS) * 1000,
    maxRetries: options.maxRetries ?? MAX_RETRIES,
    random,
  };
  const owner = async () => {
    const authorization = await client.authorization({ refresh: false });
    return { apiUrl, user: userOfToken(authorization.slice('Bearer '.length)) };
  };
  const isGone = (record: UploadRecord): boolean => isExpired(record, Date.now());
  const listRecords = async (isWanted: (key: string) => boolean): Promise<readonly UploadRecord[]> => {
    const { user } = await owner();
    return (await records.list(isGone))
      .filter(({ key, value }) => value.apiUrl === apiUrl && value.user === user && isWanted(key))
      .map(({ value }) => value);
  };
  return {
    uploads,
    videos,
    uploadVideo: (source, uploadOptions = {}) => {
      if (options.transport === undefined) requireXhr();
      return startUpload(tools, source, uploadOptions);
    },
    listUnfinished: async () => {
      const isSent = await checkLocks(tools.underWay);
      return listRecords((key) => !isSent(key));
    },
    listElsewhere: async () => {
      const isSent = await checkLocks(tools.underWay);
      return listRecords((key) => isSent(key) && !tools.underWay.has(key));
    },
    findUnfinished: async (source) => {
      const record = await records.read(fingerprintOf(source, await owner()));
      return record === undefined || isGone(record) ? undefined : record;
    },
    discardUnfinished: async (record) => {
      const isIt = (candidate: UploadRecord): boolean => candidate.sessionId === record.sessionId;
      const isSent = await checkLocks(tools.underWay);
      if ((await records.list(isGone)).some(({ key, value }) => isIt(value) && isSent(key))) return;
      await abortUpload({ forget: () => records.remove(isIt), sessionId: record.sessionId, uploads });
    },
    getConfig: ({ signal } = {}) => client.request({ method: 'GET', path: '/api/config', signal, isPublic: true }),
    watchVideo: (videoId, watchOptions) => watchVideo({ client, videos, connectivity, random }, videoId, watchOptions),
  };
}

function resolveApiUrl(apiUrl: string): string {
  const { href } = new URL(apiUrl || '/', globalThis.location?.href ?? NO_PAGE);
  return href.replace(/\/+$/, '');
}
