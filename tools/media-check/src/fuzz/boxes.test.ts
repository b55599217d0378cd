import { expect, it } from 'vitest';
import { editHeader, findBox, findTracks, setEdits } from './boxes.ts';

const box = (type: string, ...content: readonly Buffer[]) => {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
};
const header = (timescale: number) => {
  const content = Buffer.alloc(20);
  content.writeUInt32BE(timescale, 12);
  return content;
};
const handler = Buffer.from('........vide........', 'latin1');
const track = box(
  'trak',
  box('tkhd', Buffer.alloc(84)),
  box('mdia', box('mdhd', header(90_000)), box('hdlr', handler)),
);
const moov = box('moov', box('mvhd', header(1000)), track);
const file = Buffer.concat([box('ftyp', Buffer.from('isom')), box('mdat', Buffer.from('media')), moov]);

it('puts a header together as it was', () => {
  expect(editHeader(file, () => undefined).equals(file)).toBe(true);
});

it('gives a track another edit list', () => {
  const edited = editHeader(file, (header) => {
    for (const video of findTracks(header, 'vide'))
      setEdits(header, video, [
        { seconds: 1.5, from: undefined },
        { seconds: 2, from: 0.5 },
      ]);
  });
  let seen: Buffer | undefined;
  editHeader(edited, (header) => {
    seen = findTracks(header, 'vide').map((video) => findBox(video, 'edts', 'elst')?.content)[0];
  });
  const numbers = Array.from({ length: 7 }, (_, index) => seen?.readInt32BE(4 + index * 4));
  expect(numbers).toEqual([2, 1500, -1, 0x1_0000, 2000, 45_000, 0x1_0000]);
});

it('leaves a file alone whose header stands in front', () => {
  const faststart = Buffer.concat([moov, box('mdat', Buffer.from('media'))]);
  const edited = editHeader(faststart, (header) => {
    header.children = [];
  });
  expect(edited).toBe(faststart);
});
