/** No line of progress or of a packet is longer; what is beyond is cut, so that memory stays bounded. */
const MAX_LINE = 8192;

/**
 * Cuts a stream of text into lines. Returns a function to feed; call it with `undefined` at the end.
 *
 * @param maxCharacters of one line; what is beyond is cut off.
 */
export function createLineSplitter(
  onLine: (line: string) => void,
  maxCharacters = MAX_LINE,
): (chunk: string | undefined) => void {
  let rest = '';
  return (chunk) => {
    if (chunk === undefined) {
      if (rest !== '') onLine(rest);
      rest = '';
      return;
    }
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, maxCharacters);
    for (const line of lines) onLine(line.slice(0, maxCharacters).trimEnd());
  };
}
