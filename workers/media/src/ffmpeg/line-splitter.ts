/** No line of ffmpeg or ffprobe that matters is longer; what is beyond is cut, so that memory stays bounded. */
const MAX_LINE = 8192;

/** Cuts a stream of text into lines. Returns a function to feed; call it with `undefined` at the end. */
export function createLineSplitter(onLine: (line: string) => void): (chunk: string | undefined) => void {
  let rest = '';
  return (chunk) => {
    if (chunk === undefined) {
      if (rest !== '') onLine(rest);
      rest = '';
      return;
    }
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) onLine(line.slice(0, MAX_LINE).trimEnd());
  };
}
