/** Reads server-sent events (WHATWG HTML, section "Server-sent events") from text that arrives in pieces. */

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  /** The last id that the stream has named; undefined before the first. */
  readonly id: string | undefined;
}

/** No event is longer, in characters: a stream without an end of line shall not fill the memory. */
const EVENT_MAX = 256 * 1024;

/** @returns what takes the next piece of text and gives the events that it completes. */
export function createSseParser(): (text: string) => readonly ServerSentEvent[] {
  let rest = '';
  let event = '';
  let data: string[] = [];
  let id: string | undefined;
  const take = (line: string): ServerSentEvent | undefined => {
    if (line === '') {
      const whole = data.length === 0 ? undefined : { event: event || 'message', data: data.join('\n'), id };
      event = '';
      data = [];
      return whole;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
    return undefined;
  };
  return (text) => {
    rest += text;
    // A CR at the very end may be half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?=[^\n])/);
    rest = lines.pop() ?? '';
    if (rest.length > EVENT_MAX) throw new Error(`An event is longer than ${EVENT_MAX} characters.`);
    return lines.map(take).filter((whole) => whole !== undefined);
  };
}
