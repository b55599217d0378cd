import { expect, it } from 'vitest';
import { createAddressBook } from './signed-url-cache.ts';

const PLAYLIST = 'https://app.example/api/videos/1/hls/720p/index.m3u8';
const START = Date.parse('2026-01-01T00:00:00Z');
const segment = (token: string) => `https://s.example/720p/0001.m4s?token=${token}`;
const init = (token: string) => `https://s.example/720p/init.mp4?token=${token}`;
const playlist = (token: string, expiresAt: string) =>
  `#EXTM3U\n## addresses-expire-at ${expiresAt}\n#EXT-X-MAP:URI="${init(token)}"\n#EXTINF:4,\n${segment(token)}\n#EXT-X-ENDLIST\n`;

function openBook() {
  let now = START;
  const wait = (ms: number) => {
    now += ms;
  };
  const asked: string[] = [];
  const book = createAddressBook({
    now: () => now,
    read: async (url) => {
      asked.push(url);
      return playlist('new', '2026-01-01T02:00:00Z');
    },
  });
  book.note(PLAYLIST, playlist('old', '2026-01-01T01:00:00Z'));
  return { book, asked, wait };
}

it('lets addresses be while they work', async () => {
  const { book, asked, wait } = openBook();
  wait(58 * 60_000);
  expect(book.isFresh(segment('old'))).toBe(true);
  expect(await book.freshen(segment('old'))).toBe(segment('old'));
  expect(asked).toEqual([]);
});

it('reads the playlist once again before they end, whoever asks, and knows the beginning too', async () => {
  const { book, asked, wait } = openBook();
  wait(59.5 * 60_000);
  expect(book.isFresh(segment('old'))).toBe(false);
  const fresh = await Promise.all([book.freshen(segment('old')), book.freshen(init('old'))]);
  expect(fresh).toEqual([segment('new'), init('new')]);
  expect(asked).toEqual([PLAYLIST]);
  expect(book.isFresh(segment('old'))).toBe(false);
  expect(book.isFresh(segment('new'))).toBe(true);
});

it('lets addresses be that it does not know', async () => {
  const { book } = openBook();
  expect(book.isFresh('https://elsewhere.example/a.ts')).toBe(true);
  expect(await book.freshen('https://elsewhere.example/a.ts')).toBe('https://elsewhere.example/a.ts');
});

it('gives the old address where no fresh one can be had', async () => {
  const book = createAddressBook({ now: () => START, read: () => Promise.reject(new Error('offline')) });
  book.note(PLAYLIST, playlist('old', '2026-01-01T00:00:10Z'));
  expect(await book.freshen(segment('old'))).toBe(segment('old'));
});
