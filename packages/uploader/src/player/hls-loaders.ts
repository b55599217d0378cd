/**
 * hls.js's loaders for a private bucket: playlists come from the API, which asks who is there, and are noted; segments are
 * asked for where they are now.
 */
import Hls, { type HlsConfig, type LoaderCallbacks, type LoaderConfiguration, type LoaderContext } from 'hls.js';
import { UploadError } from '../client/upload-error.ts';
import type { AddressBook } from './signed-url-cache.ts';

export interface LoaderOptions {
  readonly book: AddressBook;
  /** The text of a playlist of the API. @throws {UploadError} */
  readonly readPlaylist: (url: string, options: { readonly signal: AbortSignal }) => Promise<string>;
}

/** What to add to hls.js's configuration. */
export function createLoaders({ book, readPlaylist }: LoaderOptions): Pick<HlsConfig, 'pLoader' | 'fLoader'> {
  const Loader = Hls.DefaultConfig.loader;

  class PlaylistLoader extends Loader {
    readonly #stop = new AbortController();

    override load(
      context: LoaderContext,
      _config: LoaderConfiguration,
      callbacks: LoaderCallbacks<LoaderContext>,
    ): void {
      const { stats } = this;
      const { url } = context;
      this.context = context;
      stats.loading.start = performance.now();
      readPlaylist(url, { signal: this.#stop.signal }).then(
        (data) => {
          if (this.#stop.signal.aborted) return;
          stats.loading.first = stats.loading.end = performance.now();
          stats.loaded = stats.total = data.length;
          book.note(url, data);
          callbacks.onSuccess({ url, data, code: 200 }, stats, context, null);
        },
        (error: unknown) => {
          if (this.#stop.signal.aborted) return;
          // 0 is what hls.js takes for a failure that may pass, and asks again.
          const mayPass = error instanceof UploadError && error.retryBy === 'client';
          callbacks.onError({ code: mayPass ? 0 : 404, text: String(error) }, context, null, stats);
        },
      );
    }

    override abort(): void {
      this.#stop.abort();
    }

    override destroy(): void {
      this.#stop.abort();
      super.destroy();
    }
  }

  class FreshLoader extends Loader {
    #isOver = false;

    override load(
      context: LoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<LoaderContext>,
    ): void {
      const loadFrom = (url: string) => super.load(Object.assign(context, { url }), config, callbacks);
      if (book.isFresh(context.url)) loadFrom(context.url);
      else void book.freshen(context.url).then((url) => this.#isOver || loadFrom(url));
    }

    override abort(): void {
      this.#isOver = true;
      super.abort();
    }

    override destroy(): void {
      this.#isOver = true;
      super.destroy();
    }
  }

  // Each is handed one kind of context only, which the common class cannot say.
  return {
    pLoader: PlaylistLoader as unknown as HlsConfig['pLoader'],
    fLoader: FreshLoader as unknown as HlsConfig['fLoader'],
  };
}
