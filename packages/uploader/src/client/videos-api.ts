/** The videos of the API, typed. Every function throws {@link UploadError}. */
import type { CanceledVideo, DeletedVideo, RenameVideoRequest, RetriedVideo, Video, VideoList } from '../contract.ts';
import type { ApiClient } from './api-client.ts';
import type { CallOptions } from './uploads-api.ts';

export interface VideosApi {
  /** Newest first; `before`: the `nextBefore` of the last page. */
  readonly list: (
    options?: CallOptions & { readonly before?: string | undefined; readonly limit?: number },
  ) => Promise<VideoList>;
  /** With short-lived addresses of its outputs. */
  readonly get: (id: string, options?: CallOptions) => Promise<Video>;
  /** The address of the HLS master playlist, for {@link readPlaylist}: it asks who is there. */
  readonly masterPlaylistUrl: (id: string) => string;
  /**
   * The text of a playlist of this API. Once: players of HLS try again themselves.
   *
   * @throws {TypeError} for an address that is not one of this API's: the user's token goes nowhere else.
   */
  readonly readPlaylist: (url: string, options?: CallOptions) => Promise<string>;
  /** Queues a failed one again. */
  readonly retry: (id: string, options?: CallOptions) => Promise<RetriedVideo>;
  readonly cancel: (id: string, options?: CallOptions) => Promise<CanceledVideo>;
  /** Names it; null: as its file. */
  readonly rename: (id: string, title: string | null, options?: CallOptions) => Promise<Video>;
  /** Removes the row, the source and the results. */
  readonly delete: (id: string, options?: CallOptions) => Promise<DeletedVideo>;
  /** As `delete`, while the page is left: sent at once, and nobody hears what became of it. */
  readonly deleteOnLeave: (id: string) => void;
}

export function openVideosApi(client: ApiClient): VideosApi {
  const at = (id: string, rest = ''): string => `/api/videos/${encodeURIComponent(id)}${rest}`;
  return {
    list: ({ before, limit, signal } = {}) => {
      const query = new URLSearchParams();
      if (before !== undefined) query.set('before', before);
      if (limit !== undefined) query.set('limit', String(limit));
      return client.request({ method: 'GET', path: `/api/videos${query.size > 0 ? `?${query}` : ''}`, signal });
    },
    get: (id, options) => client.request({ method: 'GET', path: at(id), ...options }),
    masterPlaylistUrl: (id) => `${client.apiUrl}${at(id, '/hls/master.m3u8')}`,
    readPlaylist: async (url, { signal } = {}) => {
      const { href } = new URL(url);
      if (!href.startsWith(`${client.apiUrl}/api/videos/`)) throw new TypeError(`${href} is no playlist of this API.`);
      const path = href.slice(client.apiUrl.length);
      return client.withRetries(async () => (await client.open({ method: 'GET', path, signal })).text(), {
        signal,
        retries: 0,
      });
    },
    retry: (id, options) => client.request({ method: 'POST', path: at(id, '/retry'), ...options }),
    cancel: (id, options) => client.request({ method: 'POST', path: at(id, '/cancel'), ...options }),
    rename: (id, title, options) => {
      const body = { title } satisfies RenameVideoRequest;
      return client.request({ method: 'PATCH', path: at(id), body, ...options });
    },
    deleteOnLeave: (id) => client.sendOnLeave({ method: 'DELETE', path: at(id) }),
    delete: (id, options) => client.request({ method: 'DELETE', path: at(id), ...options }),
  };
}
