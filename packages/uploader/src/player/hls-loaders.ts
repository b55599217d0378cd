/** hls.js's own loaders, with the address book between: playlists are noted, segments asked for where they are now. */
import Hls, { type HlsConfig, type LoaderCallbacks, type LoaderConfiguration, type LoaderContext } from 'hls.js';
import type { AddressBook } from './signed-url-cache.ts';

/** What to add to hls.js's configuration. */
export function createLoaders(book: AddressBook): Pick<HlsConfig, 'pLoader' | 'fLoader'> {
  const Loader = Hls.DefaultConfig.loader;

  class NotingLoader extends Loader {
    override load(
      context: LoaderContext,
      config: LoaderConfiguration,
      callbacks: LoaderCallbacks<LoaderContext>,
    ): void {
      super.load(context, config, {
        ...callbacks,
        onSuccess: (response, stats, loaded, details) => {
          if (typeof response.data === 'string') book.note(loaded.url, response.data);
          callbacks.onSuccess(response, stats, loaded, details);
        },
      });
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
    pLoader: NotingLoader as unknown as HlsConfig['pLoader'],
    fLoader: FreshLoader as unknown as HlsConfig['fLoader'],
  };
}
