import { describe, expect, it } from 'vitest';
import { createSseParser } from './sse-parser.ts';

const STREAM = ': hello\r\n\r\nid: 1\nevent: progress\ndata: {"a":\ndata: 1}\n\n: beat\n\nid:2\ndata:x\n\n';
const EVENTS = [
  { event: 'progress', data: '{"a":\n1}', id: '1' },
  { event: 'message', data: 'x', id: '2' },
];

describe('server-sent events', () => {
  it.each([1, 2, 3, 7, 1000])('are read whole from pieces of %i characters', (size) => {
    const parse = createSseParser();
    const events = [];
    for (let at = 0; at < STREAM.length; at += size) events.push(...parse(STREAM.slice(at, at + size)));
    expect(events).toEqual(EVENTS);
  });
  it('keep their id when a later one names none', () => {
    expect(createSseParser()('id: 5\ndata: a\n\ndata: b\n\n').map((event) => event.id)).toEqual(['5', '5']);
  });
  it('have a limit', () => expect(() => createSseParser()('x'.repeat(300_000))).toThrow(/longer/));
});
