/** Replaces the names in a playlist by addresses (RFC 8216). Pure. */

/** A name in the playlist's folder or one folder below: no address, no parent folder. */
const NAME = /^(?:[A-Za-z0-9_-]+\/)?[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

const ATTRIBUTE = /URI="([^"]*)"/;

/** Every name in the playlist, in order; or a sentence that says why it is not one of ours. */
export function listNames(playlist: string): readonly string[] | string {
  if (!playlist.startsWith('#EXTM3U')) return 'it is not a playlist';
  const names = playlist.split('\n').flatMap((line) => nameIn(line.trim()) ?? []);
  const strange = names.find((name) => !NAME.test(name));
  return strange === undefined ? names : `it names "${strange.slice(0, 100)}"`;
}

/** @param addressOf called with every name of {@link listNames}. */
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
