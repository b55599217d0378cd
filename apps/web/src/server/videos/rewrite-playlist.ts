/** Gives the names in a playlist other addresses (RFC 8216). Pure. */

/** A name beside the playlist or one folder down: no address, no way up. */
const NAME = /^(?:[A-Za-z0-9_-]+\/)?[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

const ATTRIBUTE = /URI="([^"]*)"/;

/** Every name that the playlist refers to, in order; a sentence where it is none of ours. */
export function listNames(playlist: string): readonly string[] | string {
  if (!playlist.startsWith('#EXTM3U')) return 'it is no playlist';
  const names = playlist.split('\n').flatMap((line) => nameIn(line.trim()) ?? []);
  const strange = names.find((name) => !NAME.test(name));
  return strange === undefined ? names : `it names "${strange.slice(0, 100)}"`;
}

/** @param addressOf answers for every name of {@link listNames}. */
export function rewriteNames(playlist: string, addressOf: (name: string) => string): string {
  return playlist
    .split('\n')
    .map((line) => {
      const name = nameIn(line.trim());
      return name === undefined ? line : line.replace(name, () => addressOf(name));
    })
    .join('\n');
}

function nameIn(line: string): string | undefined {
  if (line === '') return undefined;
  return line.startsWith('#') ? ATTRIBUTE.exec(line)?.[1] : line;
}
