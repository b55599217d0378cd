/**
 * Signed addresses of segments, as the API's playlists named them. Players read a playlist once; its addresses end. So
 * the book reads it again before that, and tells the fresh address of the same segment.
 */

/** As the API writes it into a rendition's playlist. */
const EXPIRY = /^## addresses-expire-at (\S+)$/m;

/** Addresses are renewed when they have no longer than this to live, in milliseconds. */
const RENEW_MS = 60_000;

export interface AddressBookOptions {
  /** The text of a playlist. */
  readonly read: (playlistUrl: string) => Promise<string>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface AddressBook {
  /** Notes what a playlist says. */
  readonly note: (playlistUrl: string, text: string) => void;
  /** Whether the address works for a while yet, as far as is known. */
  readonly isFresh: (url: string) => boolean;
  /** An address of the same object that works; the same one where none better can be had. */
  readonly freshen: (url: string) => Promise<string>;
}

interface Page {
  readonly expiresAt: number;
  /** By path, without the signature. */
  readonly addresses: ReadonlyMap<string, string>;
}

export function createAddressBook({ read, now }: AddressBookOptions): AddressBook {
  const pages = new Map<string, Page>();
  const reading = new Map<string, Promise<void>>();
  const playlistOf = (url: string): string | undefined => {
    const path = pathOf(url);
    for (const [playlist, page] of pages) if (page.addresses.has(path)) return playlist;
    return undefined;
  };
  const note = (playlistUrl: string, text: string): void => {
    const expiresAt = Date.parse(EXPIRY.exec(text)?.[1] ?? '');
    if (Number.isNaN(expiresAt)) return;
    pages.set(playlistUrl, { expiresAt, addresses: readAddresses(text) });
  };
  /** Once, however many segments ask. */
  const readAgain = (playlist: string): Promise<void> => {
    const running = reading.get(playlist);
    if (running !== undefined) return running;
    const run = read(playlist)
      .then((text) => note(playlist, text))
      .finally(() => reading.delete(playlist));
    reading.set(playlist, run);
    return run;
  };
  const isFreshPage = (page: Page | undefined): boolean => page === undefined || page.expiresAt - now() > RENEW_MS;

  return {
    note,
    isFresh: (url) => {
      const playlist = playlistOf(url);
      if (playlist === undefined) return true;
      const page = pages.get(playlist);
      return isFreshPage(page) && page?.addresses.get(pathOf(url)) === url;
    },
    freshen: async (url) => {
      const playlist = playlistOf(url);
      if (playlist === undefined) return url;
      if (!isFreshPage(pages.get(playlist))) await readAgain(playlist).catch(() => {});
      return pages.get(playlist)?.addresses.get(pathOf(url)) ?? url;
    },
  };
}

const pathOf = (url: string): string => url.split('?')[0] ?? url;

function readAddresses(text: string): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>();
  for (const line of text.split('\n')) {
    const url = line.startsWith('#') ? /URI="([^"]*)"/.exec(line)?.[1] : line.trim();
    if (url) addresses.set(pathOf(url), url);
  }
  return addresses;
}
